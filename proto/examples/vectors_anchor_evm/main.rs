//! Writes the test vectors of EVM evidence to `tests/testdata/anchor-evm`: good ones of a made-up
//! chain, and what can be wrong with them. `good-anvil` came from Foundry's anvil 1.7.1 with the
//! contract of this repository, once; it is written back as it is.
//!
//! What a case must give is written here by hand and not computed. `tests/anchor_evm.rs` compares.

#[path = "../../tests/case/mod.rs"]
mod case;
#[path = "../../tests/chain/mod.rs"]
mod chain;

use case::Case;
use chain::{BLOCK_NUMBER, BLOCK_TIME, Block, CHAIN_ID, known, line, list, root};
use proto::anchor::clocks::Chain;
use proto::anchor::evm::{EvmEvidence, KnownBlock};
use proto::hash::{Hash, sha256};

const KIND: &str = "anchor-evm";
/// The time of the root that the cases ask for, and what good ones say.
const GOOD: &str = "ok example 1777820328 23000000";

fn main() -> std::io::Result<()> {
    let kept = case::folder().join(KIND).join("good-anvil");
    let mut cases = vec![Case::read(KIND, &kept)];
    cases.extend(good());
    cases.extend(broken());
    cases.extend(of_others());
    cases.extend(of_other_blocks());
    case::write(&cases)
}

fn evidence() -> EvmEvidence {
    Block::default().evidence(&root(5))
}

fn case(name: &str, expect: &str, evidence: &EvmEvidence) -> Case {
    with(name, expect, &evidence.to_bytes().unwrap(), &line(), &[known(evidence)])
}

fn with(name: &str, expect: &str, bytes: &[u8], chain: &Chain, blocks: &[KnownBlock]) -> Case {
    let Chain { name: chain_name, id, contract, code_hash } = chain;
    let words = (hex::encode(contract), hex::encode(code_hash));
    let mut case = Case::new(KIND, name, expect, bytes)
        .with("chain", format!("{chain_name} {id} {} {}", words.0, words.1))
        .with("root", root(5));
    for KnownBlock { chain_id, number, hash } in blocks {
        case = case.with("block", format!("{chain_id} {number} {hash}"));
    }
    case
}

fn good() -> Vec<Case> {
    let frontier = vec![vec![], vec![0; 32], vec![0; 8]];
    let validators = vec![vec![7; 1500], vec![0; 32], vec![0; 8], vec![]];
    let lone = Block { accounts: 0, roots: vec![(root(5), BLOCK_TIME)], ..Block::default() };
    vec![
        case("good-london", GOOD, &evidence()),
        case("good-frontier", GOOD, &changed(|block| block.further = frontier)),
        case("good-validators", GOOD, &changed(|block| block.further = validators)),
        case("good-lone", "ok example 1777820400 23000000", &lone.evidence(&root(5))),
    ]
}

/// The evidence of a block of which something is different.
fn changed(change: impl FnOnce(&mut Block)) -> EvmEvidence {
    let mut block = Block::default();
    change(&mut block);
    block.evidence(&root(5))
}

fn broken() -> Vec<Case> {
    let good = evidence();
    let bytes = good.to_bytes().unwrap();
    let blocks = [known(&good)];
    let raw = |name: &str, expect: &str, bytes: &[u8]| with(name, expect, bytes, &line(), &blocks);
    let version = [&[2], &bytes[1..]].concat();
    let trailing = [&bytes[..], &[0]].concat();
    let short = &bytes[..bytes.len() - 1];
    let changed = |change: fn(&mut EvmEvidence)| {
        let mut evidence = good.clone();
        change(&mut evidence);
        evidence.to_bytes().unwrap()
    };
    let (account, storage) = ("NoContract", "StorageNotProven");
    vec![
        raw("empty", "Malformed(Bytes(Truncated { want: 1, have: 0 }))", &[]),
        raw("version-2", "Malformed(UnknownVersion { got: 2 })", &version),
        raw("trailing-byte", "Malformed(Bytes(Trailing { extra: 1 }))", &trailing),
        raw("cut", "Malformed(Bytes(Truncated { want: 40, have: 39 }))", short),
        raw("no-header", "BadHeader(NotAList)", &changed(|e| e.header.clear())),
        raw("header-trailing", "BadHeader(NotAList)", &changed(|e| e.header.push(0))),
        raw(
            "header-of-three-fields",
            "BadHeader(BadField { field: 3 })",
            &changed(|e| e.header = list(&[vec![1; 32], vec![1; 32], vec![2; 20]])),
        ),
        raw("account-node-missing", account, &changed(|e| drop(e.account.pop()))),
        raw("account-first-node-missing", account, &changed(|e| drop(e.account.remove(0)))),
        raw("account-node-too-many", account, &changed(|e| e.account.push(e.storage[0].clone()))),
        raw("account-nodes-swapped", account, &changed(|e| e.account.swap(0, 1))),
        raw("account-no-nodes", account, &changed(|e| e.account.clear())),
        raw("account-node-changed", account, &changed(|e| e.account[0][40] ^= 1)),
        raw("storage-node-missing", storage, &changed(|e| drop(e.storage.pop()))),
        raw("storage-node-too-many", storage, &changed(|e| e.storage.push(e.account[0].clone()))),
        raw("storage-nodes-swapped", storage, &changed(|e| e.storage.swap(0, 1))),
        raw("storage-no-nodes", storage, &changed(|e| e.storage.clear())),
        raw("storage-node-changed", storage, &changed(|e| e.storage[0][40] ^= 1)),
        raw(
            "proofs-swapped",
            account,
            &changed(|e| core::mem::swap(&mut e.account, &mut e.storage)),
        ),
    ]
}

/// Good in themselves, but not of this root, contract or chain.
fn of_others() -> Vec<Case> {
    let good = evidence();
    let bytes = good.to_bytes().unwrap();
    let elsewhere = Chain { id: 1, ..line() };
    let contract = Chain { contract: [0xc1; 20], ..line() };
    let absent = Block::default().evidence(&root(99));
    let mut zero = Block::default();
    zero.roots.retain(|(root, _)| *root != chain::root(5));
    let nothing = Block { roots: Vec::new(), ..Block::default() };
    let other_root = Block::default().evidence(&root(6));
    let not_there = "NotInContract";
    let ahead = "TimeAhead { time: Timestamp(1777820401), block: Timestamp(1777820400) }";
    let blocks = [known(&good)];
    vec![
        with("chain-not-named", "ChainNotNamed { chain_id: 31337 }", &bytes, &elsewhere, &blocks),
        with("contract-of-others", "NoContract", &bytes, &contract, &blocks),
        case("contract-elsewhere", "NoContract", &changed(|block| block.address = [0xc1; 20])),
        case("code-of-others", "OtherCode", &changed(|block| block.code = b"other".to_vec())),
        // The proof of a root says nothing about another one, there or not.
        case("root-of-others", "StorageNotProven", &other_root),
        case("proof-that-another-root-is-absent", "StorageNotProven", &absent),
        case("root-absent", not_there, &zero.evidence(&root(5))),
        case("contract-empty", not_there, &nothing.evidence(&root(5))),
        case("time-zero", not_there, &changed(|block| block.roots[5].1 = 0)),
        case("time-ahead", ahead, &changed(|block| block.roots[5].1 = BLOCK_TIME + 1)),
    ]
}

fn of_other_blocks() -> Vec<Case> {
    let good = evidence();
    let bytes = good.to_bytes().unwrap();
    let unknown = r#"BlockNotKnown { chain: "example", number: 23000000 }"#;
    let other = r#"OtherBlock { chain: "example", number: 23000000 }"#;
    let block = |chain_id, number, hash| KnownBlock { chain_id, number, hash };
    let hash: Hash = known(&good).hash;
    let blocks = |name: &str, expect: &str, blocks: &[KnownBlock]| {
        with(name, expect, &bytes, &line(), blocks)
    };
    vec![
        blocks("no-block-known", unknown, &[]),
        blocks("block-of-another-chain", unknown, &[block(1, BLOCK_NUMBER, hash)]),
        blocks("block-of-another-number", unknown, &[block(CHAIN_ID, BLOCK_NUMBER - 1, hash)]),
        blocks("another-block", other, &[block(CHAIN_ID, BLOCK_NUMBER, sha256(b"other"))]),
    ]
}
