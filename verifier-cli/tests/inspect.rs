//! The layers of a receipt, its raw entry, and the federation as a policy: enough to check a
//! receipt with other tools.

use crate::desk::{Desk, Issue, text};
use proto::hash::leaf_hash;
use proto::tlog_proof::TlogProof;
use std::fs;

#[test]
fn every_layer_is_shown_and_the_entry_is_the_one_that_is_proven() {
    let desk = Desk::new();
    desk.issue(&["a.pdf"], Issue::default());
    let out = desk.dir.path().join("entry");
    let entry = ["--entry", out.to_str().unwrap()];
    // The document's name leads to its receipt.
    let output = desk.beleg("inspect", &[&desk.path("a.pdf")], &entry);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    for part in [
        "Fields",
        "Commitment",
        "Batch",
        "Entry",
        "Checkpoint",
        "Issuer",
        "Status",
        "Federation",
        "0 of 16",
        "4 hashes",
        "city-c.example/log",
        "ML-DSA-44 cosignature, dated 20",
        "Office \u{dc}",
        "state          valid",
        "Nothing here has been checked",
    ] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
    // The entry's leaf hash leads to the checkpoint's root, as any tlog tool computes it.
    let proof = TlogProof::parse(&fs::read(desk.receipt_path("a.pdf")).unwrap()).unwrap();
    let tree = proof.checkpoint.checkpoint();
    let leaf = leaf_hash(&fs::read(&out).unwrap());
    let root = tree.root();
    proto::merkle::inclusion::verify(&leaf, proof.index, tree.size(), root, &proof.proof).unwrap();
    // It is not written over.
    let again = desk.beleg("inspect", &[&desk.path("a.pdf")], &entry);
    assert_eq!(again.status.code(), Some(2));

    let output = desk.beleg("inspect", &[&desk.receipt_path("a.pdf")], &["--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["entry"]["bytes"], hex::encode(fs::read(&out).unwrap()));
    assert_eq!(json["checkpoint"]["root"], root.to_hex());
    assert_eq!(json["checkpoint"]["signatures"].as_array().unwrap().len(), 7);
    assert_eq!((&json["field_count"], &json["hidden_fields"]), (&7.into(), &0.into()));
    assert_eq!(json["status"]["state"], "valid");
}

#[test]
fn what_is_no_receipt_is_named() {
    let desk = Desk::new();
    let document = desk.document("a.pdf");
    for path in [document, desk.path("nowhere")] {
        let output = desk.beleg("inspect", &[&path], &[]);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(text(&output.stderr).lines().count(), 2);
    }
}

#[test]
fn the_federation_is_printed_as_a_policy_of_one_log() {
    let desk = Desk::new();
    let output = desk.beleg("policy", &[], &["--origin", "city-b.example/log"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let policy = proto::policy::parse(&output.stdout).unwrap();
    assert_eq!(policy.logs()[0].key.name(), "city-b.example/log");
    assert_eq!(policy.witnesses().len(), 8);
    for args in [&[][..], &["--origin", "elsewhere.example/log"]] {
        let output = desk.beleg("policy", &[], args);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("--origin"));
    }
}
