//! An EVM chain as an outside clock: the root is entered in the federation's contract, and the
//! proof comes back when its block is final.
//!
//! What the chain's node says is a claim. The chain id and the contract's code are compared with
//! the federation file before anything is spent; what it says about fees is held to limits that are
//! counted durably; that the root is there is believed when the proof holds, not when it says so. A
//! node that makes up a whole chain is found out by verifiers, who ask their own.

mod deploy;
mod key;
mod planned;
mod proof;
mod rpc;
mod spending;
mod state;
mod transaction;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy_primitives::{Address, B256, U256, keccak256};
use proto::anchor::clocks::Chain;
use proto::anchor::{Kind, evm};
use proto::hash::{Hash, Timestamp};
use serde_json::Value;

use super::outside::{Cost, Money, Outside, Step, StepError, Work};
use crate::lines::FileError;
pub use deploy::{DeployError, deploy};
#[cfg(feature = "pkcs11")]
pub use key::pkcs11;
pub use key::{EvmKeyError, Key};
pub use planned::{ChainError, key, planned};
use rpc::{At, Block, Rpc};
use spending::{Spending, Spent};
use state::{Signed, later, open, waits};
use transaction::{ANCHOR_GAS, Call, Fee};

/// Seconds after which a transaction that is in no block is sent with a higher fee.
const STUCK_S: u64 = 300;
/// Seconds after which another root may take the nonce of one that nobody goes on with.
const FORSAKEN_S: u64 = 3600;

/// How a chain is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The chain and the contract, as the federation file has them.
    pub chain: Chain,
    /// Address of the node.
    pub rpc: String,
    /// Blocks on top of one that counts; none: the chain says what is final.
    pub confirmations: Option<u64>,
    /// Seconds between two looks at the chain. Each leaves a line in the ledger.
    pub poll_s: u64,
    /// What may be spent.
    pub limits: Limits,
}

/// What may be spent, in wei.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// For each gas.
    pub fee: u128,
    /// For a root.
    pub anchor: u128,
    /// In 24 hours.
    pub day: u128,
}

/// The clock.
pub struct EvmClock {
    name: String,
    settings: Settings,
    rpc: Rpc,
    key: Arc<Key>,
    spending: Mutex<Spending>,
    money: Mutex<Option<Money>>,
}

impl EvmClock {
    /// A clock whose spending is counted in this folder.
    pub fn open(settings: Settings, key: Arc<Key>, folder: &Path) -> Result<EvmClock, OpenError> {
        let name = format!("evm-{}", settings.chain.name);
        let spending = Spending::open(folder, &format!("{name}.spending"))?;
        let rpc = Rpc::new(&settings.rpc, rpc::TIMEOUTS)?;
        let (spending, money) = (Mutex::new(spending), Mutex::default());
        Ok(EvmClock { name, settings, rpc, key, spending, money })
    }

    async fn go_on(
        &self,
        root: &Hash,
        state: Option<Signed>,
        now: Timestamp,
    ) -> Result<Step, StepError> {
        self.check_chain().await?;
        let latest = self.block(At::Latest).await?;
        let is_final = self.final_block(&latest).await?;
        if self.has(root, is_final.header.number).await? {
            return self.done(root, &is_final, state.as_ref()).await;
        }
        if self.has(root, latest.header.number).await? {
            let (number, newest) = (is_final.header.number, latest.header.number);
            let words = format!(
                "the root is in the contract at block {newest}; the last final block is {number}"
            );
            return Ok(open(state, self.settings.poll_s, words));
        }
        match state {
            None => self.sign(root, &latest, now).await,
            Some(signed) => self.send(root, signed, &latest, now).await,
        }
    }

    /// That the node is one of this chain, and the contract the federation's.
    async fn check_chain(&self) -> Result<(), StepError> {
        let Chain { name, id, contract, code_hash } = &self.settings.chain;
        let url = self.rpc.url();
        let got = self.rpc.chain_id().await.map_err(later)?;
        if got != *id {
            return Err(StepError::Later(format!(
                "{url}: this node is one of chain {got}, and the federation's chain {name} is {id}"
            )));
        }
        let code = self.rpc.code(Address::from(contract)).await.map_err(later)?;
        if keccak256(&code) != code_hash {
            return Err(StepError::Later(format!(
                "{url}: the contract does not have the code that the federation file says: \
                 nothing is spent"
            )));
        }
        Ok(())
    }

    async fn block(&self, at: At) -> Result<Block, StepError> {
        let block = self.rpc.block(at).await.map_err(later)?;
        block.ok_or_else(|| StepError::Later(format!("{}: no block {at:?}", self.rpc.url())))
    }

    async fn final_block(&self, latest: &Block) -> Result<Block, StepError> {
        match self.settings.confirmations {
            None => self.block(At::Finalized).await,
            Some(confirmations) => {
                let number = latest.header.number.saturating_sub(confirmations);
                self.block(At::Number(number)).await
            }
        }
    }

    /// Whether the contract has the root in this block, as the node says.
    async fn has(&self, root: &Hash, number: u64) -> Result<bool, StepError> {
        let contract = Address::from(self.settings.chain.contract);
        let slot = B256::from(evm::slot(root).0);
        // A contract that is younger than the block has nothing.
        let value = self.rpc.slot(contract, slot, At::Number(number)).await.map_err(later)?;
        Ok(value != U256::ZERO)
    }

    async fn done(
        &self,
        root: &Hash,
        block: &Block,
        state: Option<&Signed>,
    ) -> Result<Step, StepError> {
        let evidence = proof::evidence(&self.rpc, &self.settings.chain, root, block).await;
        let evidence = evidence.map_err(later)?;
        let mut cost = None;
        if let Some(signed) = state {
            cost = self.cost(signed).await;
        }
        let paid = if cost.is_some() { "" } else { "; somebody else paid" };
        let chain = &self.settings.chain.name;
        let words = format!("in block {} of {chain} at the latest{paid}", block.header.number);
        Ok(Step::Done { evidence, words, cost })
    }

    /// What the transaction cost, or any that it took the place of. A node may not say more than
    /// was signed for.
    async fn cost(&self, signed: &Signed) -> Option<Cost> {
        for hash in signed.former.iter().chain([&signed.hash]) {
            let Ok(Some(receipt)) = self.rpc.receipt(*hash).await else { continue };
            let wei = receipt.gas_used.saturating_mul(receipt.effective_gas_price);
            let most = signed.fee().most(ANCHOR_GAS);
            return Some(Cost { amount: wei.saturating_to::<u128>().min(most), unit: "wei" });
        }
        None
    }

    /// Signs a transaction for a root that has none, if it may be paid. The next step sends it.
    async fn sign(&self, root: &Hash, latest: &Block, now: Timestamp) -> Result<Step, StepError> {
        let nonce = self.rpc.nonce(self.key.address()).await.map_err(later)?;
        let before = self.spending().of(nonce);
        if let Some(other) = before.filter(|before| before.root != *root)
            && now.0.saturating_sub(other.time.0) < FORSAKEN_S
        {
            let words = "waits for the transaction of another root".to_owned();
            return Ok(waits(self.settings.poll_s, words));
        }
        let fee = self.fee(latest).await?;
        // What was signed with this nonce may have been sent: nodes take more in its place.
        let fee = match before {
            Some(before) => {
                let former = before.wei / u128::from(ANCHOR_GAS);
                let above = Fee { max: former, tip: fee.tip }.above();
                Fee { max: fee.max.max(above.max), tip: fee.tip.max(above.tip) }
            }
            None => fee,
        };
        self.sign_with(root, nonce, fee, latest, Vec::new(), now).await
    }

    /// The usual fee: twice the base fee, so that some blocks of rising ones are no hindrance.
    async fn fee(&self, latest: &Block) -> Result<Fee, StepError> {
        match latest.header.base_fee_per_gas {
            Some(base) => {
                let tip = self.rpc.tip().await.map_err(later)?.min(self.settings.limits.fee);
                let max = u128::from(base).saturating_mul(2).saturating_add(tip);
                Ok(Fee { max, tip: Some(tip) })
            }
            None => Ok(Fee { max: self.rpc.gas_price().await.map_err(later)?, tip: None }),
        }
    }

    async fn sign_with(
        &self,
        root: &Hash,
        nonce: u64,
        fee: Fee,
        latest: &Block,
        former: Vec<B256>,
        now: Timestamp,
    ) -> Result<Step, StepError> {
        let Limits { fee: most_fee, anchor, day } = self.settings.limits;
        let cap = most_fee.min(anchor / u128::from(ANCHOR_GAS));
        let needed = u128::from(latest.header.base_fee_per_gas.unwrap_or(0));
        let least = match fee.tip {
            Some(tip) => needed.saturating_add(tip),
            None => fee.max,
        };
        let balance = self.rpc.balance(self.key.address()).await.map_err(later)?;
        let per_anchor = least.saturating_mul(ANCHOR_GAS.into());
        *self.left() = Some(Money { left: balance, per_anchor, unit: "wei" });
        if least > cap {
            let words = format!(
                "gas costs {least} wei now and at most {cap} may be paid: waits for lower fees"
            );
            return Ok(waits(self.settings.poll_s, words));
        }
        let fee = Fee { max: fee.max.min(cap), tip: fee.tip };
        let most = fee.most(ANCHOR_GAS);
        let spent = self.spending().last_day(now, nonce);
        if spent.saturating_add(most) > day {
            let words = format!(
                "{spent} wei were spent in 24 hours, {most} more may be needed and {day} are \
                 allowed: waits"
            );
            return Ok(waits(self.settings.poll_s, words));
        }
        if balance < most {
            let account = self.key.address();
            let words = format!("{account} has {balance} wei and may need {most}: waits for money");
            return Ok(waits(self.settings.poll_s, words));
        }
        let contract = Address::from(self.settings.chain.contract);
        let call = Call::anchor(self.settings.chain.id, nonce, contract, &root.0);
        // Durable before it is signed: whatever happens then, it is counted.
        let spent = Spent { time: now, root: *root, wei: most };
        self.spending().note(nonce, spent).map_err(later)?;
        let (raw, hash) = call.sign(fee, &self.key).map_err(later)?;
        let (max, tip, time) = (fee.max, fee.tip, now.0);
        let signed = Signed { raw, hash, nonce, max, tip, time, former };
        let words = format!("transaction {hash} is signed");
        Ok(open(Some(signed), 0, words))
    }

    /// Sends what was signed: again and again, until its nonce is used.
    async fn send(
        &self,
        root: &Hash,
        signed: Signed,
        latest: &Block,
        now: Timestamp,
    ) -> Result<Step, StepError> {
        let nonce = self.rpc.nonce(self.key.address()).await.map_err(later)?;
        if nonce > signed.nonce {
            // In a block, but the root is not in the contract: it ran out of gas, or the account
            // sent something else.
            return self.sign(root, latest, now).await;
        }
        let sent = self.rpc.send(&signed.raw).await;
        let base = u128::from(latest.header.base_fee_per_gas.unwrap_or(0));
        let stuck = now.0.saturating_sub(signed.time) > STUCK_S;
        if stuck {
            let (usual, above) = (self.fee(latest).await?, signed.fee().above());
            let fee = Fee { max: usual.max.max(above.max), tip: usual.tip.max(above.tip) };
            let mut former = signed.former.clone();
            former.push(signed.hash);
            let next = self.sign_with(root, signed.nonce, fee, latest, former, now).await?;
            if !matches!(&next, Step::Open { state: Value::Null, .. }) {
                return Ok(next);
            }
            let words = format!(
                "transaction {} offers {} wei for gas, the base fee is {base}, and more may not be \
                 paid: waits",
                signed.hash, signed.max
            );
            return Ok(open(Some(signed), self.settings.poll_s, words));
        }
        let words = match sent {
            Ok(_) => format!("transaction {} is sent", signed.hash),
            // Known already, mostly; if it is another reason, the fee rises in a while.
            Err(error) => format!("transaction {} was sent: {error}", signed.hash),
        };
        Ok(open(Some(signed), self.settings.poll_s, words))
    }

    fn spending(&self) -> MutexGuard<'_, Spending> {
        self.spending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn left(&self) -> MutexGuard<'_, Option<Money>> {
        self.money.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outside for EvmClock {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> Kind {
        Kind::Evm
    }

    fn step<'a>(
        &'a self,
        root: &'a Hash,
        state: Option<&'a Value>,
        now: Timestamp,
    ) -> Work<'a, Result<Step, StepError>> {
        Box::pin(async move {
            let state = state.cloned().unwrap_or_default();
            let state = serde_json::from_value(state).map_err(later)?;
            self.go_on(root, state, now).await
        })
    }

    fn money(&self) -> Option<Money> {
        *self.left()
    }
}

/// Why a chain cannot be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file of its spending.
    #[error(transparent)]
    Spending(#[from] FileError),
    /// The address of its node.
    #[error(transparent)]
    Rpc(#[from] crate::client::ClientError),
    /// The key.
    #[error(transparent)]
    Key(#[from] EvmKeyError),
}

#[cfg(test)]
mod tests;
