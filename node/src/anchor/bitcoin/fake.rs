//! A Bitcoin node for tests: a chain with the work of regtest, one waiting transaction for each
//! coin, and the faults that a node or whoever stands in its place can have.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bitcoin::consensus::encode;
use bitcoin::hashes::Hash as _;
use bitcoin::{OutPoint, Transaction, Txid};
use proto::anchor::bitcoin::{BlockHash, Header, Headers};
use proto::anchor::clocks::{Bitcoin, Network};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::coins::purse;
use super::rpc::Rpc;
use crate::client::Timeouts;

/// What is wrong with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::anchor) enum Fault {
    None,
    Stalls,
    Endless,
    Junk,
    OtherHeaders,
    Forbids,
}

pub(in crate::anchor) struct Chain {
    pub(in crate::anchor) blocks: Vec<([u8; 80], Vec<Transaction>)>,
    pub(in crate::anchor) waiting: Vec<Transaction>,
    /// Bitcoin for a thousand bytes.
    pub(in crate::anchor) rate: Option<f64>,
    pub(in crate::anchor) fault: Fault,
    salt: u32,
    /// Coins that somebody else spent.
    pub(in crate::anchor) stolen: Vec<OutPoint>,
    /// What each of the first coins of the key holds.
    money: u64,
}

/// The node; the folder holds its credentials.
#[derive(Clone)]
pub(in crate::anchor) struct FakeNode {
    chain: Arc<Mutex<Chain>>,
    url: String,
    folder: Arc<tempfile::TempDir>,
}

pub(in crate::anchor) const SHORT: Timeouts =
    Timeouts { connect: Duration::from_millis(500), request: Duration::from_millis(500) };

impl FakeNode {
    pub(in crate::anchor) async fn start() -> FakeNode {
        let chain = Chain {
            blocks: Vec::new(),
            waiting: Vec::new(),
            rate: None,
            fault: Fault::None,
            salt: 0,
            stolen: Vec::new(),
            money: 100_000,
        };
        let chain = Arc::new(Mutex::new(chain));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&chain));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let folder = Arc::new(tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("cookie"), "a:b\n").unwrap();
        let node = FakeNode { chain, url, folder };
        node.mine(20);
        node
    }

    pub(in crate::anchor) fn rpc(&self) -> Rpc {
        Rpc::with_timeouts(&self.url, self.folder.path().join("cookie"), SHORT).unwrap()
    }

    pub(in crate::anchor) fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap()
    }

    /// The first of the two coins with which the key begins.
    pub(in crate::anchor) fn funding() -> OutPoint {
        OutPoint::new(Txid::from_byte_array([1; 32]), 0)
    }

    /// Blocks; the first holds what waits.
    pub(in crate::anchor) fn mine(&self, count: usize) {
        for _ in 0..count {
            let waiting = std::mem::take(&mut self.chain().waiting);
            self.chain().push(waiting);
        }
    }

    /// Blocks that hold nothing.
    pub(in crate::anchor) fn mine_empty(&self, count: usize) {
        for _ in 0..count {
            self.chain().push(Vec::new());
        }
    }

    /// Takes the last blocks away and puts one more in their place, empty.
    pub(in crate::anchor) fn reorganise(&self, count: usize) {
        let left = self.chain().blocks.len() - count;
        self.chain().blocks.truncate(left);
        self.mine_empty(count + 1);
    }

    /// The headers, as a verifier would have them.
    pub(in crate::anchor) fn headers(&self) -> Headers {
        let chain = self.chain();
        let bytes: Vec<u8> = chain.blocks.iter().flat_map(|(raw, _)| *raw).collect();
        let hash = Header::parse(&chain.blocks[0].0).hash.0;
        let base = Bitcoin { network: Network::Regtest, height: 0, hash };
        Headers::verify(&base, &bytes).unwrap()
    }
}

impl Chain {
    fn push(&mut self, transactions: Vec<Transaction>) {
        self.salt += 1;
        let coinbase =
            Txid::from_byte_array([self.salt.to_le_bytes(); 8].concat().try_into().unwrap());
        let mut ids: Vec<Txid> = transactions.iter().map(Transaction::compute_txid).collect();
        ids.insert(0, coinbase);
        let root = bitcoin::merkle_tree::calculate_root_inline(&mut ids).unwrap();
        self.mine(*root.as_byte_array(), transactions);
    }

    /// A block whose Merkle root is this.
    pub(in crate::anchor) fn push_root(&mut self, root: [u8; 32]) {
        self.salt += 1;
        self.mine(root, Vec::new());
    }

    fn mine(&mut self, root: [u8; 32], transactions: Vec<Transaction>) {
        let previous = self.blocks.last().map_or([0; 32], |(raw, _)| Header::parse(raw).hash.0);
        let time = 1_777_000_000 + self.salt * 600;
        let mined = (0u32..).find_map(|nonce| {
            let integers = [time, 0x207f_ffff, nonce].map(u32::to_le_bytes).concat();
            let raw = [&[4, 0, 0, 0][..], &previous, &root, &integers].concat();
            let raw: [u8; 80] = raw.try_into().unwrap();
            (Header::parse(&raw).hash.0[31] < 0x7f).then_some(raw)
        });
        self.blocks.push((mined.unwrap(), transactions));
    }

    /// Confirmations and value of an output, if it is not spent in a block.
    fn output(&self, place: &OutPoint) -> Option<(usize, u64)> {
        let spends =
            |it: &Transaction| it.input.iter().any(|input| input.previous_output == *place);
        let mined = || self.blocks.iter().flat_map(|(_, transactions)| transactions);
        if mined().any(spends) || self.stolen.contains(place) {
            return None;
        }
        if place.txid == FakeNode::funding().txid && place.vout < 2 {
            return Some((9, self.money));
        }
        let find = |list: &[Transaction]| {
            let found = list.iter().find(|it| it.compute_txid() == place.txid)?;
            found.output.get(place.vout as usize).map(|output| output.value.to_sat())
        };
        let waiting = find(&self.waiting).map(|value| (0, value));
        let blocks = self.blocks.iter().rev().zip(1..);
        waiting.or_else(|| {
            blocks.into_iter().find_map(|((_, list), depth)| Some((depth, find(list)?)))
        })
    }

    fn fee(&self, transaction: &Transaction) -> Option<u64> {
        let (_, paid) = self.output(&transaction.input[0].previous_output)?;
        paid.checked_sub(transaction.output.iter().map(|it| it.value.to_sat()).sum())
    }

    fn send(&mut self, transaction: Transaction) -> Result<Value, &'static str> {
        let id = transaction.compute_txid();
        if self.blocks.iter().flat_map(|(_, list)| list).any(|it| it.compute_txid() == id) {
            return Err("Transaction outputs already in utxo set");
        }
        let fee = self.fee(&transaction).ok_or("bad-txns-inputs-missingorspent")?;
        let coin = transaction.input[0].previous_output;
        let rival = self.waiting.iter().position(|it| it.input[0].previous_output == coin);
        if let Some(place) = rival {
            let rival = self.waiting[place].clone();
            let least = self.fee(&rival).unwrap() + rival.vsize() as u64;
            if rival.compute_txid() != id && fee < least {
                return Err("insufficient fee, rejecting replacement");
            }
            self.waiting.remove(place);
        }
        self.waiting.push(transaction);
        Ok(json!(id.to_string()))
    }

    fn answer(&mut self, method: &str, params: &[Value]) -> Result<Value, &'static str> {
        let text = |place: usize| params[place].as_str().unwrap();
        let by_hash = |chain: &Chain, shown: &str| {
            let found =
                chain.blocks.iter().find(|(raw, _)| Header::parse(raw).hash.to_string() == shown);
            found.cloned().ok_or("Block not found")
        };
        match method {
            "getblockcount" => Ok(json!(self.blocks.len() - 1)),
            "getblockhash" => {
                let height = params[0].as_u64().unwrap() as usize;
                let (raw, _) = self.blocks.get(height).ok_or("Block height out of range")?;
                Ok(json!(Header::parse(raw).hash.to_string()))
            }
            "getblockheader" => {
                let (mut raw, _) = by_hash(self, text(0))?;
                if self.fault == Fault::OtherHeaders {
                    raw[40] ^= 1;
                }
                Ok(json!(hex::encode(raw)))
            }
            "getblock" => {
                let place = self
                    .blocks
                    .iter()
                    .position(|(raw, _)| Header::parse(raw).hash.to_string() == text(0));
                let place = place.ok_or("Block not found")?;
                let ids = self.ids(place).into_iter().map(|id| BlockHash(id).to_string());
                Ok(json!({"tx": ids.collect::<Vec<_>>()}))
            }
            "gettxout" => {
                let output = params[1].as_u64().unwrap() as u32;
                let place = OutPoint::new(text(0).parse().unwrap(), output);
                Ok(self.output(&place).map_or(Value::Null, |(confirmations, sat)| {
                    json!({
                        "confirmations": confirmations,
                        "value": sat as f64 / 1e8,
                        "scriptPubKey": {"hex": purse().script().to_hex_string()},
                    })
                }))
            }
            "estimatesmartfee" => Ok(match self.rate {
                Some(rate) => json!({"feerate": rate, "blocks": 2}),
                None => json!({"errors": ["Insufficient data or no feerate found"]}),
            }),
            "sendrawtransaction" => self.send(encode::deserialize_hex(text(0)).unwrap()),
            _ => Err("Method not found"),
        }
    }

    /// The ids of a block, as its header has them.
    fn ids(&self, place: usize) -> Vec<[u8; 32]> {
        let (raw, transactions) = &self.blocks[place];
        let mut ids: Vec<[u8; 32]> =
            transactions.iter().map(|it| it.compute_txid().to_byte_array()).collect();
        // The salt of the block's coinbase, counted from its time.
        let salt = (Header::parse(raw).time.0 as u32 - 1_777_000_000) / 600;
        ids.insert(0, [salt.to_le_bytes(); 8].concat().try_into().unwrap());
        ids
    }
}

async fn answer(State(chain): State<Arc<Mutex<Chain>>>, body: Bytes) -> Response {
    let fault = chain.lock().unwrap().fault;
    match fault {
        Fault::Stalls => std::future::pending::<()>().await,
        Fault::Endless => return endless(),
        Fault::Junk => return "<html>".into_response(),
        Fault::Forbids => return axum::http::StatusCode::UNAUTHORIZED.into_response(),
        Fault::None | Fault::OtherHeaders => {}
    }
    let request: Value = serde_json::from_slice(&body).unwrap();
    let (method, params) = (request["method"].as_str().unwrap(), request["params"].as_array());
    let reply = match chain.lock().unwrap().answer(method, params.unwrap()) {
        Ok(result) => json!({"result": result, "error": null, "id": 0}),
        Err(words) => json!({"result": null, "error": {"code": -25, "message": words}, "id": 0}),
    };
    axum::Json(reply).into_response()
}

/// An answer that never ends, as fast as it is read.
pub(in crate::anchor) fn endless() -> Response {
    Body::new(Endless).into_response()
}

struct Endless;

impl axum::body::HttpBody for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        let chunk = Bytes::from_static(&[b' '; 65_536]);
        std::task::Poll::Ready(Some(Ok(hyper::body::Frame::data(chunk))))
    }
}
