//! The operator's own way into Bitcoin: a transaction with the root, paid from a key of the node,
//! through a Bitcoin node that the operator runs.
//!
//! A transaction is signed and written down in one step and sent in the next, from then on again
//! and again until it is in a block with enough others on top. A block that goes away in a
//! reorganisation takes the clock back to sending. A fee is raised when nothing happens, and never
//! above the operator's limit.

mod coins;
#[cfg(test)]
pub(super) mod fake;
mod journal;
mod proof;
pub mod rpc;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use bitcoin::{KnownHrp, OutPoint};
use proto::anchor::Kind;
use proto::anchor::bitcoin::BlockHash;
use proto::hash::{Hash, Timestamp};
use proto::limits;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use coins::{CoinError, Purse};

use self::coins::{Coin, Signed};
use self::journal::{Entry, Journal};
use self::rpc::{Rpc, RpcError};
use super::outside::{Cost, Money, Outside, Step, StepError, Work};
use crate::lines::FileError;

/// How many changes back it is looked for money.
const CHANGES: usize = 8;
/// Blocks looked through in one step.
const BLOCKS: u64 = 50;

/// What the config file says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Outputs that pay for anchors, `TXID:OUTPUT`.
    pub funding: Vec<OutPoint>,
    /// Satoshi for a virtual byte: never less.
    pub fee_floor: u64,
    /// Never more.
    pub fee_cap: u64,
    /// Blocks in which a transaction should be mined.
    pub within_blocks: u32,
    /// Blocks without it until its fee is raised.
    pub bump_after: u64,
    /// Blocks on top of it that make it final.
    pub depth: u64,
    /// Seconds between two looks.
    pub poll_s: u64,
}

/// Anchors by transactions of our own.
#[derive(Debug)]
pub struct Transactions {
    rpc: Rpc,
    purse: Purse,
    settings: Settings,
    folder: PathBuf,
    journal: OnceLock<Mutex<Journal>>,
    money: Mutex<Option<Money>>,
}

/// Where a root is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    /// Up to which block it was not found.
    seen: Option<Place>,
    /// The block in which it was found.
    block: Option<Place>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    height: u64,
    hash: String,
}

fn later(error: impl std::fmt::Display) -> StepError {
    StepError::Later(error.to_string())
}

impl Transactions {
    /// The journal lies in the folder of anchors. It is opened by the first step: a command that
    /// only asks which clocks there are must not touch what a running node writes.
    pub fn new(rpc: Rpc, purse: Purse, settings: Settings, folder: PathBuf) -> Transactions {
        let (journal, money) = (OnceLock::new(), Mutex::default());
        Transactions { rpc, purse, settings, folder, journal, money }
    }

    fn open(&self) -> Result<(), FileError> {
        if self.journal.get().is_none() {
            let journal = tokio::task::block_in_place(|| Journal::open(&self.folder))?;
            // The steps of a clock follow each other: nobody else has opened it meanwhile.
            let _ = self.journal.set(Mutex::new(journal));
        }
        Ok(())
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        let journal = self.journal.get().expect("every step opens it first");
        // What it holds in memory changes only after the file.
        journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Signs, or finds what was signed before a crash.
    async fn begin(&self, root: &Hash) -> Result<Step, StepError> {
        let known = self.journal().of(root).pop();
        let entry = match known {
            Some(entry) => entry,
            None if self.journal().is_busy(root) => {
                return Err(StepError::Later("the anchor before waits for its block".to_owned()));
            }
            None => self.sign_anew(root).await?,
        };
        let words = format!("signed, for {} sat", entry.signed.fee);
        Ok(self.open_step(State { seen: None, block: None }, 0, words, &entry.signed))
    }

    async fn sign_anew(&self, root: &Hash) -> Result<Entry, StepError> {
        let coin = self.coin().await?;
        let rate = self.rate().await?;
        let height = self.rpc.height().await.map_err(later)?;
        let signed = self.purse.sign(root, coin, rate).map_err(later)?;
        self.write_down(Entry { root: *root, signed, height })
    }

    fn write_down(&self, entry: Entry) -> Result<Entry, StepError> {
        let left = entry.signed.change().map_or(0, |change| change.sat);
        let (left, per_anchor) = (u128::from(left), u128::from(entry.signed.fee));
        let money = Some(Money { left, per_anchor, unit: "sat" });
        tokio::task::block_in_place(|| self.journal().signed(entry.clone())).map_err(later)?;
        *self.money.lock().unwrap_or_else(PoisonError::into_inner) = money;
        Ok(entry)
    }

    /// The largest coin of the key that is in a block and not spent.
    async fn coin(&self) -> Result<Coin, StepError> {
        let mut places: Vec<OutPoint> =
            self.journal().changes(CHANGES).iter().map(|coin| coin.place).collect();
        places.extend(&self.settings.funding);
        let (mut best, mut waits) = (None::<Coin>, false);
        for place in places {
            let id = place.txid.to_string();
            let unspent = self.rpc.unspent(&id, place.vout).await.map_err(later)?;
            let Some(unspent) = unspent else { continue };
            if unspent.script.hex != self.purse.script().as_bytes() {
                continue;
            }
            if unspent.confirmations == 0 {
                waits = true;
                continue;
            }
            let coin = Coin { place, sat: (unspent.value * 1e8).round() as u64 };
            if best.is_none_or(|best| best.sat < coin.sat) {
                best = Some(coin);
            }
        }
        best.ok_or_else(|| {
            let address = self.purse.address();
            StepError::Later(match waits {
                true => "the money for anchors is not in a block yet".to_owned(),
                false => format!(
                    "there is no money for anchors: send some to {address} and name the output \
                     in the config file (funding)"
                ),
            })
        })
    }

    async fn rate(&self) -> Result<u64, StepError> {
        let rate = self.rpc.fee_rate(self.settings.within_blocks).await.map_err(later)?;
        let (floor, cap) = (self.settings.fee_floor, self.settings.fee_cap);
        Ok(rate.unwrap_or(floor).max(floor).min(cap))
    }

    async fn go_on(&self, root: &Hash, state: &Value) -> Result<Step, StepError> {
        let damaged = || StepError::Refused("the ledger's state cannot be read".to_owned());
        let mut state = State::deserialize(state).map_err(|_| damaged())?;
        let entries = self.journal().of(root);
        let newest = entries.last().ok_or_else(damaged)?;
        let tip = self.rpc.height().await.map_err(later)?;
        let mut words = String::new();
        if let Some(block) = &state.block
            && !self.stands(block, tip).await.map_err(later)?
        {
            words = format!("block {} went away in a reorganisation; ", block.height);
            state = State { seen: None, block: None };
        }
        if state.block.is_none() {
            self.search(&entries, &mut state, tip).await.map_err(later)?;
        }
        let behind = |state: &State| state.seen.as_ref().is_none_or(|seen| seen.height < tip);
        if state.block.is_none() && behind(&state) {
            words += "blocks are looked through";
            return Ok(self.open_step(state, 0, words, &newest.signed));
        }
        let Some(block) = state.block.clone() else {
            let sent = self.send(newest, tip).await?;
            return Ok(self.open_step(state, self.settings.poll_s, words + &sent.0, &sent.1));
        };
        tokio::task::block_in_place(|| self.journal().mined(root)).map_err(later)?;
        let depth = tip.saturating_sub(block.height);
        if depth < self.settings.depth.max(limits::BITCOIN_DEPTH) {
            let words = format!("in Bitcoin block {}, {depth} blocks on top of it", block.height);
            return Ok(self.open_step(state, self.settings.poll_s, words, &newest.signed));
        }
        self.finish(root, &entries, &block).await
    }

    /// Whether a block is still in the best chain.
    async fn stands(&self, place: &Place, tip: u64) -> Result<bool, RpcError> {
        if place.height > tip {
            return Ok(false);
        }
        Ok(self.rpc.hash_at(place.height).await?.to_string() == place.hash)
    }

    /// Looks for the transactions in blocks that were not looked through.
    async fn search(&self, entries: &[Entry], state: &mut State, tip: u64) -> Result<(), RpcError> {
        if let Some(seen) = &state.seen
            && !self.stands(seen, tip).await?
        {
            state.seen = None;
        }
        // A reorganisation may put it below the block that was the last one when it was signed.
        let first = entries.first().map_or(0, |entry| entry.height);
        let after = |seen: &Place| seen.height + 1;
        let from = state.seen.as_ref().map_or(first.saturating_sub(limits::BITCOIN_DEPTH), after);
        for height in from..=tip.min(from.saturating_add(BLOCKS)) {
            let hash = self.rpc.hash_at(height).await?;
            let block = self.rpc.block(hash).await?;
            let place = Place { height, hash: hash.to_string() };
            if entries.iter().any(|entry| block.transactions.contains(&id(&entry.signed))) {
                state.block = Some(place);
                return Ok(());
            }
            state.seen = Some(place);
        }
        Ok(())
    }

    /// Sends the newest transaction, or one that pays more. What happened, in words.
    async fn send(&self, newest: &Entry, tip: u64) -> Result<(String, Signed), StepError> {
        let mut entry = newest.clone();
        let stuck = tip.saturating_sub(entry.height) >= self.settings.bump_after;
        let mut words = String::from("sent");
        if stuck && let Some(dearer) = self.dearer(&entry, tip).await? {
            entry = self.write_down(dearer)?;
            words = "sent again with a higher fee".to_owned();
        }
        match self.rpc.send(&entry.signed.to_hex()).await {
            Ok(()) => {}
            Err(RpcError::Refused { message, .. }) if message.contains("already") => {}
            Err(RpcError::Refused { message, .. }) if is_spent(&message) => {
                // Its coin is gone, in a reorganisation or because the key was used elsewhere.
                entry = self.sign_anew(&entry.root).await?;
                words = "signed again, because its coin is gone".to_owned();
            }
            Err(error) => return Err(later(error)),
        }
        let (fee, rate) = (entry.signed.fee, entry.signed.rate());
        Ok((format!("{words}, for {fee} sat ({rate} for a byte)"), entry.signed))
    }

    /// The same transaction with a higher fee, if that is allowed.
    async fn dearer(&self, entry: &Entry, tip: u64) -> Result<Option<Entry>, StepError> {
        let old = entry.signed.rate();
        // Nodes take a replacement that pays for its own way once more (BIP 125, rule 4).
        let least = old + (old / 4).max(1);
        let rate = self.rate().await?.max(least).min(self.settings.fee_cap);
        let Some(coin) = entry.signed.spent().filter(|_| rate >= least) else { return Ok(None) };
        let signed = self.purse.sign(&entry.root, coin, rate).map_err(later)?;
        Ok(Some(Entry { root: entry.root, signed, height: tip }))
    }

    async fn finish(
        &self,
        root: &Hash,
        entries: &[Entry],
        place: &Place,
    ) -> Result<Step, StepError> {
        let moved = || StepError::Later("the block with the root changed meanwhile".to_owned());
        let hash = BlockHash::from_shown(&place.hash).ok_or_else(moved)?;
        let block = self.rpc.block(hash).await.map_err(later)?;
        let mined = entries.iter().find(|it| block.transactions.contains(&id(&it.signed)));
        let mined = mined.ok_or_else(moved)?;
        let file = proof::build(root, &mined.signed, &block, place.height);
        let file = file.ok_or_else(moved)?;
        let file = file.map_err(|e| StepError::Refused(e.to_string()))?;
        let words = format!("in Bitcoin block {}, by our own transaction", place.height);
        Ok(Step::Done { evidence: file.to_bytes(), words, cost: Some(cost(&mined.signed)) })
    }

    fn open_step(&self, state: State, again_s: u64, words: String, signed: &Signed) -> Step {
        let state = serde_json::to_value(&state).unwrap_or_default();
        Step::Open { state, again_s, words, cost: Some(cost(signed)) }
    }
}

fn cost(signed: &Signed) -> Cost {
    Cost { amount: signed.fee.into(), unit: "sat" }
}

fn id(signed: &Signed) -> [u8; 32] {
    use bitcoin::hashes::Hash as _;
    signed.transaction.compute_txid().to_byte_array()
}

/// The words of Bitcoin Core for a coin that is not there.
fn is_spent(message: &str) -> bool {
    ["missingorspent", "Missing inputs", "inputs-spent"].iter().any(|it| message.contains(it))
}

/// The network of addresses.
pub fn hrp(network: proto::anchor::clocks::Network) -> KnownHrp {
    match network {
        proto::anchor::clocks::Network::Main => KnownHrp::Mainnet,
        proto::anchor::clocks::Network::Regtest => KnownHrp::Regtest,
    }
}

impl Outside for Transactions {
    fn name(&self) -> &str {
        "bitcoin"
    }

    fn kind(&self) -> Kind {
        Kind::Bitcoin
    }

    fn step<'a>(
        &'a self,
        root: &'a Hash,
        state: Option<&'a Value>,
        _now: Timestamp,
    ) -> Work<'a, Result<Step, StepError>> {
        Box::pin(async move {
            self.open().map_err(later)?;
            match state {
                None => self.begin(root).await,
                Some(state) => self.go_on(root, state).await,
            }
        })
    }

    fn money(&self) -> Option<Money> {
        *self.money.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
