//! A federation over time: receipts outlive operators, quorums and authorities.

mod world;

use proto::federation::{Federation, Link};
use proto::hash::{Hash, LeafIndex, Timestamp, TreeSize};
use proto::policy;
use proto::receipt::Receipt;
use proto::verify::{Question, Reason, verify};
use world::*;

fn scene() -> (Federation, Log, Log, Paper) {
    let federation = federation();
    let (mut log, other) = (Log::new(&federation, 1), Log::new(&federation, 2));
    let key = issuer_key(1);
    let issuer = log.admit("School of Example", &key, &["school.certificate"]);
    let paper = log.issue(issuer, &key, vec![document(0)]);
    log.close(T0);
    (federation, log, other, paper)
}

fn reason(federation: &Federation, receipt: &Receipt) -> Reason {
    let (content, receipt) = (digest(&file(0)), receipt.to_bytes().unwrap());
    let question = Question::new(Some(&content), &receipt, federation, NOW);
    verify(&question).reason
}

#[test]
fn a_receipt_outlives_a_larger_quorum() {
    let (one, log, other, paper) = scene();
    let receipt = log.receipt(&one, &paper, 0);
    let mut version = next_version(&one, &[&log, &other]);
    version.operators.pop();
    (version.quorum, version.faults) = (2, 0);
    let two = grown(&one, &version);
    assert_eq!(two.id(), one.id());
    assert!(two.continues(&one) && !one.continues(&two));
    assert_eq!(reason(&two, &receipt), Reason::Valid);
    // A line of a key that no version knows is refused all the same.
    let mut others = first();
    others.operators[0] = operator(7);
    let checkpoint = log.publish(&[(1, NOW), (2, NOW), (3, NOW), (7, NOW)]);
    let padded = Receipt { checkpoint, ..receipt };
    assert_eq!(reason(&two, &padded), Reason::SignatureLinesUnexpected);
}

#[test]
fn dropped_keys_count_for_what_was_pinned_and_no_more() {
    let (one, mut log, other, paper) = scene();
    // The receipt is older than the pin.
    let receipt = log.receipt(&one, &paper, 0);
    let size = log.entries.len();
    let key = issuer_key(1);
    for number in 1..9 {
        log.issue(LeafIndex(0), &key, vec![document(number)]);
    }
    log.close(Timestamp(T0.0 + 60));
    let mut version = next_version(&one, &[&log, &other]);
    version.operators = [1, 4, 5, 6].map(operator).into();
    version.authorities[0].log =
        world::key(ORIGINS[0], proto::note::KeyType::Ed25519, 77).verifier_key().clone();
    for (authority, operator) in version.authorities.iter_mut().zip(["op1", "op4"]) {
        authority.operator = operator.into();
    }
    let two = grown(&one, &version);
    assert_eq!(reason(&one, &receipt), Reason::Valid);
    assert_eq!(reason(&two, &receipt), Reason::KeysDropped);
    let link = |version, proof: Vec<Hash>| Receipt {
        links: vec![Link { version, proof }],
        ..receipt.clone()
    };
    let proof = log.prove_consistency(size);
    assert_eq!(reason(&two, &link(2, proof.clone())), Reason::Valid);
    assert_eq!(reason(&two, &link(1, proof.clone())), Reason::KeysDropped);
    assert_eq!(reason(&two, &link(3, proof.clone())), Reason::KeysDropped);
    assert_eq!(reason(&two, &link(2, proof[1..].to_vec())), Reason::KeysDropped);
    // Whoever has all the old keys writes another past, or goes on after the pin: neither counts.
    let mut forged = Log::new(&one, 1);
    forged.admit("School of Example", &key, &["school.certificate"]);
    let false_paper = forged.issue(LeafIndex(0), &key, vec![document(0)]);
    forged.close(Timestamp(T0.0 - 1_000_000));
    let past = forged.receipt(&one, &false_paper, 0);
    assert_eq!(reason(&one, &past), Reason::StatusStale);
    assert_eq!(reason(&two, &past), Reason::KeysDropped);
    let linked = Receipt { links: vec![Link { version: 2, proof }], ..past };
    assert_eq!(reason(&two, &linked), Reason::KeysDropped);
    let late = log.issue(LeafIndex(0), &key, vec![document(50), document(0)]);
    log.close(Timestamp(T0.0 + 120));
    let beyond = log.receipt(&one, &late, 1);
    assert_eq!(reason(&one, &beyond), Reason::Valid);
    assert_eq!(reason(&two, &beyond), Reason::KeysDropped);
}

#[test]
fn a_log_that_left_keeps_its_past() {
    let (one, log, other, paper) = scene();
    let receipt = log.receipt(&one, &paper, 0);
    let mut version = next_version(&one, &[&log, &other]);
    version.authorities.remove(0);
    let two = grown(&one, &version);
    // It is the tree that is pinned: no proof is needed between equal trees.
    assert_eq!(reason(&two, &receipt), Reason::Valid);
    assert!(two.rules_for(ORIGINS[0]).is_some());
    assert!(two.rules_for("nobody.example").is_none());
    assert!(two.policy(ORIGINS[0]).is_none());
}

#[test]
fn other_tools_get_the_same_answer_from_the_policy() {
    let (one, log, _, _) = scene();
    let policy = one.policy(ORIGINS[0]).unwrap().unwrap();
    let file = policy.to_bytes();
    let policy = policy::parse(&file).unwrap();
    assert_eq!((policy.logs().len(), policy.witnesses().len()), (1, 8));
    let three = log.published();
    assert_eq!(policy::quorum::verify(&policy, &three), Ok(()));
    assert!(one.verify_checkpoint(&three, &[]).is_ok());
    // Two operators, or one key of the third.
    let two = log.publish(&[(1, T0), (2, T0)]);
    let half = with_lines(&three, |_| true, &[]);
    let lines = half.note().signatures()[..6].to_vec();
    let half = half.with_signatures(lines).unwrap();
    for missing in [two, half] {
        assert!(policy::quorum::verify(&policy, &missing).is_err());
        assert!(one.verify_checkpoint(&missing, &[]).is_err());
    }
    let other = Log::new(&one, 2).publish(&[(1, T0), (2, T0), (3, T0)]);
    assert!(policy::quorum::verify(&policy, &other).is_err());
    assert_eq!(other.checkpoint().size(), TreeSize(0));
}

#[test]
fn the_proven_time_is_that_of_the_quorum() {
    let (one, log, _, _) = scene();
    let at = |seconds: u64| Timestamp(T0.0 + seconds);
    for (times, want) in [
        ([at(1), at(2), at(3), at(4)], 3),
        ([at(4), at(3), at(2), at(1)], 3),
        // One liar in the past or the future moves nothing beyond what an honest one says.
        ([Timestamp(1), at(5), at(6), at(7)], 6),
        ([at(5), at(6), at(7), at(1_000_000)], 7),
    ] {
        let cosigned = [1, 2, 3, 4].map(|op| (op, times[usize::from(op) - 1]));
        let published = one.verify_checkpoint(&log.publish(&cosigned), &[]).unwrap();
        assert_eq!(published.proven_time(), at(want));
        let minimal = one.minimal(published.signed()).unwrap();
        assert_eq!(one.verify_checkpoint(&minimal, &[]).unwrap().proven_time(), at(want));
    }
}
