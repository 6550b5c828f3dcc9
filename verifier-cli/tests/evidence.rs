//! What clocks outside the federation say in a receipt: shown by kind and not judged, and written
//! as files for other people's tools.

use crate::desk::{Desk, Issue, text};
use proto::anchor::evm::EvmEvidence;
use proto::anchor::ots::{Attestation, DetachedFile, Timestamp, Uri};
use proto::anchor::statement::Head;
use proto::anchor::tsa::chain::Chain;
use proto::anchor::{Evidence, Kind};
use proto::hash::{Hash, sha256};
use proto::receipt::{Anchor, Receipt};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// A chain of two time-stamps, and a proof of anvil: vectors of `proto`.
const TSA: &str = include_str!("../../proto/tests/testdata/anchor-tsa/good-renewed");
const EVM: &str = include_str!("../../proto/tests/testdata/anchor-evm/good-anvil");
const EVM_BLOCK: &str = "818abd8d2bd515ce92f9fe8abb0b4676602ce7c51abe1a006018835285409bae";

fn vector(file: &str) -> Vec<u8> {
    let (_, digits) = file.split_once("encoding: hex\n\n").unwrap();
    hex::decode(digits.split_whitespace().collect::<String>()).unwrap()
}

/// An `.ots` file that names a block, and a calendar that promises another one.
fn ots(root: &Hash) -> Vec<u8> {
    let block = Timestamp::new(&root.0, Attestation::Bitcoin { height: 871_234 }).unwrap();
    let calendar = Uri::new("https://calendar.example").unwrap();
    let promise = Timestamp::new(&root.0, Attestation::Pending(calendar)).unwrap();
    DetachedFile::new(block.merged(promise).unwrap()).unwrap().to_bytes()
}

/// A desk with one document, whose receipt has evidence of each kind and a piece that is none.
fn scene() -> (Desk, Hash) {
    let desk = Desk::new();
    let receipt = desk.issue(&["a.pdf"], Issue::default()).remove(0);
    let head = Head::of(&receipt.checkpoint).unwrap();
    let path = vec![sha256(b"sibling"); 4];
    let anchor = Anchor { head, consistency: vec![], index: 0, path, evidence: vec![] };
    let root = anchor.root(receipt.federation).unwrap();
    let mut bitcoin = [ots(&root), b"none".to_vec()];
    bitcoin.sort();
    let of = |kind| move |bytes| Evidence { kind, bytes };
    let mut evidence: Vec<Evidence> = bitcoin.into_iter().map(of(Kind::Bitcoin)).collect();
    evidence.push(of(Kind::Evm)(vector(EVM)));
    evidence.push(of(Kind::Tsa)(vector(TSA)));
    let receipt = Receipt { anchors: vec![Anchor { evidence, ..anchor }], ..receipt };
    fs::write(desk.receipt_path("a.pdf"), receipt.to_bytes().unwrap()).unwrap();
    (desk, root)
}

fn inspect(desk: &Desk, args: &[&str]) -> Output {
    desk.beleg("inspect", &[&desk.path("a.pdf")], args)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

fn folder(desk: &Desk) -> PathBuf {
    desk.dir.path().join("evidence")
}

#[test]
fn what_outside_clocks_say_is_shown_and_not_judged() {
    let (desk, root) = scene();
    let output = inspect(&desk, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    for part in [
        &format!("about {root}"),
        "in Bitcoin block 871234",
        "more is promised by https://calendar.example",
        "nothing that can be read: This is not an OpenTimestamps file",
        "in block 26 of chain 31337, dated 2026-",
        &format!("with the hash {EVM_BLOCK}"),
        "time-stamp of 2026-05-03 14:00:00 UTC, by ",
        ", renewing what is above",
        "bytes, not judged (`beleg verify` does)",
    ] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
    let output = inspect(&desk, &["--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = json["anchors"][0]["evidence"].as_array().unwrap();
    assert!(all.iter().all(|one| one["state"] == "not-judged"), "{json}");
    let of = |kind: &str, member: &str| {
        let one = all.iter().find(|one| one["kind"] == kind && !one[kind].is_null()).unwrap();
        one[kind][member].clone()
    };
    assert_eq!(of("bitcoin", "heights"), serde_json::json!([871_234]));
    assert_eq!((of("evm", "number"), of("evm", "block")), (26.into(), EVM_BLOCK.into()));
    let stamps = of("tsa", "time_stamps");
    assert_eq!(stamps[0]["time"], 1_777_816_800);
    assert_eq!(stamps.as_array().unwrap().len(), 2);
    assert!(all.iter().any(|one| one["problem"]["code"] == "anchor-ots-malformed"), "{json}");
    assert!(json["evidence"].is_null(), "nothing was written");
}

#[test]
fn evidence_is_written_for_other_tools_and_over_nothing() {
    let (desk, root) = scene();
    let folder = folder(&desk);
    let args = ["--evidence", folder.to_str().unwrap()];
    let output = inspect(&desk, &[&args[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let files = json["evidence"]["files"].as_array().unwrap();
    let mut told: Vec<&str> = files.iter().map(|file| file["name"].as_str().unwrap()).collect();
    told.sort_unstable();
    assert_eq!(names(&folder), told);
    let read = |end: &str| {
        let name = told.iter().find(|name| name.ends_with(end)).unwrap();
        fs::read(folder.join(name)).unwrap()
    };
    assert_eq!(read(".ots"), ots(&root));
    let chain = Chain::parse(&vector(TSA)).unwrap();
    assert_eq!([read("-1.tst"), read("-2.tst")], [0, 1].map(|at| chain.stamps[at].token.clone()));
    let first = Chain { stamps: chain.stamps[..1].to_vec() };
    assert_eq!(read("-2.before"), first.to_bytes().unwrap());
    assert!(read("-1.pem").starts_with(b"-----BEGIN CERTIFICATE-----\nMII"));
    let proof: serde_json::Value = serde_json::from_slice(&read(".json")).unwrap();
    let evidence = EvmEvidence::parse(&vector(EVM)).unwrap();
    assert_eq!((&proof["chainId"], &proof["blockNumber"]), (&"0x7a69".into(), &"0x1a".into()));
    assert_eq!(proof["blockHash"], format!("0x{EVM_BLOCK}"));
    assert_eq!(proof["blockHeader"], format!("0x{}", hex::encode(&evidence.header)));
    assert_eq!(proof["accountProof"].as_array().unwrap().len(), evidence.account.len());
    let left_out = json["evidence"]["left_out"][0].as_str().unwrap();
    assert!(left_out.contains("not an OpenTimestamps file"), "{left_out}");

    // Not over what is there; and of a receipt without evidence no folder comes into being.
    let before = names(&folder);
    fs::write(folder.join("mine"), "mine").unwrap();
    let again = inspect(&desk, &args);
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(names(&folder).len(), before.len() + 1);
    desk.issue(&["a.pdf"], Issue::default());
    let other = desk.dir.path().join("other");
    let none = inspect(&desk, &["--evidence", other.to_str().unwrap()]);
    assert_eq!((none.status.code(), other.exists()), (Some(2), false));
    assert!(text(&none.stderr).contains("beleg update"), "{}", text(&none.stderr));
    let left = names(desk.dir.path());
    assert!(!left.iter().any(|name| name.starts_with('.')), "{left:?}");
}
