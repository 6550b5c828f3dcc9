//! Walks over the files of `tests/testdata/anchor-evm`, over what one byte can do to good ones, and
//! asks a second reader of the tries, which shares no code with the first.

mod case;
mod chain;
mod reader;

use case::Case;
use chain::{Block, known, line, root};
use proptest::prelude::*;
use proto::anchor::clocks::Chain;
use proto::anchor::evm::{self, BlockHeader, EvmEvidence, EvmProblem, KnownBlock, slot};
use proto::hash::Hash;
use proto::text;
use reader::{Item, read};

fn chain_of(case: &Case) -> Chain {
    let words: Vec<&str> = case.one("chain").split(' ').collect();
    let [name, id, contract, code_hash] = words[..] else { panic!("{case}: four words") };
    Chain {
        name: name.into(),
        id: id.parse().unwrap(),
        contract: text::hex_array(contract).unwrap(),
        code_hash: text::hex_array(code_hash).unwrap(),
    }
}

fn blocks_of(case: &Case) -> Vec<KnownBlock> {
    let block = |line: &&str| {
        let words: Vec<&str> = line.split(' ').collect();
        let [chain_id, number, hash] = words[..] else { panic!("{case}: three words") };
        let (chain_id, number) = (chain_id.parse().unwrap(), number.parse().unwrap());
        KnownBlock { chain_id, number, hash: Hash::from_hex(hash).unwrap() }
    };
    case.all("block").iter().map(block).collect()
}

fn root_of(case: &Case) -> Hash {
    Hash::from_hex(case.one("root")).unwrap()
}

fn verified(case: &Case, evidence: &[u8]) -> Result<evm::EvmFacts, EvmProblem> {
    evm::verify(evidence, &root_of(case), &[chain_of(case)], &blocks_of(case))
}

fn outcome(case: &Case) -> String {
    match verified(case, &case.body) {
        Ok(facts) => format!("ok {} {} {}", facts.chain, facts.time, facts.number),
        Err(problem) => {
            assert!(problem.code().starts_with("anchor-") && !problem.to_string().is_empty());
            format!("{problem:?}")
        }
    }
}

#[test]
fn all_evidence_gives_what_it_expects() {
    let mut wrong = Vec::new();
    for case in Case::all_of("anchor-evm") {
        let got = outcome(&case);
        if got != case.expect {
            wrong.push(format!("{case}\n  expected {}\n  got      {got}", case.expect));
        }
        assert_eq!(case.name.starts_with("good-"), case.expect.starts_with("ok"), "{case}");
        let file = std::fs::read(case::folder().join("anchor-evm").join(&case.name)).unwrap();
        assert_eq!(case.to_file(), file, "{case}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_changed_or_missing_byte_is_overlooked() {
    for case in Case::all_of("anchor-evm").iter().filter(|case| case.name.starts_with("good-")) {
        for at in 0..case.body.len() {
            for bit in [0, 7] {
                let mut changed = case.body.clone();
                changed[at] ^= 1 << bit;
                assert!(verified(case, &changed).is_err(), "{case}: byte {at}, bit {bit}");
            }
            assert!(verified(case, &case.body[..at]).is_err(), "{case}: cut at {at}");
        }
        for bit in 0..256 {
            let mut other = root_of(case);
            other.0[bit / 8] ^= 1 << (bit % 8);
            let got = evm::verify(&case.body, &other, &[chain_of(case)], &blocks_of(case));
            assert!(got.is_err_and(|problem| problem.is_false()), "{case}: bit {bit} of the root");
        }
    }
}

#[test]
fn what_cannot_be_told_is_not_called_false() {
    for case in Case::all_of("anchor-evm") {
        let Err(problem) = verified(&case, &case.body) else { continue };
        let open = ["anchor-chain-not-named", "anchor-block-not-known"].contains(&problem.code());
        assert_eq!(problem.is_false(), !open, "{case}");
    }
}

#[test]
fn a_contract_of_former_years_still_counts() {
    let evidence = Block::default().evidence(&root(5));
    let (bytes, known) = (evidence.to_bytes().unwrap(), [known(&evidence)]);
    let newer = Chain { name: "newer".into(), contract: [0xc1; 20], ..line() };
    for chains in [[line(), newer.clone()], [newer, line()]] {
        let facts = evm::verify(&bytes, &root(5), &chains, &known).unwrap();
        assert_eq!(facts.chain, "example");
    }
}

/// Compares what we find with what the second reader does.
fn compare(evidence: &EvmEvidence, root: &Hash, chain: &Chain) {
    let header = BlockHeader::parse(&evidence.header).unwrap();
    let key = evm::keccak256(&chain.contract).0;
    let account = reader::find(header.state_root, &key, &evidence.account).expect("an account");
    let (Item::List(fields), []) = read(&account) else { panic!("one list") };
    let Item::String(storage_root) = fields[2] else { panic!("a string") };
    let place = evm::keccak256(&slot(root).0).0;
    let value = reader::find(storage_root.try_into().unwrap(), &place, &evidence.storage);
    let known = KnownBlock { chain_id: chain.id, number: header.number, hash: header.hash };
    let bytes = evidence.to_bytes().unwrap();
    let ours = evm::verify(&bytes, root, std::slice::from_ref(chain), &[known]);
    match value {
        Some(value) => {
            let (Item::String(time), []) = read(&value) else { panic!("one string") };
            let time = time.iter().fold(0, |time, byte| time << 8 | u64::from(*byte));
            assert_eq!(ours.unwrap().time.0, time);
        }
        None => assert_eq!(ours, Err(EvmProblem::NotInContract)),
    }
}

#[test]
fn a_second_reader_finds_the_same_in_a_real_proof() {
    let case = Case::all_of("anchor-evm").into_iter().find(|case| case.name == "good-anvil");
    let case = case.unwrap();
    compare(&EvmEvidence::parse(&case.body).unwrap(), &root_of(&case), &chain_of(&case));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_second_reader_finds_the_same(accounts in 0..400u64, roots in 0..400u64, ask: u64) {
        let asked = root(ask % (roots + 3));
        let times = (0..roots).map(|n| (root(n), chain::BLOCK_TIME - n)).collect();
        let evidence = Block { accounts, roots: times, ..Block::default() }.evidence(&asked);
        compare(&evidence, &asked, &line());
    }

    #[test]
    fn changed_nodes_never_show_anything(
        place: prop::sample::Index,
        bit in 0..8u32,
        roots in 1..60u64,
    ) {
        let times = (0..roots).map(|n| (root(n), chain::BLOCK_TIME - n)).collect();
        let block = Block { accounts: 30, roots: times, ..Block::default() };
        let mut evidence = block.evidence(&root(0));
        let known = [known(&evidence)];
        let all = evidence.account.iter_mut().chain(&mut evidence.storage).flatten();
        let bytes: Vec<&mut u8> = all.collect();
        let at = place.index(bytes.len());
        *bytes.into_iter().nth(at).unwrap() ^= 1 << bit;
        let bytes = evidence.to_bytes().unwrap();
        let got = evm::verify(&bytes, &root(0), &[line()], &known);
        prop_assert!(got.is_err_and(|problem| problem.is_false()));
    }
}
