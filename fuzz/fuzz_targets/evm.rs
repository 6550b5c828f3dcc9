//! Evidence of EVM chains and lists of known blocks: what is read is written back to the same
//! bytes, no other bytes verify, and hostile nodes never panic, not even under a trusted block.
#![no_main]

use proto::anchor::clocks::Chain;
use proto::anchor::evm::{self, BlockHeader, EvmEvidence, KnownBlock, KnownBlocks};
use proto::hash::Hash;
use std::sync::LazyLock;

const VECTOR: &[u8] = include_bytes!("../../proto/tests/testdata/anchor-evm/good-anvil");
const BLOCKS: &[u8] = b"beleg.evm-blocks/v1\n\
    1 20 0000000000000000000000000000000000000000000000000000000000000000\n";
static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| beleg_fuzz::input_of(VECTOR));

/// The value of a header of the vector.
fn header(name: &str) -> &'static str {
    let text = std::str::from_utf8(VECTOR).unwrap();
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim()
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    proto::text::hex_array(hex).unwrap()
}

static CHAIN: LazyLock<Chain> = LazyLock::new(|| {
    let words: Vec<&str> = header("chain:").split(' ').collect();
    let (contract, code_hash) = (bytes(words[2]), bytes(words[3]));
    Chain { name: words[0].into(), id: words[1].parse().unwrap(), contract, code_hash }
});
static ROOT: LazyLock<Hash> = LazyLock::new(|| Hash(bytes(header("root:"))));

fn check(input: &[u8]) {
    let Ok(evidence) = EvmEvidence::parse(input) else { return };
    assert_eq!(evidence.to_bytes().unwrap(), input);
    let good = evm::keccak256(&EvmEvidence::parse(&GOOD).unwrap().header);
    let block = |hash| KnownBlock { chain_id: CHAIN.id, number: 26, hash };
    let chains = std::slice::from_ref(&*CHAIN);
    if evm::verify(input, &ROOT, chains, &[block(good)]).is_ok() {
        assert!(input == *GOOD);
    }
    // A header that somebody made up for these nodes.
    let (Ok(header), Some(node)) = (BlockHeader::parse(&evidence.header), evidence.account.first())
    else {
        return;
    };
    let mut own = evidence.clone();
    let state = own.header.windows(32).position(|bytes| bytes == header.state_root).unwrap();
    own.header[state..state + 32].copy_from_slice(&evm::keccak256(node).0);
    let known = KnownBlock { number: header.number, ..block(evm::keccak256(&own.header)) };
    let _ = evm::verify(&own.to_bytes().unwrap(), &ROOT, chains, &[known]);
}

fn check_blocks(input: &[u8]) {
    if let Ok(blocks) = KnownBlocks::parse(input) {
        assert_eq!(blocks.to_text().as_bytes(), input);
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    beleg_fuzz::run_on(data, &GOOD, check);
    beleg_fuzz::run_on(data, BLOCKS, check_blocks);
});
