//! `issuer contain|reinstate`: the administration key's word over many documents at once.
//!
//! The log is read from any node that has it and replayed. An entry is dated by the snapshots
//! around its round, and counts as signed in a time if its round touches that time: in an emergency
//! a batch too many can be reinstated, one too few cannot be called back. The retirement goes first
//! and the log is read again after it, so that nothing slips in between.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use proto::federation::{Authority, Federation};
use proto::hash::{StatusIndex, Timestamp};
use proto::ledger::ranges::{portions, ranges};
use proto::ledger::reading::{Issued, Replay};
use proto::ledger::revocation::Signer;
use proto::ledger::{Issuer, IssuerState, Place, RevocationStatement, StatusState};
use proto::note::SigningKey;
use proto::time::{moment, utc};

use super::copies::{Copy, Taken, copies, read};
use super::{IssuerError, authority_by_name, federation, key_of};
use crate::args::emergency::{Contain, Reinstate, Scope, Withdrawn};
use crate::commands::{CommandError, Output, plain};

/// What is to happen to which status indexes.
struct Task {
    signer: Signer,
    state: StatusState,
    /// Time of issue, or status indexes.
    which: Which,
}

enum Which {
    Time(Timestamp, Timestamp),
    Ranges(Vec<(u64, u64)>),
}

/// The log and the office in it.
struct Case<'a> {
    scope: &'a Scope,
    federation: &'a Federation,
    authority: &'a Authority,
    copies: Vec<Copy>,
}

pub(super) fn contain(args: &Contain, out: &mut Output<'_>) -> Result<(), CommandError> {
    let state = match args.state {
        Withdrawn::Suspended => StatusState::Suspended,
        Withdrawn::Revoked => StatusState::Revoked,
    };
    let which = span(&args.from, args.to.as_deref())?;
    let task = Task { signer: Signer::Administration, state, which };
    let federation = federation::read(&args.scope.federation)?;
    let case = Case::new(&args.scope, &federation)?;
    let replay = case.read()?;
    let issuer = case.issuer(&replay)?;
    case.show(&issuer, &replay, &task, out);
    if args.list_only {
        return Ok(());
    }
    if !issuer.retired {
        out.line("to do: retire this office for good");
    }
    show_plan(&plan(&replay, &issuer, &task), &task, out);
    if !args.scope.yes {
        out.line("nothing was signed; to do it add --yes");
        return Ok(());
    }
    let key = key_of(args.scope.key.as_deref(), case.authority)?;
    let mut open = Vec::new();
    if !issuer.retired {
        open.extend(case.retire(&issuer, &key, out)?);
    }
    // What was entered until the retirement counts, too.
    let replay = case.read()?;
    let issuer = case.issuer(&replay)?;
    open.extend(case.carry_out(&replay, &issuer, &task, &key, out)?);
    finished(&open)
}

pub(super) fn reinstate(args: &Reinstate, out: &mut Output<'_>) -> Result<(), CommandError> {
    let signer = if args.last_word { Signer::LastWord } else { Signer::Administration };
    let which = match &args.from {
        Some(from) => span(from, args.to.as_deref())?,
        None => Which::Ranges(status_ranges(&args.status)?),
    };
    let task = Task { signer, state: StatusState::Valid, which };
    let federation = federation::read(&args.scope.federation)?;
    let case = Case::new(&args.scope, &federation)?;
    let replay = case.read()?;
    let issuer = case.issuer(&replay)?;
    case.show(&issuer, &replay, &task, out);
    show_plan(&plan(&replay, &issuer, &task), &task, out);
    if !args.scope.yes {
        out.line("nothing was signed; to do it add --yes");
        return Ok(());
    }
    let key = key_of(args.scope.key.as_deref(), case.authority)?;
    finished(&case.carry_out(&replay, &issuer, &task, &key, out)?)
}

fn finished(open: &[String]) -> Result<(), CommandError> {
    if open.is_empty() {
        return Ok(());
    }
    Err(IssuerError::NotPublished { what: open.join("; ") }.into())
}

impl<'a> Case<'a> {
    fn new(scope: &'a Scope, federation: &'a Federation) -> Result<Case<'a>, CommandError> {
        let authority = authority_by_name(federation, &scope.authority)?;
        let own = scope.node.as_deref().unwrap_or(&authority.url);
        Ok(Case { scope, federation, authority, copies: copies(federation, authority, own) })
    }

    fn read(&self) -> Result<Replay, CommandError> {
        read(self.federation, self.authority, &self.copies)
    }

    fn issuer(&self, replay: &Replay) -> Result<IssuerState, CommandError> {
        let name = &self.scope.issuer;
        let by_name = replay.state.issuers().find(|issuer| issuer.name == *name);
        let id = name.parse::<u64>().ok();
        let found = by_name.or_else(|| replay.state.issuers().find(|i| Some(i.id.0) == id));
        Ok(found.cloned().ok_or_else(|| IssuerError::NoSuchIssuer { name: name.clone() })?)
    }

    fn place(&self) -> Place<'_> {
        Place { federation: self.federation.id(), origin: self.authority.origin() }
    }

    /// What the office has issued in the time.
    fn show(&self, issuer: &IssuerState, replay: &Replay, task: &Task, out: &mut Output<'_>) {
        let (name, authority) = (plain(&issuer.name), &self.authority.display_name);
        let state = if issuer.retired { "retired" } else { "in force" };
        let (id, entry) = (issuer.id, issuer.entry);
        out.line(&format!("{name} of {authority}: id {id}, {state} by entry {entry}"));
        let size = replay.state.size().0;
        out.line(&format!("log of {size} entries, as of {}", utc(replay.state.last_time())));
        let (mut batches, mut places) = (0u64, 0u64);
        for batch in replay.batches.iter().filter(|batch| task.touches(issuer, batch)) {
            batches += 1;
            places += batch.width;
            let last = batch.first_status.0 + batch.width - 1;
            out.line(&format!(
                "batch {}  entered {} to {}  status {} to {last}  key {}",
                batch.index,
                utc(batch.after),
                utc(batch.before),
                batch.first_status,
                hex::encode(batch.key)
            ));
        }
        out.line(&format!("{batches} batches with {places} places for documents"));
    }

    /// Retires the office; what is not published yet.
    fn retire(
        &self,
        issuer: &IssuerState,
        key: &SigningKey,
        out: &mut Output<'_>,
    ) -> Result<Option<String>, CommandError> {
        let entry = Issuer::retire(&self.place(), issuer, key).map_err(IssuerError::Signing)?;
        let own = self.copies.first().ok_or(IssuerError::NoCopy)?;
        Ok(match own.retire(&entry.to_bytes())? {
            Taken::Published(index) => {
                out.line(&format!("retired by entry {index}; it issues nothing more"));
                None
            }
            Taken::Held => Some("the retirement is taken and not yet published".to_owned()),
            Taken::Not(why) => {
                Some(format!("the authority's node does not take the retirement: {why}"))
            }
        })
    }

    /// Signs and sends; what is not published yet.
    fn carry_out(
        &self,
        replay: &Replay,
        issuer: &IssuerState,
        task: &Task,
        key: &SigningKey,
        out: &mut Output<'_>,
    ) -> Result<Vec<String>, CommandError> {
        let mut sequence = issuer.last_sequence(task.signer);
        let (mut open, plan) = (Vec::new(), plan(replay, issuer, task));
        for portion in portions(&ranges(plan.changing.iter().copied()), false) {
            sequence += 1;
            let (signer, state) = (task.signer, task.state);
            let statement = RevocationStatement::new(issuer.id, sequence, signer, state, portion)
                .map_err(IssuerError::Entry)?;
            let count = statement.documents();
            let entry = statement.sign(&self.place(), key).map_err(IssuerError::Signing)?;
            open.extend(self.send(&entry.to_bytes(), sequence, count, out)?);
        }
        Ok(open)
    }

    /// Hands an entry to every node; the first is the one that publishes it.
    fn send(
        &self,
        entry: &[u8],
        sequence: u64,
        count: u64,
        out: &mut Output<'_>,
    ) -> Result<Option<String>, CommandError> {
        let (mut published, mut held, mut said) = (None, 0, Vec::new());
        // Those that hold the log to it come first: then it cannot be kept back.
        for copy in self.copies.iter().rev() {
            let name = &copy.name;
            said.push(match copy.revoke(entry)? {
                Taken::Published(index) => {
                    published = Some(index);
                    format!("{name}: entered at {index}")
                }
                Taken::Held => {
                    held += 1;
                    format!("{name}: held")
                }
                Taken::Not(why) => format!("{name}: {why}"),
            });
        }
        said.reverse();
        out.line(&format!("entry number {sequence} over {count} places: {}", said.join("; ")));
        Ok(published.is_none().then(|| {
            format!(
                "entry number {sequence} is not published yet; {held} nodes have it, and confirm \
                 no checkpoint of this log that leaves it out for long"
            )
        }))
    }
}

/// What changes, by the state that it has.
struct Plan {
    changing: Vec<u64>,
    from: BTreeMap<&'static str, u64>,
    /// Those that are final.
    left: u64,
}

fn plan(replay: &Replay, issuer: &IssuerState, task: &Task) -> Plan {
    let mut plan = Plan { changing: Vec::new(), from: BTreeMap::new(), left: 0 };
    for (first, last) in task.spans(replay, issuer) {
        for index in first..=last {
            let Some(from) = replay.state.status().state(StatusIndex(index)) else { continue };
            if from == task.state {
                continue;
            }
            if task.signer.may_change(from, task.state) {
                plan.changing.push(index);
                *plan.from.entry(from.word()).or_default() += 1;
            } else {
                plan.left += 1;
            }
        }
    }
    plan
}

fn show_plan(plan: &Plan, task: &Task, out: &mut Output<'_>) {
    let from: Vec<String> = plan.from.iter().map(|(word, n)| format!("{n} {word}")).collect();
    let from = if from.is_empty() { "none".to_owned() } else { from.join(", ") };
    let (state, left) = (task.state.word(), plan.left);
    out.line(&format!("to do: {state}, places now: {from}; {left} are final and stay"));
}

impl Task {
    fn touches(&self, issuer: &IssuerState, batch: &Issued) -> bool {
        let last = batch.first_status.0 + batch.width - 1;
        batch.issuer == issuer.id
            && match &self.which {
                Which::Time(from, to) => batch.before >= *from && batch.after <= *to,
                Which::Ranges(all) => {
                    all.iter().any(|(a, b)| *a <= last && *b >= batch.first_status.0)
                }
            }
    }

    /// The status indexes that are meant, all of them this office's.
    fn spans(&self, replay: &Replay, issuer: &IssuerState) -> Vec<(u64, u64)> {
        let mut spans = Vec::new();
        for batch in replay.batches.iter().filter(|batch| self.touches(issuer, batch)) {
            let (first, last) = (batch.first_status.0, batch.first_status.0 + batch.width - 1);
            match &self.which {
                Which::Time(..) => spans.push((first, last)),
                Which::Ranges(all) => {
                    let inside = all.iter().map(|(a, b)| ((*a).max(first), (*b).min(last)));
                    spans.extend(inside.filter(|(a, b)| a <= b));
                }
            }
        }
        spans
    }
}

fn span(from: &str, to: Option<&str>) -> Result<Which, IssuerError> {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
    let end = to.map_or_else(|| Some(Timestamp(now())), |to| moment(to, true));
    match (moment(from, false), end) {
        (Some(start), Some(end)) if start <= end => Ok(Which::Time(start, end)),
        _ => Err(IssuerError::BadSpan { what: format!("{from} to {}", to.unwrap_or("now")) }),
    }
}

fn status_ranges(status: &[u64]) -> Result<Vec<(u64, u64)>, IssuerError> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    let mut pairs: Vec<&[u64]> = status.chunks(2).collect();
    pairs.sort();
    for pair in pairs {
        match *pair {
            // Apart from each other, so that no index is meant twice.
            [first, last] if first <= last && ranges.last().is_none_or(|(_, b)| *b < first) => {
                ranges.push((first, last));
            }
            _ => return Err(IssuerError::BadSpan { what: format!("--status {pair:?}") }),
        }
    }
    Ok(ranges)
}
