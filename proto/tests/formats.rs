//! Properties of formats: what is written is read back, what is read is written back, and lines
//! that nobody knows change no verdict.

use proptest::prelude::*;
use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::cosignature;
use proto::hash::{Hash, LeafIndex, Timestamp, TreeSize};
use proto::limits;
use proto::mirror::{Decoder, Event, Header, MirrorInfo, Package};
use proto::note::{
    KeyType, Note, NoteSignature, SigningKey, VerifierKey, parse_signature_lines, signature_lines,
};
use proto::policy;
use proto::text;
use proto::tile::{BundleId, TileId, bundle, path};
use proto::time::Date;
use proto::tlog_proof::TlogProof;
use proto::witness::AddCheckpoint;

const ORIGIN: &str = "example.com/log";

fn log_key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, KeyType::Ed25519, &[1; 32]).unwrap()
}

fn hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash)
}

fn size() -> impl Strategy<Value = u64> {
    prop_oneof![0..2000u64, 0..=limits::TREE_SIZE]
}

/// Letters, spaces of Unicode, plus signs: names and near misses.
fn name() -> impl Strategy<Value = String> {
    "[a-z0-9./+\u{a0}\u{e9}\u{2014} ]{0,12}"
}

fn signature() -> impl Strategy<Value = Option<NoteSignature>> {
    (name(), prop::collection::vec(any::<u8>(), 0..100)).prop_map(|(name, bytes)| {
        let line = format!("\u{2014} {name} {}", text::base64_encode(&bytes));
        NoteSignature::parse_line(&line)
    })
}

fn grease() -> impl Strategy<Value = Vec<NoteSignature>> {
    prop::collection::vec(signature(), 0..10)
        .prop_map(|lines| lines.into_iter().flatten().collect())
}

fn checkpoint() -> impl Strategy<Value = SignedCheckpoint> {
    ("[ -~\u{e9}]{1,40}", size(), hash()).prop_map(|(origin, size, root)| {
        let checkpoint = Checkpoint::new(&origin, TreeSize(size), root).unwrap();
        SignedCheckpoint::sign(checkpoint, &log_key()).unwrap()
    })
}

/// Lines of all formats in any order: text that gets further than random bytes.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just("c2sp.org/tlog-proof@v1".to_string()),
        Just(String::new()),
        Just("\u{2014} a AAAAAAA=".to_string()),
        Just("quorum none".to_string()),
        Just("example.com/log".to_string()),
        "(old|index|extra|log|group|witness|quorum) [0-9a-zA-Z=]{0,5}",
        "[0-9]{1,20}",
        hash().prop_map(|hash| hash.to_base64()),
        ".{0,20}",
    ];
    let bytes = prop::collection::vec(any::<u8>(), 0..400);
    let lines = prop::collection::vec(line, 0..12);
    prop_oneof![bytes, lines.prop_map(|lines| (lines.join("\n") + "\n").into_bytes())]
}

proptest! {
    #[test]
    fn whatever_is_read_is_written_back(input in soup()) {
        if let Ok(note) = Note::parse(&input) {
            prop_assert_eq!(note.to_bytes(), input.clone());
        }
        if let Ok(lines) = parse_signature_lines(&input) {
            prop_assert_eq!(signature_lines(&lines), input.clone());
        }
        if let Ok(signed) = SignedCheckpoint::parse(&input) {
            prop_assert_eq!(signed.to_bytes(), input.clone());
        }
        if let Ok(proof) = TlogProof::parse(&input) {
            prop_assert_eq!(proof.to_bytes(), input.clone());
        }
        if let Ok(request) = AddCheckpoint::parse(&input) {
            prop_assert_eq!(request.to_bytes(), input.clone());
        }
        if let Ok(info) = MirrorInfo::parse(&input) {
            prop_assert_eq!(info.to_body().into_bytes(), input.clone());
        }
        if let Ok(header) = Header::parse(&input) {
            prop_assert_eq!(header.to_bytes().unwrap(), input.clone());
        }
        if let Ok(policy) = policy::parse(&input) {
            prop_assert_eq!(policy::parse(&policy.to_bytes()), Ok(policy));
        }
        if let Ok(line) = std::str::from_utf8(&input) {
            let _ = VerifierKey::parse(line);
            let _ = SigningKey::parse(line);
            let _ = path::parse(line);
        }
    }

    #[test]
    fn notes(text in "([ -~\u{e9}]{0,20}\n){1,5}", lines in grease()) {
        prop_assume!(!lines.is_empty());
        let note = Note::new(&text, lines).unwrap();
        prop_assert_eq!(Note::parse(&note.to_bytes()), Ok(note));
    }

    #[test]
    fn unknown_lines_change_no_verdict(
        signed in checkpoint(),
        before in grease(),
        after in grease(),
        time in 1..=limits::TIMESTAMP,
    ) {
        let key = log_key();
        let origin = signed.checkpoint().origin().to_string();
        let cosigner = SigningKey::from_seed("w", KeyType::CosignatureV1, &[2; 32]).unwrap();
        let time = Timestamp(time);
        let cosignature = cosignature::sign(&cosigner, signed.checkpoint(), time, &[0; 32]);
        let mut lines = before;
        lines.extend_from_slice(signed.note().signatures());
        lines.push(cosignature.unwrap());
        lines.extend(after);
        let greased = signed.with_signatures(lines).unwrap();
        prop_assert!(greased.verify(&origin, &[key.verifier_key()]).is_ok());
        let verified = cosignature::verify(cosigner.verifier_key(), &greased);
        prop_assert_eq!(verified, Ok(Some(time)));
    }

    #[test]
    fn keys(name in name(), seed in any::<[u8; 32]>(), kind in 0..3usize) {
        let kind = [KeyType::Ed25519, KeyType::CosignatureV1, KeyType::SubtreeV1][kind];
        let allowed = !name.is_empty() && !name.contains(['+', ' ', '\u{a0}']);
        let key = SigningKey::from_seed(&name, kind, &seed);
        prop_assert_eq!(key.is_ok(), allowed);
        if let Ok(key) = key {
            let vkey = key.verifier_key().to_string();
            prop_assert_eq!(&VerifierKey::parse(&vkey).unwrap(), key.verifier_key());
            let again = SigningKey::parse(&key.to_file()).unwrap();
            prop_assert_eq!(again.verifier_key(), key.verifier_key());
        }
    }

    #[test]
    fn requests_and_proofs(
        checkpoint in checkpoint(),
        number in size(),
        proof in prop::collection::vec(hash(), 0..=63),
        extra in prop::option::of(prop::collection::vec(any::<u8>(), 0..200)),
    ) {
        let request = AddCheckpoint { old: TreeSize(number), proof, checkpoint };
        let again = AddCheckpoint::parse(&request.to_bytes());
        prop_assert_eq!(again.as_ref(), Ok(&request));
        let AddCheckpoint { proof, checkpoint, .. } = request;
        let file = TlogProof { extra, index: LeafIndex(number), proof, checkpoint };
        prop_assert_eq!(TlogProof::parse(&file.to_bytes()), Ok(file));
    }

    #[test]
    fn uploads_in_any_pieces(
        start in 0..1000u64,
        count in 0..600u64,
        lengths in prop::collection::vec(0..40usize, 1..10),
        pieces in prop::collection::vec(1..5000usize, 1..10),
        hashes in 0..64usize,
    ) {
        let header =
            Header::new(ORIGIN, LeafIndex(start), TreeSize(start + count), b"ticket").unwrap();
        let mut body = header.to_bytes().unwrap();
        let mut want = vec![Event::Header(header.clone())];
        for range in header.packages() {
            let entry = |i: u64| vec![i as u8; lengths[i as usize % lengths.len()]];
            let entries = (range.start..range.end).map(entry).collect();
            let package = Package { range, entries, proof: vec![Hash([5; 32]); hashes] };
            body.extend(package.to_bytes().unwrap());
            want.push(Event::Package(package));
        }
        let (mut decoder, mut events, mut rest) = (Decoder::new(), Vec::new(), &body[..]);
        for piece in pieces.iter().cycle() {
            let (mut piece, after) = rest.split_at((*piece).min(rest.len()));
            while let Some(event) = decoder.decode(&mut piece).unwrap() {
                events.push(event);
            }
            if after.is_empty() {
                break;
            }
            rest = after;
        }
        prop_assert_eq!(events, want);
        prop_assert!(decoder.is_complete());
    }

    #[test]
    fn bundles_and_paths(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..=256),
        level in 0..=8u8,
        index in prop_oneof![0..2000u64, 0..1u64 << 56],
        width in 0..=257u16,
    ) {
        let bytes = bundle::to_bytes(&entries).unwrap();
        prop_assert_eq!(bundle::parse(&bytes, entries.len() as u16).unwrap(), entries);
        if let Some(tile) = TileId::new(level, index, width) {
            prop_assert_eq!(path::parse(&tile.path()), Ok(path::Resource::Tile(tile)));
        }
        if let Some(bundle) = BundleId::new(index, width) {
            prop_assert_eq!(path::parse(&bundle.path()), Ok(path::Resource::Bundle(bundle)));
        }
    }

    #[test]
    fn numbers_dates_and_base64(
        number in any::<u64>(),
        bytes in prop::collection::vec(any::<u8>(), 0..50),
    ) {
        prop_assert_eq!(text::decimal(&number.to_string()), Ok(number));
        prop_assert_eq!(text::base64_decode(&text::base64_encode(&bytes)), Ok(bytes));
        if let Some(date) = Date::of(Timestamp(number % (1 << 38))) {
            prop_assert_eq!(Date::parse(&date.to_string()), Ok(date));
            prop_assert_eq!(Date::from_day_number(date.day_number()), Some(date));
        }
    }

    #[test]
    fn dates_are_only_what_they_print(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9-]{0,12}") {
        if let Ok(date) = Date::parse(&text) {
            prop_assert_eq!(date.to_string(), text);
        }
    }
}
