//! The JSON-RPC of an EVM node, as far as an anchor needs it. What it answers is a claim: bounded
//! in bytes and time, and judged by who asked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::client::{Body, Client, ClientError, Timeouts};

/// How long a question may take.
pub const TIMEOUTS: Timeouts =
    Timeouts { connect: Duration::from_secs(10), request: Duration::from_secs(30) };
/// Bytes of an answer. The largest is a block with the hashes of its transactions: 66 bytes each.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// Characters of a node's own words that are shown.
const WORDS: usize = 200;

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RpcError {
    /// No answer, or too large a one.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The node answers with an error.
    #[error("{url}: {method}: the node says: {message}")]
    Refused {
        /// The node.
        url: String,
        /// What was asked.
        method: &'static str,
        /// Its words.
        message: String,
    },
    /// The answer is not what the method gives.
    #[error("{url}: {method}: the answer is not what this method gives")]
    Malformed {
        /// The node.
        url: String,
        /// What was asked.
        method: &'static str,
    },
}

/// A node.
#[derive(Debug)]
pub struct Rpc {
    client: Client,
    number: AtomicU64,
}

/// Which block is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// The newest.
    Latest,
    /// The newest that is final.
    Finalized,
    /// The one with this number.
    Number(u64),
}

impl At {
    fn json(self) -> Value {
        match self {
            At::Latest => "latest".into(),
            At::Finalized => "finalized".into(),
            At::Number(number) => json!(U64::from(number)),
        }
    }
}

/// A block: its header and the hash that the node gives it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Block {
    /// What the node calls it.
    pub hash: B256,
    /// The header.
    #[serde(flatten)]
    pub header: Header,
}

/// The answer of `eth_getProof` (EIP-1186), the nodes alone.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// Nodes from the state root to the account.
    pub account_proof: Vec<Bytes>,
    /// One for each slot that was asked for.
    pub storage_proof: Vec<SlotProof>,
}

/// The proof of one slot.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct SlotProof {
    /// Nodes from the storage root to the slot.
    pub proof: Vec<Bytes>,
}

/// What became of a transaction, as the node says.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Gas that it took.
    pub gas_used: U256,
    /// Price of each, in wei.
    #[serde(default)]
    pub effective_gas_price: U256,
    /// The contract that it made.
    pub contract_address: Option<Address>,
    /// Whether it did what it should: one, or zero.
    pub status: Option<U64>,
}

impl Rpc {
    /// A node at this address.
    pub fn new(url: &str, timeouts: Timeouts) -> Result<Rpc, ClientError> {
        Ok(Rpc { client: Client::new(url, timeouts)?, number: AtomicU64::new(0) })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        self.client.base()
    }

    /// The chain's id (EIP-155).
    pub async fn chain_id(&self) -> Result<u64, RpcError> {
        self.ask::<U64>("eth_chainId", json!([])).await.map(|id| id.to())
    }

    /// The code at an address, now.
    pub async fn code(&self, address: Address) -> Result<Bytes, RpcError> {
        self.ask("eth_getCode", json!([address, "latest"])).await
    }

    /// A word of a contract's storage.
    pub async fn slot(&self, address: Address, slot: B256, at: At) -> Result<U256, RpcError> {
        self.ask("eth_getStorageAt", json!([address, slot, at.json()])).await
    }

    /// A block, if the chain has it.
    pub async fn block(&self, at: At) -> Result<Option<Block>, RpcError> {
        self.ask("eth_getBlockByNumber", json!([at.json(), false])).await
    }

    /// Proofs of an account and one of its slots in the state of this block.
    pub async fn proof(&self, address: Address, slot: B256, at: At) -> Result<Proof, RpcError> {
        self.ask("eth_getProof", json!([address, [slot], at.json()])).await
    }

    /// Transactions of an account in the newest block: the next one's nonce.
    pub async fn nonce(&self, address: Address) -> Result<u64, RpcError> {
        let count = self.ask::<U64>("eth_getTransactionCount", json!([address, "latest"])).await?;
        Ok(count.to())
    }

    /// Money of an account, in wei.
    pub async fn balance(&self, address: Address) -> Result<u128, RpcError> {
        let balance = self.ask::<U256>("eth_getBalance", json!([address, "latest"])).await?;
        Ok(balance.saturating_to())
    }

    /// What is usual on top of the base fee, in wei.
    pub async fn tip(&self) -> Result<u128, RpcError> {
        self.ask::<U256>("eth_maxPriorityFeePerGas", json!([])).await.map(|tip| tip.saturating_to())
    }

    /// The usual price of gas where there is no base fee, in wei.
    pub async fn gas_price(&self) -> Result<u128, RpcError> {
        self.ask::<U256>("eth_gasPrice", json!([])).await.map(|price| price.saturating_to())
    }

    /// Hands over a signed transaction.
    pub async fn send(&self, raw: &Bytes) -> Result<B256, RpcError> {
        self.ask("eth_sendRawTransaction", json!([raw])).await
    }

    /// What became of a transaction; nothing while it is in no block.
    pub async fn receipt(&self, transaction: B256) -> Result<Option<Receipt>, RpcError> {
        self.ask("eth_getTransactionReceipt", json!([transaction])).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, RpcError> {
        let id = self.number.fetch_add(1, Ordering::Relaxed);
        let question = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let bytes = question.to_string().into();
        let body = Body { bytes, content_type: "application/json", gzip: false };
        let answer = self.client.post("", body, ANSWER_BYTES).await?;
        let url = || self.url().to_owned();
        let Ok(mut whole) = serde_json::from_slice::<Value>(&answer.body) else {
            return Err(RpcError::Malformed { url: url(), method });
        };
        if let Some(error) = whole.get("error").filter(|error| !error.is_null()) {
            let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
            let message = message.chars().filter(|c| !c.is_control()).take(WORDS).collect();
            return Err(RpcError::Refused { url: url(), method, message });
        }
        // No result is none for a block or receipt, and malformed for all else.
        let result = whole.get_mut("result").map(Value::take);
        let result = result.filter(|_| whole.get("id") == Some(&json!(id)));
        let result = result.and_then(|result| serde_json::from_value(result).ok());
        result.ok_or_else(|| RpcError::Malformed { url: url(), method })
    }
}
