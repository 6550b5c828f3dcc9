//! What each command does, without printing and without ending the process.

use crate::args;
use crate::audit::AuditError;
use crate::book::{Book, BookError};
use crate::change::ChangeError;
use crate::client::{Client, ClientError, IssuerRow, SetupError};
use crate::collect::{self, Collection, Rules};
use crate::counts::CompareError;
use crate::durable;
use crate::finish::{self, Desk, FinishError};
use crate::journal::Journal;
use crate::list::{self, List};
use crate::office::{self, Founding, Office, OfficeError};
use crate::outcome::{Outcome, Outcomes, State, Why};
use crate::plan::{self, Claims, Plan, PlanError};
use crate::prepare::{self, PrepareError, Seat};
use crate::reach::connect;
use crate::settings::Settings;
use crate::sheet::SheetCallError;
use crate::watch::Watch;
use proto::hash::{LeafIndex, Timestamp};
use proto::time::Date;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{self, Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use verifier::input::{InputError, Stamp};

/// Why a command could not be carried out at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    #[error(transparent)]
    Office(#[from] OfficeError),
    #[error("The folders to watch cannot be used: {0}.")]
    Folders(io::Error),
    #[error("No unit is named.")]
    NoUnit,
    #[error("{}: {why}.", verifier::shown::path(.path))]
    CaFile { path: PathBuf, why: InputError },
    #[error("The settings cannot be used: {0}.")]
    Setup(#[from] SetupError),
    #[error("The batches in the office's folder cannot be read or written: {0}.")]
    Journal(io::Error),
    #[error("{}: {why}.", verifier::shown::path(.path))]
    Plan { path: PathBuf, why: PlanError },
    #[error(transparent)]
    Book(#[from] BookError),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    #[error(transparent)]
    Sheet(#[from] SheetCallError),
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error("The federation file has expired.")]
    FederationExpired,
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl RunError {
    /// What a person can do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            RunError::Office(error) => error.next_step(),
            RunError::Folders(_) => {
                "Check that they are there, on one disk, and may be read and written."
            }
            RunError::NoUnit => "Add --unit, or name a unit in issuer.toml.",
            RunError::CaFile { .. } | RunError::Setup(_) => "Mend it in issuer.toml.",
            RunError::Journal(_) => "Check the disk and the rights on the folder; run this again.",
            RunError::Audit(_) => {
                "Nothing was compared. Run this again; if it stays, call the authority."
            }
            RunError::Book(_) => "Put the folder journal back from one backup, whole; check it.",
            RunError::Plan { .. } => {
                "Put it back from a backup. Do not delete it: it holds what its receipts need."
            }
            RunError::Client(ClientError::NotANode(_) | ClientError::Refused { .. }) => {
                "Check the node's address in issuer.toml or in the federation file."
            }
            RunError::Client(_) => "Nothing was sent. Run this again when the node is back.",
            RunError::Prepare(_) => "Nothing was sent. Run this again.",
            RunError::Sheet(error) => error.next_step(),
            RunError::Compare(_) => "Name a table with the column reference, or day and count.",
            RunError::Change(error) => error.next_step(),
            RunError::FederationExpired => "Get the newest federation file from your authority.",
        }
    }

    /// The exit code.
    pub fn exit(&self) -> u8 {
        match self {
            RunError::Client(_) | RunError::Audit(_) => 3,
            RunError::Change(error) => error.exit(),
            _ => 2,
        }
    }
}

/// The system's clock.
pub fn now() -> Timestamp {
    // A clock before 1970 reads as 0, and every time-stamp is then "later than the clock".
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs()))
}

/// Makes an office; what to say about it.
pub fn init(args: &args::Init) -> Result<Vec<String>, RunError> {
    office::found(&Founding {
        folder: &args.dir,
        name: &args.name,
        types: &args.types,
        authority: &args.authority,
        federation: &args.federation,
    })?;
    let folder = verifier::shown::path(&args.dir);
    Ok(vec![
        format!("Made the office's key and settings in {folder}."),
        format!(
            "Hand {folder}/{} to the authority's administrator to be admitted.",
            office::REQUEST
        ),
    ])
}

/// Makes a new key; what to say about it.
pub fn rotate(args: &args::Rotate, watch: &dyn Watch) -> Result<Vec<String>, RunError> {
    let mut office = Office::open(&args.dir)?;
    let rows = connect(&office)?.issuers(watch)?;
    office.rotate(&rows)?;
    let mut book = Book::open(&office.folder)?;
    for key in office.public_keys() {
        book.know_key(&key, now())?;
    }
    let folder = verifier::shown::path(&args.dir);
    Ok(vec![
        format!("Made a new key; the old one signs until the new one is admitted."),
        format!("Hand {folder}/{} to the authority's administrator.", office::REQUEST),
    ])
}

/// Finishes what waits.
pub fn resume(args: &args::Resume, watch: &dyn Watch) -> Result<Outcomes, RunError> {
    let mut office = Office::open(&args.dir)?;
    let journal = Journal::open(&office.folder).map_err(RunError::Journal)?;
    let mut outcomes = Outcomes::default();
    let plans = waiting(&journal)?;
    if !plans.is_empty() {
        let client = connect(&office)?;
        let rows = client.issuers(watch)?;
        finish_all(&mut office, &client, &rows, &journal, plans, false, watch, &mut outcomes)?;
    }
    Ok(outcomes)
}

/// Issues documents, after finishing what waits.
pub fn issue(args: &args::Issue, watch: &dyn Watch) -> Result<Outcomes, RunError> {
    let mut office = Office::open(&args.dir)?;
    let claims = Arc::new(claims(args, &office.settings)?);
    let journal = Journal::open(&office.folder).map_err(RunError::Journal)?;
    let mut outcomes = Outcomes::default();
    let left = waiting(&journal)?;
    if args.dry_run {
        let none = BTreeSet::new();
        let documents = collect(args, &claims, &office.settings, &none, watch, &mut outcomes);
        judge(args, &claims, &office.settings.types, documents, &mut outcomes);
        return Ok(outcomes);
    }
    if office.federation.is_expired(now()) {
        return Err(RunError::FederationExpired);
    }
    let client = connect(&office)?;
    if !left.is_empty() {
        let rows = client.issuers(watch)?;
        finish_all(&mut office, &client, &rows, &journal, left, false, watch, &mut outcomes)?;
    }
    // What was finished just now has its receipt and is no longer asked for.
    let finished: BTreeSet<PathBuf> = outcomes.documents.iter().map(|o| o.path.clone()).collect();
    let documents = collect(args, &claims, &office.settings, &finished, watch, &mut outcomes);
    if outcomes.refusals.is_empty()
        && documents.candidates.is_empty()
        && documents.faults.is_empty()
        && !finished.is_empty()
    {
        return Ok(outcomes);
    }
    let candidates = judge(args, &claims, &office.settings.types, documents, &mut outcomes);
    let Some(candidates) = candidates else { return Ok(outcomes) };

    let rows = client.issuers(watch)?;
    let place = (office.federation.id(), office.authority.origin().to_owned());
    let (key, row) = office.key_in_force(&rows)?;
    let foreign = candidates.iter().find(|c| !row.scope.contains(&c.claims.document_type));
    if let Some(foreign) = foreign {
        let why = not_allowed(&foreign.claims.document_type, &row.scope);
        refuse_all(&mut outcomes, candidates, why);
        return Ok(outcomes);
    }
    let Some(candidates) = still_the_same(candidates, &mut outcomes) else { return Ok(outcomes) };
    let seat = Seat { federation: place.0, origin: &place.1, issuer: LeafIndex(row.index), key };
    let mut plans = Vec::new();
    let mut rest = candidates.into_iter().peekable();
    while rest.peek().is_some() {
        let part = rest.by_ref().take(plan::DOCUMENTS).collect();
        let mut plan = prepare::plan(part, &seat, now())?;
        plan.head.embed = args.embed;
        journal.put(&plan).map_err(RunError::Journal)?;
        plans.push(plan);
    }
    finish_all(&mut office, &client, &rows, &journal, plans, true, watch, &mut outcomes)?;
    Ok(outcomes)
}

/// The plans that earlier runs have left.
pub(crate) fn waiting(journal: &Journal) -> Result<Vec<Plan>, RunError> {
    let read = |path: PathBuf| Plan::read(&path).map_err(|why| RunError::Plan { path, why });
    journal.waiting().map_err(RunError::Journal)?.into_iter().map(read).collect()
}

#[expect(clippy::too_many_arguments, reason = "each is one thing, and they meet only here")]
pub(crate) fn finish_all(
    office: &mut Office,
    client: &Client,
    rows: &[IssuerRow],
    journal: &Journal,
    plans: Vec<Plan>,
    fresh: bool,
    watch: &dyn Watch,
    outcomes: &mut Outcomes,
) -> Result<(), RunError> {
    let federation = office.federation.clone();
    let origin = office.authority.origin().to_owned();
    let place = proto::ledger::Place { federation: federation.id(), origin: &origin };
    let seat = match office.key_in_force(rows) {
        Err(error @ (OfficeError::Retired | OfficeError::NotAdmitted)) => Err(error),
        seat => Ok(seat?),
    };
    let seat = seat.as_ref().map(|(key, row)| (*key, row));
    let federation = &federation;
    let book = RefCell::new(Book::open(journal.office())?);
    let book = &book;
    let desk = Desk { client, journal, book, federation, place, seat, watch, now };
    for mut plan in plans {
        match finish::finish(&desk, &mut plan, fresh) {
            Ok(mut finished) => outcomes.documents.append(&mut finished),
            Err(error) => {
                let why = unfinished(&error);
                let wait = |path: PathBuf| Outcome::new(State::Waiting, path, Some(why.clone()));
                let paths = plan.documents.into_iter().map(|document| document.path);
                outcomes.documents.extend(paths.map(wait));
            }
        }
    }
    Ok(())
}

fn unfinished(error: &FinishError) -> Why {
    let sentence = format!("{error} Nothing is lost; run `beleg-issuer resume` to finish it.");
    Why::new(error.code(), sentence)
}

fn claims(args: &args::Issue, settings: &Settings) -> Result<Claims, RunError> {
    let unit = args.unit.clone().or_else(|| settings.unit.clone());
    // With a list each line can name its own; what is still missing then is named with the line.
    let unit = unit.or_else(|| args.list.is_some().then(String::new)).ok_or(RunError::NoUnit)?;
    Ok(Claims {
        document_type: args.document_type.clone().unwrap_or_default(),
        unit,
        valid_until: args.valid_until.clone().unwrap_or_else(|| "none".to_owned()),
        date: args.date.clone(),
        reference: args.reference.clone(),
        others: args.fields.clone(),
    })
}

fn collect(
    args: &args::Issue,
    claims: &Arc<Claims>,
    settings: &Settings,
    finished: &BTreeSet<PathBuf>,
    watch: &dyn Watch,
    outcomes: &mut Outcomes,
) -> Collection {
    let media_type = args.media_type.as_deref();
    let rules = Rules { skip_issued: args.skip_issued, media_type, claims };
    let is_finished = |path: &Path| path::absolute(path).is_ok_and(|path| finished.contains(&path));
    let folder = args.list.as_deref().map(durable::folder_of);
    let default = [folder.unwrap_or(Path::new(".")).to_path_buf()];
    let paths = if args.paths.is_empty() { &default[..] } else { &args.paths };
    let mut collection = collect::collect(paths, rules, watch);
    collection.faults.retain(|(path, _)| !is_finished(path));
    collection.skipped.retain(|path| !is_finished(path));
    collection.candidates.retain(|candidate| !is_finished(&candidate.path));
    if let Some(path) = &args.list {
        if let [folder] = paths {
            let types = &settings.types;
            let base = list::Base { claims, types, today: Date::of(now()), finished };
            let refusals = list::assign(&List::read(path), folder, base, &mut collection);
            outcomes.refusals.extend(refusals);
        } else {
            let sentence = "With --list name one folder, the one that its lines count from.";
            outcomes.refusals.push(Why::new("list-needs-one-folder", sentence));
        }
    }
    collection
}

/// Names everything that is wrong with the call, at once; the candidates if nothing is.
fn judge(
    args: &args::Issue,
    claims: &Claims,
    types: &[String],
    found: Collection,
    outcomes: &mut Outcomes,
) -> Option<Vec<collect::Candidate>> {
    let mut why = Vec::new();
    // What is said in a list was judged line by line.
    if args.list.is_none() && !types.contains(&claims.document_type) {
        why.push(not_allowed(&claims.document_type, types));
    }
    let media_type = args.media_type.as_deref();
    let said = args.list.is_none().then(|| prepare::check(claims, media_type, Date::of(now())));
    for fault in said.into_iter().flatten() {
        why.push(Why::new("bad-field", format!("{}: {}", fault.field, fault.why)));
    }
    let skipped = found.skipped.into_iter();
    outcomes.documents.extend(skipped.map(|path| Outcome::new(State::Skipped, path, None)));
    let nothing = outcomes.documents.is_empty() && outcomes.refusals.is_empty();
    if nothing && found.candidates.is_empty() && found.faults.is_empty() {
        why.push(Why::new("nothing-to-issue", "There is no document in what was named."));
    }
    let refused = !why.is_empty() || !found.faults.is_empty() || !outcomes.refusals.is_empty();
    for (path, fault) in found.faults {
        let why = Why::new(fault.code(), &fault);
        outcomes.documents.push(Outcome::new(State::Refused, path, Some(why)));
    }
    outcomes.refusals.append(&mut why);
    if args.dry_run && !refused {
        let planned = found.candidates.into_iter();
        outcomes.documents.extend(planned.map(|c| Outcome::new(State::Planned, c.path, None)));
        return None;
    }
    (!refused && !found.candidates.is_empty()).then_some(found.candidates)
}

fn not_allowed(document_type: &str, types: &[String]) -> Why {
    let types = types.join(", ");
    let sentence = format!(
        "This office may not issue the type {document_type}, only {types}. \
         Choose one of these, or ask the authority to admit the type."
    );
    Why::new("type-not-allowed", sentence)
}

fn refuse_all(outcomes: &mut Outcomes, candidates: Vec<collect::Candidate>, why: Why) {
    let refuse = |c: collect::Candidate| Outcome::new(State::Refused, c.path, Some(why.clone()));
    outcomes.documents.extend(candidates.into_iter().map(refuse));
    outcomes.refusals.push(why);
}

/// The last look before anything is planned: nobody wrote to a document since it was read.
fn still_the_same(
    candidates: Vec<collect::Candidate>,
    outcomes: &mut Outcomes,
) -> Option<Vec<collect::Candidate>> {
    let same = |candidate: &collect::Candidate| {
        fs::metadata(&candidate.path).is_ok_and(|m| Stamp::of(&m) == candidate.stamp)
    };
    let (same, changed): (Vec<_>, Vec<_>) = candidates.into_iter().partition(same);
    if changed.is_empty() {
        return Some(same);
    }
    let why = Why::new("file-changed", "It was changed while it was being read. Run this again.");
    for candidate in changed {
        let outcome = Outcome::new(State::Refused, candidate.path, Some(why.clone()));
        outcomes.documents.push(outcome);
    }
    None
}
