//! The operator's own Bitcoin node, asked over JSON-RPC.
//!
//! It is trusted to tell the chain; what it answers is bounded all the same, and a block is taken
//! only with its header.

use std::path::PathBuf;
use std::time::Duration;

use proto::anchor::bitcoin::{BlockHash, HEADER_BYTES, Header};
use proto::limits;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::client::{Body, Client, ClientError, Timeouts};

/// An answer without a block in it.
const SHORT_ANSWER_BYTES: usize = 256 * 1024;
/// A block with the ids of its transactions: a block of 4 MB that is nothing but the smallest ones
/// has 16,000 of them, 67 bytes each.
const BLOCK_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// A cookie of a Bitcoin node has 75 bytes.
const CREDENTIAL_BYTES: u64 = 1024;

/// How long a node may take.
const TIMEOUTS: Timeouts =
    Timeouts { connect: Duration::from_secs(5), request: Duration::from_secs(30) };

/// Why the node did not answer what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RpcError {
    /// No answer that could be read.
    #[error("the Bitcoin node does not answer: {0}")]
    NoAnswer(#[from] ClientError),
    /// The file with its user and password.
    #[error("{file}: no user and password for the Bitcoin node can be read there: {reason}")]
    Credentials {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// It does not let us in.
    #[error("the Bitcoin node does not accept the user and password in {file}")]
    Forbidden {
        /// The file.
        file: String,
    },
    /// It answers something that is no answer.
    #[error("the Bitcoin node answers {method} with something that cannot be read")]
    Unreadable {
        /// What was asked.
        method: &'static str,
    },
    /// It says no.
    #[error("the Bitcoin node refuses {method}: {message}")]
    Refused {
        /// What was asked.
        method: &'static str,
        /// Its words, shortened.
        message: String,
    },
}

/// A Bitcoin node.
#[derive(Clone, Debug)]
pub struct Rpc {
    client: Client,
    credentials: PathBuf,
}

#[derive(Deserialize)]
struct Reply {
    result: Option<Value>,
    error: Option<Value>,
}

/// A block of the best chain.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its header.
    pub header: Header,
    /// The ids of its transactions, as they are computed.
    pub transactions: Vec<[u8; 32]>,
}

/// An output that nobody has spent.
#[derive(Clone, Debug, Deserialize)]
pub struct Unspent {
    /// Blocks from its own one on; 0 while it waits.
    pub confirmations: u64,
    /// In bitcoin.
    pub value: f64,
    /// What it pays to.
    #[serde(rename = "scriptPubKey")]
    pub script: Script,
}

/// What an output pays to.
#[derive(Clone, Debug, Deserialize)]
pub struct Script {
    /// Its bytes.
    #[serde(with = "hex::serde")]
    pub hex: Vec<u8>,
}

impl Rpc {
    /// The node at `url`, with `user:password` in a file: the node's cookie, or one's own.
    pub fn new(url: &str, credentials: PathBuf) -> Result<Rpc, ClientError> {
        Rpc::with_timeouts(url, credentials, TIMEOUTS)
    }

    /// The same with other patience.
    pub(in crate::anchor) fn with_timeouts(
        url: &str,
        credentials: PathBuf,
        timeouts: Timeouts,
    ) -> Result<Rpc, ClientError> {
        Ok(Rpc { client: Client::new(url, timeouts)?, credentials })
    }

    /// Height of the best chain's last block.
    pub async fn height(&self) -> Result<u64, RpcError> {
        self.call("getblockcount", json!([]), SHORT_ANSWER_BYTES).await
    }

    /// Hash of the best chain's block at a height.
    pub async fn hash_at(&self, height: u64) -> Result<BlockHash, RpcError> {
        let method = "getblockhash";
        let shown: String = self.call(method, json!([height]), SHORT_ANSWER_BYTES).await?;
        BlockHash::from_shown(&shown).ok_or(RpcError::Unreadable { method })
    }

    /// The header with this hash.
    pub async fn header(&self, hash: BlockHash) -> Result<Header, RpcError> {
        let method = "getblockheader";
        let params = json!([hash.to_string(), false]);
        let shown: String = self.call(method, params, SHORT_ANSWER_BYTES).await?;
        let bytes = hex::decode(shown).ok();
        let raw: Option<[u8; HEADER_BYTES]> = bytes.and_then(|bytes| bytes.try_into().ok());
        let header = raw.map(|raw| Header::parse(&raw)).filter(|header| header.hash == hash);
        header.ok_or(RpcError::Unreadable { method })
    }

    /// The block with this hash.
    pub async fn block(&self, hash: BlockHash) -> Result<Block, RpcError> {
        #[derive(Deserialize)]
        struct Shown {
            tx: Vec<String>,
        }
        let method = "getblock";
        let header = self.header(hash).await?;
        let params = json!([hash.to_string(), true]);
        let shown: Shown = self.call(method, params, BLOCK_ANSWER_BYTES).await?;
        let ids = shown.tx.iter().map(|id| BlockHash::from_shown(id).map(|id| id.0));
        let transactions = ids.collect::<Option<Vec<_>>>();
        let transactions = transactions.ok_or(RpcError::Unreadable { method })?;
        Ok(Block { header, transactions })
    }

    /// An output, if it is there and nobody has spent it.
    pub async fn unspent(&self, id: &str, output: u32) -> Result<Option<Unspent>, RpcError> {
        self.call("gettxout", json!([id, output, true]), SHORT_ANSWER_BYTES).await
    }

    /// Satoshi for each virtual byte that bring a transaction into one of the next blocks; `None`
    /// if the node cannot say.
    pub async fn fee_rate(&self, blocks: u32) -> Result<Option<u64>, RpcError> {
        let params = json!([blocks]);
        let shown: Value = self.call("estimatesmartfee", params, SHORT_ANSWER_BYTES).await?;
        let rate = shown.get("feerate").or_else(|| shown.get("fee")).and_then(Value::as_f64);
        // Bitcoin for a thousand bytes.
        Ok(rate.filter(|rate| *rate > 0.0).map(|rate| (rate * 1e5).ceil() as u64))
    }

    /// Hands on a transaction.
    pub async fn send(&self, transaction: &str) -> Result<(), RpcError> {
        let params = json!([transaction]);
        let _: Value = self.call("sendrawtransaction", params, SHORT_ANSWER_BYTES).await?;
        Ok(())
    }

    /// Whether `message` is the Merkle root of the best chain's block at a height, and how many
    /// blocks are on top; `None` if the chain does not reach so far.
    pub async fn holds(
        &self,
        height: u64,
        message: &[u8],
    ) -> Result<Option<(bool, u64)>, RpcError> {
        let Some(depth) = self.height().await?.checked_sub(height) else { return Ok(None) };
        let header = self.header(self.hash_at(height).await?).await?;
        Ok(Some((header.merkle_root == message, depth)))
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
        limit: usize,
    ) -> Result<T, RpcError> {
        let file = self.credentials.display().to_string();
        let (user, password) = self.credentials().await?;
        let request = json!({"jsonrpc": "1.0", "id": 0, "method": method, "params": params});
        let bytes = serde_json::to_vec(&request).unwrap_or_default().into();
        let body = Body { bytes, content_type: "application/json", gzip: false };
        let answer = self.client.post_as(&user, &password, "/", body, limit).await?;
        if matches!(answer.status, 401 | 403) {
            return Err(RpcError::Forbidden { file });
        }
        let unreadable = |_| RpcError::Unreadable { method };
        let reply: Reply = serde_json::from_slice(&answer.body).map_err(unreadable)?;
        if let Some(error) = reply.error.filter(|error| !error.is_null()) {
            let words = error.get("message").and_then(Value::as_str).unwrap_or_default();
            let clean = |c: char| if c.is_control() { ' ' } else { c };
            let message = words.chars().take(200).map(clean).collect();
            return Err(RpcError::Refused { method, message });
        }
        serde_json::from_value(reply.result.unwrap_or(Value::Null)).map_err(unreadable)
    }

    /// Read each time: a node writes a new cookie when it starts.
    async fn credentials(&self) -> Result<(String, String), RpcError> {
        let failed = |reason: String| RpcError::Credentials {
            file: self.credentials.display().to_string(),
            reason,
        };
        let size = tokio::fs::metadata(&self.credentials).await;
        if size.map_err(|e| failed(e.to_string()))?.len() > CREDENTIAL_BYTES {
            return Err(failed("the file is too large".to_owned()));
        }
        let text = tokio::fs::read_to_string(&self.credentials).await;
        let text = text.map_err(|e| failed(e.to_string()))?;
        let pair = text.trim_end().split_once(':');
        let (user, password) = pair.ok_or_else(|| failed("it is not user:password".to_owned()))?;
        Ok((user.to_owned(), password.to_owned()))
    }
}

/// Whether so many blocks on top are enough for everybody.
pub(in crate::anchor) fn deep_enough(depth: u64) -> bool {
    depth >= limits::BITCOIN_DEPTH
}
