//! `evm`: the account that pays, and the contract put into a chain.

use std::io::Write;
use std::path::Path;

use super::{CommandError, Output, block_on};
use crate::anchor::evm::{self, ChainError, DeployError, Key};
use crate::args::evm::{Evm, KeyPlace};
use crate::config::Pkcs11Config;

const GWEI: u128 = 1_000_000_000;

/// Why a chain could not be prepared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvmError {
    /// The key.
    #[error(transparent)]
    Key(#[from] ChainError),
    /// The contract.
    #[error(transparent)]
    Deploy(#[from] DeployError),
}

pub(super) fn run(args: Evm, out: &mut dyn Write) -> Result<(), CommandError> {
    let mut out = Output(out);
    match args {
        Evm::Address(place) => out.line(&key(place)?.address().to_string()),
        Evm::Deploy(args) => {
            let key = key(args.key)?;
            let most = u128::from(args.max_fee_gwei).saturating_mul(GWEI);
            let made = block_on(evm::deploy(args.name, &args.rpc, &key, most))?;
            let chain = made.map_err(EvmError::from)?;
            let (contract, code) = (hex::encode(chain.contract), hex::encode(chain.code_hash));
            out.line(&format!("evm {} {} {contract} {code}", chain.name, chain.id));
        }
    }
    Ok(())
}

fn key(place: KeyPlace) -> Result<Key, EvmError> {
    let module = match (place.module, place.token, place.label, place.pin) {
        (Some(module), Some(token), Some(label), Some(pin)) => {
            Some(Pkcs11Config { module, token, label, pin })
        }
        _ => None,
    };
    Ok(evm::key(place.key.as_deref(), module.as_ref(), Path::new(""))?)
}
