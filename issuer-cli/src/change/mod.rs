//! `beleg-issuer revoke|suspend|reinstate|supersede`: documents get another status.
//!
//! The steps of a call: finish what an earlier one has begun; find the documents in the journal;
//! judge each by the status list that a quorum vouches for; make ranges and entries of them, sign
//! these and write them down; send them. Up to the signing nothing is changed anywhere.

pub mod approve;
pub mod cover;
pub mod judge;
pub mod order;
pub mod outcome;
pub mod proposal;
pub mod reason;
pub mod send;
pub mod want;

use crate::args::change::Change;
use crate::book::Book;
use crate::book::line::Approval;
use crate::client::IssuerRow;
use crate::ledger::{Ledger, LedgerError, Source};
use crate::office::Office;
use crate::outcome::Why;
use crate::reach::sources;
use crate::run::{RunError, now};
use crate::select::Drawer;
use crate::watch::Watch;
use cover::{CoverError, noise};
use judge::{Item, Judge, Judged};
use order::{Open, Orders};
use outcome::{Changed, Fate, Line};
use proposal::ProposalError;
use proto::hash::LeafIndex;
use proto::ledger::cover::{BatchShape, Cover};
use proto::ledger::reading::{ReadingError, Replay};
use proto::ledger::{Revocation, StatusState};
use proto::limits::ALONE_DOCUMENTS;
use proto::note::KeyError;
use proto::status_list::VerifiedStatusList;
use send::{SendError, Way};
use std::collections::BTreeMap;
use want::Asked;

/// A node that claims a number so far beyond the journal's is not believed: numbers are used up.
const LEAP: u64 = 1 << 32;

/// Why no status can be changed at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Cover(#[from] CoverError),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Proposal(#[from] ProposalError),
    #[error("The change cannot be signed: {0}")]
    Key(#[from] KeyError),
    #[error("The log cannot be read: {0}")]
    Log(#[from] ReadingError),
    #[error("The node says that this office's last change has number {said}, which cannot be.")]
    Leap { said: u64 },
}

impl ChangeError {
    /// What a person can do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            ChangeError::Ledger(_) => "Nothing was sent. Run this again when a node is back.",
            ChangeError::Log(_) => "Nothing was sent. Update this program, or call the authority.",
            ChangeError::Leap { .. } => "Nothing was sent. Call the authority.",
            ChangeError::Send(_) => "Check the disk, then run `beleg-issuer resume`.",
            ChangeError::Proposal(error) => error.next_step(),
            ChangeError::Cover(_) | ChangeError::Key(_) => "Nothing was sent. Run this again.",
        }
    }

    /// The exit code.
    pub fn exit(&self) -> u8 {
        match self {
            ChangeError::Ledger(_) => 3,
            ChangeError::Proposal(error) => error.exit(),
            _ => 2,
        }
    }
}

/// A call's surroundings: the office, its log, and what the journal knows.
pub struct Counter<'a> {
    pub office: Office,
    pub sources: Vec<Source>,
    pub orders: Orders,
    pub watch: &'a dyn Watch,
    /// The office's issuer as its log has it.
    pub row: IssuerRow,
}

/// Changes the status of documents.
pub fn change(
    args: &Change,
    state: StatusState,
    by: Option<&str>,
    watch: &dyn Watch,
) -> Result<Changed, RunError> {
    let mut changed = Changed::default();
    let asked = want::asked(args, state, by, &mut changed.refusals);
    let mut counter = Counter::at(&args.how.dir, watch)?;
    if !args.how.dry_run {
        counter.finish_open(&mut changed)?;
    }
    let list = counter.status_list()?;
    let judged = counter.judge(&asked, &list, &mut changed)?;
    let alone = judged.items.len() <= ALONE_DOCUMENTS;
    if changed.exit() == 1 {
        return Ok(changed);
    }
    if args.how.dry_run || args.how.propose.is_some() {
        counter.plan(&asked, &judged, &list, &mut changed)?;
        if let Some(path) = &args.how.propose {
            let written = proposal::write(path, &counter, state, &judged);
            changed.notes.push(written.map_err(ChangeError::from)?);
        } else if !alone {
            changed.notes.push(format!(
                "These are more than {ALONE_DOCUMENTS} documents: a second person must approve. \
                 Use --propose FILE."
            ));
        }
        return Ok(changed);
    }
    if !alone {
        changed.refusals.push(Why::new(
            "needs-second-person",
            format!(
                "These are {} documents; more than {ALONE_DOCUMENTS} at once need a second person. \
                 Write a proposal with --propose FILE and let that person run `beleg-issuer \
                 approve`.",
                judged.items.len()
            ),
        ));
        return Ok(changed);
    }
    counter.carry_out(&asked, judged, &list, None, &mut changed)?;
    Ok(changed)
}

/// Finishes what earlier calls have begun.
pub fn resume(dir: &std::path::Path, watch: &dyn Watch) -> Result<Changed, RunError> {
    let mut changed = Changed::default();
    // A look first: most offices have nothing open, and then no node is asked.
    if order::read_orders(dir)?.open.is_empty() {
        return Ok(changed);
    }
    Counter::at(dir, watch)?.finish_open(&mut changed)?;
    Ok(changed)
}

impl Counter<'_> {
    /// Opens an office to change something.
    pub fn at<'a>(dir: &std::path::Path, watch: &'a dyn Watch) -> Result<Counter<'a>, RunError> {
        let mut office = Office::open(dir)?;
        if office.federation.is_expired(now()) {
            return Err(RunError::FederationExpired);
        }
        let sources = sources(&office)?;
        let rows = match sources[0].client.issuers(watch) {
            Ok(rows) => rows,
            // The authority's node is away: the others' copies of the log tell the same.
            Err(away) => replayed(&office, &sources)?.ok_or(RunError::Client(away))?,
        };
        let (_, row) = office.key_in_force(&rows)?;
        // Cuts off an order that a crash has left half written: nothing of it was sent.
        Book::open(&office.folder)?;
        let orders = order::read_orders(&office.folder)?;
        if row.sequence > orders.sequence.saturating_add(LEAP) {
            return Err(ChangeError::Leap { said: row.sequence }.into());
        }
        Ok(Counter { office, sources, orders, watch, row })
    }

    fn ledger(&self) -> Ledger<'_> {
        let (federation, origin) = (&self.office.federation, self.office.authority.origin());
        Ledger { federation, origin, sources: &self.sources }
    }

    /// The state of every document of the log.
    pub fn status_list(&self) -> Result<VerifiedStatusList, RunError> {
        Ok(self.ledger().status_list().map_err(ChangeError::from)?)
    }

    /// Judges a call by the journal and the ledger.
    pub fn judge(
        &self,
        asked: &Asked,
        list: &VerifiedStatusList,
        changed: &mut Changed,
    ) -> Result<Judged, RunError> {
        let judge = Judge { office: &self.office, row: &self.row, tree: list.tree() };
        Ok(judge.judge(asked, changed)?)
    }

    fn entries(
        &self,
        state: StatusState,
        judged: &Judged,
        list: &VerifiedStatusList,
    ) -> Result<Vec<Revocation>, ChangeError> {
        let documents: BTreeMap<u64, _> =
            judged.items.iter().map(|(status, item)| (*status, item.pointer)).collect();
        let shape = |(first, drawer): (&u64, &Drawer)| {
            (*first, BatchShape { width: drawer.width, documents: drawer.documents })
        };
        let batches = judged.selection.batches.iter().map(shape).collect();
        let cover = Cover {
            state,
            documents: &documents,
            unchanged: &judged.unchanged,
            batches: &batches,
            tree: list.tree(),
        };
        let first = self.orders.sequence.max(self.row.sequence) + 1;
        let statements = cover.statements(LeafIndex(self.row.id), first, &mut noise)?;
        let place = self.office.place();
        let sign = |statement: proto::ledger::RevocationStatement| {
            statement.sign(&place, self.office.key())
        };
        Ok(statements.into_iter().map(sign).collect::<Result<_, _>>()?)
    }

    /// Says what would change.
    pub fn plan(
        &self,
        asked: &Asked,
        judged: &Judged,
        list: &VerifiedStatusList,
        changed: &mut Changed,
    ) -> Result<(), RunError> {
        let entries = self.entries(asked.state, judged, list)?;
        let planned = |item: &Item| Line {
            fate: Fate::Planned,
            name: item.name.clone(),
            status: Some(item.status),
            from: Some(item.from),
            to: asked.state,
            index: None,
            why: None,
        };
        changed.lines.extend(judged.items.values().map(planned));
        let ranges: usize = entries.iter().map(|entry| entry.statement.ranges().len()).sum();
        changed.notes.push(format!(
            "{} documents would change, by {} entries with {ranges} ranges in all; states as of \
             {}.",
            judged.items.len(),
            entries.len(),
            proto::time::utc(list.time())
        ));
        Ok(())
    }

    /// Signs, writes down, sends.
    pub fn carry_out(
        &mut self,
        asked: &Asked,
        judged: Judged,
        list: &VerifiedStatusList,
        approval: Option<Approval>,
        changed: &mut Changed,
    ) -> Result<(), RunError> {
        if judged.items.is_empty() {
            return Ok(());
        }
        let entries = self.entries(asked.state, &judged, list)?;
        let mut book = Book::open(&self.office.folder)?;
        let key = self.row.key;
        let items = &judged.items;
        order::write(&mut book, asked.state, items, &entries, key, approval, now())?;
        self.orders = order::read_orders(&self.office.folder)?;
        let before = changed.lines.len();
        let named = items.iter().map(|(status, item)| (*status, item.name.clone())).collect();
        self.send(&mut book, &named, changed)?;
        for line in &mut changed.lines[before..] {
            line.from = line.status.and_then(|status| items.get(&status)).map(|item| item.from);
        }
        Ok(())
    }

    /// Takes what is open to its end.
    pub fn finish_open(&mut self, changed: &mut Changed) -> Result<(), RunError> {
        if self.orders.open.is_empty() {
            return Ok(());
        }
        let named = order::documents(&self.office.folder, &self.orders.open)?;
        let mut book = Book::open(&self.office.folder)?;
        self.send(&mut book, &named, changed)
    }

    fn send(
        &mut self,
        book: &mut Book,
        named: &BTreeMap<u64, String>,
        changed: &mut Changed,
    ) -> Result<(), RunError> {
        let open: Vec<Open> = std::mem::take(&mut self.orders.open);
        let way = Way {
            place: self.office.place(),
            ledger: self.ledger(),
            key: self.office.key(),
            row: &self.row,
            home: &self.office.authority.operator,
            watch: self.watch,
            now,
        };
        let sent = way.finish(book, open, self.orders.sequence, named, changed);
        sent.map_err(ChangeError::from)?;
        self.orders = order::read_orders(&self.office.folder)?;
        Ok(())
    }
}

/// The office's issuer from any copy of the log; none if it is not in it.
fn replayed(office: &Office, sources: &[Source]) -> Result<Option<Vec<IssuerRow>>, RunError> {
    let (federation, origin) = (&office.federation, office.authority.origin());
    let Some(rules) = federation.rules_for(origin) else { return Ok(None) };
    let Ok(entries) = (Ledger { federation, origin, sources }).entries() else { return Ok(None) };
    let replay = Replay::of(&rules, &entries).map_err(ChangeError::from)?;
    let row = |issuer: &proto::ledger::IssuerState| IssuerRow {
        index: issuer.entry.0,
        id: issuer.id.0,
        key: issuer.key,
        scope: issuer.scope.clone(),
        retired: issuer.retired,
        in_force: !issuer.retired,
        sequence: issuer.sequence,
    };
    Ok(Some(replay.state.issuers().map(row).collect()))
}

#[cfg(test)]
mod tests;
