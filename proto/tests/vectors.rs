//! Walks over the files of `tests/testdata` and compares what comes out with what they expect.

mod case;

use case::Case;
use proto::checkpoint::SignedCheckpoint;
use proto::cosignature;
use proto::hash::{Hash, LeafIndex, TreeSize};
use proto::merkle::{Subtree, consistency, inclusion, subtree};
use proto::mirror::decide::{self as mirror, Stored};
use proto::mirror::{Decoder, Event, MirrorInfo};
use proto::note::{Note, SigningKey, VerifierKey};
use proto::policy;
use proto::text;
use proto::tile::{bundle, path};
use proto::tlog_proof::TlogProof;
use proto::witness::AddCheckpoint;
use proto::witness::add_checkpoint::parse_size_body;
use proto::witness::decide::{self as witness, KnownLog};
use std::fmt::Debug;

/// What comes out: `ok` and what was found, or the error.
type Outcome = Result<String, String>;

/// A kind of case, and what runs one.
type Kind = (&'static str, fn(&Case) -> Outcome);

const KINDS: [Kind; 18] = [
    ("note", note),
    ("vkey", vkey),
    ("signing-key", signing_key),
    ("checkpoint", checkpoint),
    ("cosignature", cosignature),
    ("tlog-proof", tlog_proof),
    ("policy", policy),
    ("add-checkpoint", add_checkpoint),
    ("size", size_body),
    ("add-entries", add_entries),
    ("add-entries-header", add_entries_header),
    ("package", package),
    ("mirror-info", mirror_info),
    ("tile-path", tile_path),
    ("bundle", entry_bundle),
    ("inclusion", inclusion_proof),
    ("consistency", consistency_proof),
    ("subtree", subtree_proof),
];

#[test]
fn every_vector_gives_what_it_expects() {
    let mut wrong = Vec::new();
    for (kind, run) in KINDS {
        let cases = Case::all_of(kind);
        assert!(cases.iter().any(|case| case.expect.starts_with("ok")), "{kind}: no good case");
        assert!(cases.iter().any(|case| !case.expect.starts_with("ok")), "{kind}: no bad case");
        for case in &cases {
            let got = match run(case) {
                Ok(found) => format!("ok {found}").trim_end().to_string(),
                Err(error) => error,
            };
            if got != case.expect {
                wrong.push(format!("{case}\n  expected {}\n  got      {got}", case.expect));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_is_written_as_it_was_read() {
    for (kind, _) in KINDS {
        for case in Case::all_of(kind) {
            let file = std::fs::read(case::folder().join(kind).join(&case.name)).unwrap();
            assert_eq!(case.to_file(), file, "{case}");
        }
    }
}

fn error(error: impl Debug) -> String {
    format!("{error:?}")
}

fn keys(case: &Case) -> Vec<VerifierKey> {
    case.all("key").iter().map(|line| VerifierKey::parse(line).unwrap()).collect()
}

fn hash(case: &Case, name: &str) -> Hash {
    Hash::from_base64(case.one(name)).unwrap()
}

fn str(case: &Case) -> &str {
    std::str::from_utf8(&case.body).unwrap()
}

fn note(case: &Case) -> Outcome {
    let note = Note::parse(&case.body).map_err(error)?;
    assert_eq!(note.to_bytes(), case.body, "{case}");
    let keys = keys(case);
    let signers = note.verify(&keys.iter().collect::<Vec<_>>()).map_err(error)?;
    Ok(signers.iter().map(usize::to_string).collect::<Vec<_>>().join(" "))
}

fn vkey(case: &Case) -> Outcome {
    let line = str(case).strip_suffix('\n').unwrap();
    let key = VerifierKey::parse(line).map_err(error)?;
    assert_eq!(key.to_string(), line, "{case}");
    Ok(String::new())
}

fn signing_key(case: &Case) -> Outcome {
    let key = SigningKey::parse(str(case)).map_err(error)?;
    assert_eq!(key.to_file().as_str(), str(case), "{case}");
    Ok(key.verifier_key().to_string())
}

fn checkpoint(case: &Case) -> Outcome {
    let signed = SignedCheckpoint::parse(&case.body).map_err(error)?;
    assert_eq!(signed.to_bytes(), case.body, "{case}");
    let keys = keys(case);
    let verified = signed.verify(case.one("origin"), &keys.iter().collect::<Vec<_>>());
    let verified = verified.map_err(error)?;
    Ok(format!("{} {}", verified.size(), verified.root().to_base64()))
}

fn cosignature(case: &Case) -> Outcome {
    let signed = SignedCheckpoint::parse(&case.body).map_err(error)?;
    let cosigner = VerifierKey::parse(case.one("cosigner")).unwrap();
    let time = cosignature::verify(&cosigner, &signed).map_err(error)?;
    Ok(time.map_or("none".into(), |time| time.to_string()))
}

fn tlog_proof(case: &Case) -> Outcome {
    let proof = TlogProof::parse(&case.body).map_err(error)?;
    assert_eq!(proof.to_bytes(), case.body, "{case}");
    let keys = keys(case);
    let verified = proof.checkpoint.verify(case.one("origin"), &keys.iter().collect::<Vec<_>>());
    let leaf = Hash::from_hex(case.one("leaf")).unwrap();
    proof.verify_inclusion(&leaf, &verified.map_err(error)?).map_err(error)?;
    Ok(proof.index.to_string())
}

fn policy(case: &Case) -> Outcome {
    let policy = policy::parse(&case.body).map_err(error)?;
    let written = policy.to_bytes();
    assert_eq!(policy::parse(&written).as_ref(), Ok(&policy), "{case}");
    for checkpoint in case.all("checkpoint") {
        let signed = SignedCheckpoint::parse(&text::base64_decode(checkpoint).unwrap()).unwrap();
        policy::quorum::verify(&policy, &signed).map_err(error)?;
    }
    Ok(String::new())
}

fn add_checkpoint(case: &Case) -> Outcome {
    let request = AddCheckpoint::parse(&case.body).map_err(|e| format!("400 {e:?}"))?;
    assert_eq!(request.to_bytes(), case.body, "{case}");
    let (size, root) = case.one("latest").split_once(' ').unwrap();
    let latest = (TreeSize(size.parse().unwrap()), Hash::from_base64(root).unwrap());
    let keys = keys(case);
    let keys: Vec<&VerifierKey> = keys.iter().collect();
    let log = KnownLog { origin: case.one("origin"), keys: &keys, latest };
    let known = request.checkpoint.checkpoint().origin() == log.origin;
    let accepted = witness::decide(known.then_some(&log), &request);
    accepted.map(|c| c.size().to_string()).map_err(|e| format!("{} {e:?}", e.status()))
}

fn size_body(case: &Case) -> Outcome {
    parse_size_body(&case.body).map(|size| size.to_string()).map_err(error)
}

/// Reads a body in pieces of seven bytes.
fn events(case: &Case) -> Result<(Vec<Event>, Decoder), String> {
    let (mut decoder, mut events) = (Decoder::new(), Vec::new());
    for mut piece in case.body.chunks(7) {
        while let Some(event) = decoder.decode(&mut piece).map_err(|e| format!("400 {e:?}"))? {
            events.push(event);
        }
    }
    Ok((events, decoder))
}

fn add_entries(case: &Case) -> Outcome {
    let (events, decoder) = events(case)?;
    let Some(Event::Header(header)) = events.first() else { return Err("400 no header".into()) };
    let mut written = header.to_bytes().unwrap();
    for event in &events[1..] {
        let Event::Package(package) = event else { panic!("{case}: two headers") };
        written.extend(package.to_bytes().unwrap());
    }
    assert!(case.body.starts_with(&written), "{case}");
    assert_eq!(decoder.is_between(), written.len() == case.body.len(), "{case}");
    let ending = mirror::ending(header, decoder.packages_read());
    match ending {
        mirror::Ending::Nothing => Err(format!("{} {ending:?}", ending.status())),
        _ if decoder.is_complete() => Ok(format!("{} complete", decoder.packages_read())),
        _ => Ok(format!("{} prefix", decoder.packages_read())),
    }
}

fn add_entries_header(case: &Case) -> Outcome {
    let (events, _) = events(case)?;
    let Some(Event::Header(header)) = events.first() else { return Err("400 no header".into()) };
    let known: Vec<TreeSize> =
        case.all("known").iter().map(|size| TreeSize(size.parse().unwrap())).collect();
    let stored = Stored {
        pending: Some(TreeSize(case.number("pending"))),
        mirror: TreeSize(case.number("mirror")),
        next: LeafIndex(case.number("next")),
        known_ends: &known,
    };
    let accepted = mirror::header(Some(&stored), header);
    accepted.map(|()| String::new()).map_err(|e| format!("{} {e:?}", e.status()))
}

fn package(case: &Case) -> Outcome {
    let (events, _) = events(case)?;
    let Some(Event::Package(package)) = events.get(1) else { return Err("no package".into()) };
    let before: Vec<Hash> =
        case.all("before").iter().map(|line| Hash::from_base64(line).unwrap()).collect();
    let size = TreeSize(case.number("size"));
    mirror::authenticate(package, &before, size, &hash(case, "root")).map_err(error)?;
    Ok(String::new())
}

fn mirror_info(case: &Case) -> Outcome {
    let info = MirrorInfo::parse(&case.body).map_err(error)?;
    assert_eq!(info.to_body().as_bytes(), case.body, "{case}");
    Ok(format!("{} {}", info.size, info.next))
}

fn tile_path(case: &Case) -> Outcome {
    let line = str(case).strip_suffix('\n').unwrap();
    let written = match path::parse(line).map_err(error)? {
        path::Resource::Tile(tile) => tile.path(),
        path::Resource::Bundle(bundle) => bundle.path(),
    };
    assert_eq!(written, line, "{case}");
    Ok(String::new())
}

fn entry_bundle(case: &Case) -> Outcome {
    let width = u16::try_from(case.number("width")).unwrap();
    let entries = bundle::parse(&case.body, width).map_err(error)?;
    assert_eq!(bundle::to_bytes(&entries).unwrap(), case.body, "{case}");
    Ok(String::new())
}

fn proof(case: &Case) -> Vec<Hash> {
    str(case).lines().map(|line| Hash::from_base64(line).unwrap()).collect()
}

fn inclusion_proof(case: &Case) -> Outcome {
    let (index, size) = (LeafIndex(case.number("index")), TreeSize(case.number("size")));
    let (leaf, root) = (hash(case, "leaf"), hash(case, "root"));
    inclusion::verify(&leaf, index, size, &root, &proof(case)).map_err(error)?;
    Ok(String::new())
}

fn consistency_proof(case: &Case) -> Outcome {
    let (old, size) = (TreeSize(case.number("old")), TreeSize(case.number("size")));
    let (old_root, root) = (hash(case, "old-root"), hash(case, "root"));
    consistency::verify(old, &old_root, size, &root, &proof(case)).map_err(error)?;
    Ok(String::new())
}

fn subtree_proof(case: &Case) -> Outcome {
    let part = Subtree::new(case.number("start"), case.number("end")).map_err(error)?;
    let (size, root) = (TreeSize(case.number("size")), hash(case, "root"));
    subtree::verify(part, &hash(case, "hash"), size, &root, &proof(case)).map_err(error)?;
    Ok(String::new())
}
