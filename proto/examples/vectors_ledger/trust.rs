//! Verdicts on federation, log, signatures and time.

use crate::case::Case;
use crate::verdicts::{VALID, case, scene, with};
use crate::world::{NOW, T0, digest, file, key, log_key, with_lines};
use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::cosignature::subtree_v1::{self, Statement};
use proto::hash::{Hash, LeafIndex, Timestamp, TreeSize};
use proto::ledger::FederationId;
use proto::note::KeyType;
use proto::receipt::Receipt;

pub fn cases() -> Vec<Case> {
    [unknown(), signatures(), proofs()].into_iter().flatten().collect()
}

/// A verdict in which the tree does not count.
fn no_tree(word: &str, code: &str) -> String {
    format!("{word} {code} not-judged not-judged {code} not-judged")
}

fn nothing(code: &str) -> String {
    format!("CANNOT TELL {code} {code} not-judged not-judged not-judged")
}

fn unknown() -> Vec<Case> {
    let scene = scene();
    let full = scene.receipt();
    let bytes = full.to_bytes().unwrap();
    let own = digest(&file(0));
    let elsewhere = Receipt { federation: FederationId([7; 32]), ..full.clone() };
    let stranger = {
        let head = Checkpoint::new("town9.example/log", TreeSize(4), Hash([1; 32])).unwrap();
        let log = key("town9.example/log", KeyType::Ed25519, 99);
        SignedCheckpoint::sign(head, &log).unwrap()
    };
    let other_log = Receipt { checkpoint: stranger, ..full.clone() };
    let text = String::from_utf8(bytes.clone()).unwrap();
    let broken = text.replacen("extra ", "extra =", 1);
    let ask = |name, expect: &str, receipt: &[u8], now| {
        with(name, expect, receipt, Some(&own), "good-first", now)
    };
    vec![
        ask("receipt-empty", &nothing("receipt-unreadable"), b"", NOW),
        ask("receipt-is-a-pdf", &nothing("receipt-unreadable"), b"%PDF-1.7\n", NOW),
        ask("receipt-broken", &nothing("receipt-unreadable"), broken.as_bytes(), NOW),
        case("federation-unknown", &nothing("federation-unknown"), &elsewhere),
        case("log-unknown", &nothing("log-unknown"), &other_log),
        ask("good-clock-five-minutes-behind", VALID, &bytes, Timestamp(T0.0 + 1 - 300)),
        ask(
            "time-in-future",
            &no_tree("CANNOT TELL", "time-in-future"),
            &bytes,
            Timestamp(T0.0 - 300),
        ),
        ask("clock-at-zero", &no_tree("CANNOT TELL", "time-in-future"), &bytes, Timestamp(0)),
    ]
}

fn signatures() -> Vec<Case> {
    let scene = scene();
    let full = scene.receipt();
    let good = full.checkpoint.clone();
    let sign = |checkpoint| Receipt { checkpoint, ..full.clone() };
    let lines = good.note().signatures().to_vec();
    let keep = |places: &[usize]| {
        let kept = places.iter().map(|at| lines[*at].clone()).collect();
        good.with_signatures(kept).unwrap()
    };
    let tree = |size, root| Checkpoint::new(good.checkpoint().origin(), size, root).unwrap();
    let text = String::from_utf8(good.to_bytes()).unwrap();
    let changed = SignedCheckpoint::parse(text.replacen("\n4\n", "\n5\n", 1).as_bytes()).unwrap();
    // The log signs another tree; the cosignatures are of this one.
    let head = tree(TreeSize(4), Hash([9; 32]));
    let other_tree = SignedCheckpoint::sign(head, &log_key(1)).unwrap();
    let moved = other_tree.with_added(&lines[1..]).unwrap();
    let moved_from_log = with_lines(&good, |name| name.starts_with("town1"), &[])
        .with_added(&scene.other.published().note().signatures()[1..])
        .unwrap();
    let again = with_lines(&good, |name| !name.starts_with("op3"), &[]);
    let later = scene.log.publish(&[(2, NOW)]).note().signatures()[1..].to_vec();
    let twice = again.with_added(&later).unwrap();
    let repeated = {
        let all = [&lines[..], &lines[5..6]].concat();
        good.with_signatures(all).unwrap()
    };
    let stranger = key("op9.example/cosigner", KeyType::CosignatureV1, 99);
    let stranger = proto::cosignature::sign(&stranger, good.checkpoint(), T0, &[0; 32]).unwrap();
    let timeless = {
        let [_, ml_dsa] = crate::world::cosigners(3);
        let statement = Statement::of(good.checkpoint());
        let line = subtree_v1::sign(&ml_dsa, &statement, Timestamp(0), &[0; 32]).unwrap();
        keep(&[0, 1, 2, 3, 4, 5]).with_added(&[line]).unwrap()
    };
    let cannot = |code: &str| no_tree("CANNOT TELL", code);
    let invalid = |code: &str| no_tree("INVALID", code);
    let four = scene.log.publish(&[(1, T0), (2, T0), (3, T0), (4, T0)]);
    vec![
        case("good-four-operators", VALID, &sign(four)),
        case("quorum-missing", &cannot("quorum-missing"), &sign(keep(&[0, 1, 2, 3, 4]))),
        case("quorum-missing-log-alone", &cannot("quorum-missing"), &sign(keep(&[0]))),
        case(
            "operator-without-ml-dsa",
            &cannot("quorum-missing"),
            &sign(keep(&[0, 1, 2, 3, 4, 5])),
        ),
        case(
            "operator-without-ed25519",
            &cannot("quorum-missing"),
            &sign(keep(&[0, 1, 2, 3, 4, 6])),
        ),
        case("operator-twice", &cannot("operator-twice"), &sign(twice)),
        case("operator-line-repeated", &cannot("operator-twice"), &sign(repeated)),
        case(
            "line-of-a-stranger",
            &cannot("signature-lines-unexpected"),
            &sign(good.with_added(&[stranger]).unwrap()),
        ),
        case(
            "log-signature-missing",
            &cannot("log-signature-missing"),
            &sign(keep(&[1, 2, 3, 4, 5, 6])),
        ),
        case("log-signature-bad", &invalid("log-signature-bad"), &sign(changed)),
        case("cosignatures-of-another-tree", &invalid("cosignature-bad"), &sign(moved)),
        case("cosignatures-of-another-log", &invalid("cosignature-bad"), &sign(moved_from_log)),
        case("cosignature-without-time", &invalid("cosignature-bad"), &sign(timeless)),
    ]
}

fn proofs() -> Vec<Case> {
    let scene = scene();
    let full = scene.receipt();
    let bad = "INVALID inclusion-proof-bad content-matches issuer-proven inclusion-proof-bad \
               status-valid";
    let mut changed = full.clone();
    changed.proof[0].0[0] ^= 1;
    let mut shorter = full.clone();
    shorter.proof.pop();
    let mut longer = full.clone();
    longer.proof.push(Hash([1; 32]));
    let mut swapped = full.clone();
    swapped.proof.reverse();
    let other = Receipt { proof: scene.log.prove(LeafIndex(3)), ..full.clone() };
    let status = Receipt { first_status: proto::hash::StatusIndex(16), ..full.clone() };
    vec![
        case("proof-changed", bad, &changed),
        case("proof-too-short", bad, &shorter),
        case("proof-too-long", bad, &longer),
        case("proof-in-another-order", bad, &swapped),
        case("proof-of-another-entry", bad, &other),
        case("index-of-another-entry", bad, &Receipt { index: LeafIndex(3), ..full.clone() }),
        case("index-outside", bad, &Receipt { index: LeafIndex(1 << 53), ..full }),
        case(
            "status-index-of-another-batch",
            "INVALID inclusion-proof-bad content-matches issuer-proven inclusion-proof-bad \
             status-index-outside",
            &status,
        ),
    ]
}
