//! `beleg update --bitcoin` and `--evm`: headers and block hashes from the verifier's own nodes, or
//! from a file, into the store. What opens the socket is handed in.

use crate::outside::{read_blocks, read_headers};
use crate::store::{Store, replace};
use crate::trouble::RunError;
use crate::update::FetchError;
use proto::anchor::Kind;
use proto::anchor::bitcoin::{HEADER_BYTES, Headers};
use proto::anchor::clocks::Chain;
use proto::anchor::evm::{BlockHeader, EvmEvidence, KnownBlock};
use proto::federation::Federation;
use proto::hash::Hash;
use proto::receipt::Receipt;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Calls methods of a node over JSON-RPC, and gives their results in the same order.
pub type Call<'a> = &'a mut dyn FnMut(&[(&str, Value)]) -> Result<Vec<Value>, FetchError>;

/// Headers that are asked for at once.
const HEADERS_AT_ONCE: u64 = 500;
/// Blocks that one update goes back to find where the kept headers leave the node's chain.
const REORGANISED: u64 = 2016;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grown {
    /// Headers up to a block.
    Headers { tip: u64, new: u64 },
    /// Blocks of a chain that are known now, and those that it has not made final yet.
    Blocks { chain: String, known: u64, waiting: u64 },
}

/// Takes headers from a file: those with more work stay.
pub fn headers_of_file(
    store: &Store,
    federation: &Federation,
    file: &Path,
) -> Result<Grown, RunError> {
    let new = read_headers(file, federation)?.ok_or(RunError::ClockNotNamed { kind: "bitcoin" })?;
    let kept = read_headers(&store.headers(federation.id()), federation).ok().flatten();
    keep_headers(store, federation, kept.as_ref(), &new)
}

/// Asks a Bitcoin node for the headers that are missing.
pub fn headers_of_node(
    store: &Store,
    federation: &Federation,
    call: Call<'_>,
) -> Result<Grown, RunError> {
    let base = federation.current().clocks.bitcoin;
    let base = base.ok_or(RunError::ClockNotNamed { kind: "bitcoin" })?;
    let kept = read_headers(&store.headers(federation.id()), federation).ok().flatten();
    let failed = |why| RunError::Chain { name: "bitcoin".to_owned(), why };
    let tip = one(call, "getblockcount", json!([])).map_err(failed)?;
    let tip = tip.as_u64().ok_or(FetchError::NotAsSpecified).map_err(failed)?;
    let mut headers = match &kept {
        Some(kept) => common(kept, tip, call).map_err(failed)?,
        None => Vec::new(),
    };
    let mut height = base.height + (headers.len() / HEADER_BYTES) as u64;
    while height <= tip {
        let end = tip.min(height + HEADERS_AT_ONCE - 1);
        headers.extend(fetch_headers(call, height, end).map_err(failed)?);
        height = end + 1;
    }
    let path = store.headers(federation.id());
    let headers = Headers::verify(&base, &headers);
    let headers = headers.map_err(|why| RunError::Headers { path, why })?;
    keep_headers(store, federation, kept.as_ref(), &headers)
}

/// The kept headers, without those that the node's chain does not have.
fn common(kept: &Headers, tip: u64, call: Call<'_>) -> Result<Vec<u8>, FetchError> {
    let base = kept.base().height;
    let mut height = kept.tip_height().min(tip);
    let lowest = height.saturating_sub(REORGANISED).max(base);
    let mut step = 1;
    loop {
        let own = kept.at(height).map(|header| header.hash.to_string());
        if own == Some(text(&one(call, "getblockhash", json!([height]))?)?.to_owned()) {
            let headers = usize::try_from(height - base + 1).unwrap_or(usize::MAX);
            let bytes = headers.saturating_mul(HEADER_BYTES);
            return Ok(kept.as_bytes().get(..bytes).unwrap_or_default().to_vec());
        }
        if height <= lowest {
            return Ok(Vec::new());
        }
        height = height.saturating_sub(step).max(lowest);
        step *= 2;
    }
}

fn fetch_headers(call: Call<'_>, first: u64, last: u64) -> Result<Vec<u8>, FetchError> {
    let hashes: Vec<_> = (first..=last).map(|h| ("getblockhash", json!([h]))).collect();
    let hashes = call(&hashes)?;
    let asked: Vec<_> =
        hashes.iter().map(|hash| ("getblockheader", json!([hash, false]))).collect();
    let mut headers = Vec::with_capacity(asked.len() * HEADER_BYTES);
    for header in call(&asked)? {
        let header = hex::decode(text(&header)?).map_err(|_| FetchError::NotAsSpecified)?;
        if header.len() != HEADER_BYTES {
            return Err(FetchError::NotAsSpecified);
        }
        headers.extend(header);
    }
    Ok(headers)
}

/// Never back: of two chains the one with more work.
fn keep_headers(
    store: &Store,
    federation: &Federation,
    kept: Option<&Headers>,
    new: &Headers,
) -> Result<Grown, RunError> {
    let path = store.headers(federation.id());
    let before = kept.map_or(new.base().height, Headers::tip_height);
    let tip = match kept {
        Some(kept) if kept.work() >= new.work() => kept.tip_height(),
        _ => {
            let written = replace(&path, new.as_bytes());
            written.map_err(|why| RunError::Keep { path, why })?;
            new.tip_height()
        }
    };
    Ok(Grown::Headers { tip, new: tip.saturating_sub(before) })
}

/// Asks a node of a chain for the blocks that receipts name, those that are final.
pub fn blocks_of_node(
    store: &Store,
    federation: &Federation,
    chain: &Chain,
    wanted: &BTreeSet<(u64, u64)>,
    call: Call<'_>,
) -> Result<Grown, RunError> {
    let failed = |why| RunError::Chain { name: chain.name.clone(), why };
    let path = store.blocks(federation.id());
    let mut known = read_blocks(&path).unwrap_or_default();
    let id = one(call, "eth_chainId", json!([])).and_then(|id| quantity(&id)).map_err(failed)?;
    if id != chain.id {
        return Err(failed(FetchError::OtherChain { id }));
    }
    let latest = one(call, "eth_getBlockByNumber", json!(["finalized", false]));
    let latest = latest.and_then(|block| quantity(&block["number"])).map_err(failed)?;
    let (mut fresh, mut waiting) = (0, 0);
    for (_, number) in wanted.iter().filter(|(id, _)| *id == chain.id) {
        if *number > latest {
            waiting += 1;
            continue;
        }
        let params = json!([format!("{number:#x}"), false]);
        let block = one(call, "eth_getBlockByNumber", params).map_err(failed)?;
        let hash = text(&block["hash"]).ok().and_then(|hash| hash.strip_prefix("0x"));
        let hash = hash.and_then(|hash| Hash::from_hex(hash).ok());
        let hash = hash.ok_or(FetchError::NotAsSpecified).map_err(failed)?;
        let block = KnownBlock { chain_id: chain.id, number: *number, hash };
        known.insert(block).map_err(|_| failed(FetchError::NotAsSpecified))?;
        fresh += 1;
    }
    let written = replace(&path, known.to_text().as_bytes());
    written.map_err(|why| RunError::Keep { path, why })?;
    Ok(Grown::Blocks { chain: chain.name.clone(), known: fresh, waiting })
}

/// The blocks of EVM chains that the evidence in a receipt names: chain id and number.
pub fn named_blocks(receipt: &Receipt) -> Vec<(u64, u64)> {
    let evidence = receipt.anchors.iter().flat_map(|anchor| &anchor.evidence);
    let named = evidence.filter(|evidence| evidence.kind == Kind::Evm).filter_map(|evidence| {
        let evidence = EvmEvidence::parse(&evidence.bytes).ok()?;
        let header = BlockHeader::parse(&evidence.header).ok()?;
        Some((evidence.chain_id, header.number))
    });
    named.collect()
}

fn one(call: Call<'_>, method: &str, params: Value) -> Result<Value, FetchError> {
    call(&[(method, params)])?.pop().ok_or(FetchError::NotAsSpecified)
}

fn text(value: &Value) -> Result<&str, FetchError> {
    value.as_str().ok_or(FetchError::NotAsSpecified)
}

/// A number as these chains write it: hexadecimal behind `0x`.
fn quantity(value: &Value) -> Result<u64, FetchError> {
    let digits = text(value)?.strip_prefix("0x").ok_or(FetchError::NotAsSpecified)?;
    u64::from_str_radix(digits, 16).map_err(|_| FetchError::NotAsSpecified)
}
