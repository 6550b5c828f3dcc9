//! The contract, put into a chain: one transaction, and what the federation file has to say of it.

use std::time::Duration;

use alloy_primitives::{Address, Bytes, keccak256};
use proto::anchor::clocks::Chain;
use serde::Deserialize;

use super::rpc::{self, At, Rpc, RpcError};
use super::transaction::{Call, DEPLOY_GAS, Fee};
use super::{EvmKeyError, Key};
use crate::client::ClientError;

/// What solc made of the contract; a step of the gate compares.
const COMPILED: &str = include_str!("../../../../contracts/BelegAnchor.json");
/// How often it is looked whether the transaction is in a block, and how many times.
const LOOK: Duration = Duration::from_secs(2);
const LOOKS: u32 = 300;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Compiled {
    creation_code: String,
    code_hash: String,
}

/// Why the contract is not there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// The address of the node.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The node does not say.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The key.
    #[error(transparent)]
    Key(#[from] EvmKeyError),
    /// Gas costs more than may be paid.
    #[error("gas costs {wei} wei now and at most {limit} may be paid\nwait, or allow more")]
    TooDear {
        /// What it costs.
        wei: u128,
        /// What may be paid.
        limit: u128,
    },
    /// It does not come into a block.
    #[error("transaction {hash} is in no block yet\nlook for it in the chain before you try again")]
    Waits {
        /// Its hash.
        hash: String,
    },
    /// It is in a block, and the contract is not there.
    #[error("transaction {hash} made no contract with the code it should have")]
    Failed {
        /// Its hash.
        hash: String,
    },
    /// What is built into this program is damaged.
    #[error("the contract that is built into this program cannot be read")]
    Compiled,
}

/// Makes the contract and waits until it is in a block.
pub async fn deploy(
    name: String,
    url: &str,
    key: &Key,
    fee_limit: u128,
) -> Result<Chain, DeployError> {
    let rpc = Rpc::new(url, rpc::TIMEOUTS)?;
    let compiled: Compiled = serde_json::from_str(COMPILED).map_err(|_| DeployError::Compiled)?;
    let input: Bytes = compiled.creation_code.parse().map_err(|_| DeployError::Compiled)?;
    let latest = rpc.block(At::Latest).await?;
    let base = latest.and_then(|block| block.header.base_fee_per_gas);
    let fee = match base {
        Some(base) => {
            let tip = rpc.tip().await?;
            Fee { max: u128::from(base).saturating_mul(2).saturating_add(tip), tip: Some(tip) }
        }
        None => Fee { max: rpc.gas_price().await?, tip: None },
    };
    if fee.max > fee_limit {
        return Err(DeployError::TooDear { wei: fee.max, limit: fee_limit });
    }
    let (id, nonce) = (rpc.chain_id().await?, rpc.nonce(key.address()).await?);
    let call = Call { chain_id: id, nonce, to: None, input, gas: DEPLOY_GAS };
    let (raw, hash) = call.sign(fee, key)?;
    rpc.send(&raw).await?;
    // Where it will be is known before; the receipt only says when.
    let contract: Address = key.address().create(nonce);
    for _ in 0..LOOKS {
        if rpc.receipt(hash).await?.is_some() {
            let code_hash = keccak256(rpc.code(contract).await?);
            let hash = hash.to_string();
            if alloy_primitives::hex::encode(code_hash) != compiled.code_hash {
                return Err(DeployError::Failed { hash });
            }
            return Ok(Chain { name, id, contract: contract.into(), code_hash: code_hash.0 });
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(DeployError::Waits { hash: hash.to_string() })
}
