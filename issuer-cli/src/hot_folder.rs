//! `watch IN OUT`: documents that appear in a folder are issued, for programs that can only write
//! files.
//!
//! A document is in exactly one of IN, the work folder, OUT and the errors folder, and moves by
//! rename. It is planned at most once: the batch it is planned in is written down with it before
//! the plan is, and after an interruption the office's own folder says what became of that batch.

mod job;
mod notify;
mod pickup;

use crate::args;
use crate::collect::{self, Candidate, Rules};
use crate::durable::{self, Lock};
use crate::journal::Journal;
use crate::list::{self, Base};
use crate::office::Office;
use crate::outcome::Outcomes;
use crate::plan::{Claims, Plan};
use crate::prepare::{self, Seat};
use crate::reach::connect;
use crate::run::{self, RunError};
use crate::watch::Watch;
use job::Job;
use notify::Service;
use pickup::Eye;
use proto::hash::LeafIndex;
use proto::time::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Between two looks at IN.
const LOOK: Duration = Duration::from_millis(300);
/// Bytes of the fields beside a document.
const FIELDS_BYTES: usize = 512 * 1024;

/// The four places in which a document can be.
struct Places {
    input: PathBuf,
    work: PathBuf,
    out: PathBuf,
    errors: PathBuf,
}

/// Watches until it is ended; returns only with what is wrong at the start.
pub fn watch(args: &args::Watch, screen: &dyn Watch) -> Result<Outcomes, RunError> {
    let places = Places::open(args)?;
    let _lock = Lock::take(&places.work)
        .map_err(RunError::Folders)?
        .ok_or_else(|| RunError::Folders(io::Error::other("another watch works there")))?;
    drop(Office::open(&args.dir)?);
    let service = Service::find(screen);
    service.say("READY=1");
    let (mut eye, mut last) = (Eye::default(), String::new());
    loop {
        let status = match cycle(args, &places, &mut eye, &service) {
            Ok(0) => "Everything is issued.".to_owned(),
            Ok(waiting) => format!("{waiting} documents wait; trying again."),
            Err(error) => format!("{error} {}", error.next_step()),
        };
        if status != last {
            crate::report::status(&status);
            service.say(&format!("STATUS={}", status.replace('\n', " ")));
            last = status;
        }
        service.beat();
        thread::sleep(LOOK);
    }
}

impl Places {
    fn open(args: &args::Watch) -> Result<Places, RunError> {
        let absolute = |path: &Path| std::path::absolute(path).map_err(RunError::Folders);
        let out = absolute(&args.output)?;
        let beside = |ending: &str| {
            let mut name = out.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let choose = |path: &Option<PathBuf>, ending: &str| match path {
            Some(path) => absolute(path),
            None => Ok(beside(ending)),
        };
        let places = Places {
            input: absolute(&args.input)?,
            work: choose(&args.work, "-work")?,
            errors: choose(&args.errors, "-errors")?,
            out,
        };
        let ready = || -> io::Result<()> {
            durable::private_folder(&places.work)?;
            fs::create_dir_all(&places.out)?;
            fs::create_dir_all(&places.errors)?;
            let disk = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev());
            let first = disk(&places.input)?;
            for path in [&places.work, &places.out, &places.errors] {
                if disk(path)? != first {
                    return Err(io::Error::other("they must all lie on one disk"));
                }
            }
            Ok(())
        };
        ready().map_err(RunError::Folders)?;
        Ok(places)
    }
}

/// One round: finish what was begun, take what is ready, issue it. How many documents wait.
fn cycle(
    args: &args::Watch,
    places: &Places,
    eye: &mut Eye,
    service: &Service<'_>,
) -> Result<usize, RunError> {
    let settle = Duration::from_secs(args.settle_s);
    let ready = eye.look(&places.input, settle, args.batch).map_err(RunError::Folders)?;
    let jobs = Job::all(&places.work).map_err(RunError::Folders)?;
    if ready.is_empty() && jobs.is_empty() {
        return Ok(0);
    }
    let mut office = Office::open(&args.dir)?;
    let journal = Journal::open(&office.folder).map_err(RunError::Journal)?;
    let client = connect(&office)?;
    let rows = client.issuers(service)?;
    let begun = run::waiting(&journal)?;
    let mut said = Outcomes::default();
    if !begun.is_empty() {
        run::finish_all(&mut office, &client, &rows, &journal, begun, false, service, &mut said)?;
    }
    let mut jobs = settle_all(jobs, places, &office, &journal)?;
    if jobs.iter().any(|job| job.state.batch.is_some()) {
        return Ok(jobs.len());
    }
    for ready in ready {
        let job = Job::take(&places.work, &places.input, &ready.kind, &ready.name);
        jobs.push(job.map_err(RunError::Folders)?);
    }
    if office.federation.is_expired(run::now()) {
        return Err(RunError::FederationExpired);
    }
    let candidates = judge(args, places, &office, &mut jobs, service)?;
    if !candidates.is_empty() {
        let place = (office.federation.id(), office.authority.origin().to_owned());
        let (key, row) = office.key_in_force(&rows)?;
        let issuer = LeafIndex(row.index);
        let seat = Seat { federation: place.0, origin: &place.1, issuer, key };
        let plan = prepare::plan(candidates, &seat, run::now())?;
        mark(&mut jobs, &plan).map_err(RunError::Folders)?;
        journal.put(&plan).map_err(RunError::Journal)?;
        let plans = vec![plan];
        run::finish_all(&mut office, &client, &rows, &journal, plans, true, service, &mut said)?;
    }
    Ok(settle_all(jobs, places, &office, &journal)?.len())
}

/// Writes down which documents the plan has, before the plan itself.
fn mark(jobs: &mut [Job], plan: &Plan) -> io::Result<()> {
    let planned: BTreeSet<&Path> = plan.documents.iter().map(|d| d.path.as_path()).collect();
    let root = plan.head.root().to_hex();
    for job in jobs.iter_mut().filter(|job| planned.contains(job.document().as_path())) {
        job.state.batch = Some(root.clone());
        job.save()?;
    }
    Ok(())
}

/// The documents that can be issued; the others go to the errors.
fn judge(
    args: &args::Watch,
    places: &Places,
    office: &Office,
    jobs: &mut [Job],
    service: &Service<'_>,
) -> Result<Vec<Candidate>, RunError> {
    let unit = args.unit.clone().or_else(|| office.settings.unit.clone()).unwrap_or_default();
    let none = BTreeSet::new();
    let mut candidates = Vec::new();
    for job in jobs.iter_mut().filter(|job| job.state.end.is_none()) {
        let kind = job.state.kind.clone();
        let claims = Claims {
            document_type: kind,
            unit: unit.clone(),
            valid_until: "none".to_owned(),
            date: None,
            reference: None,
            others: Vec::new(),
        };
        let types = &office.settings.types;
        let base = Base { claims: &claims, types, today: Date::of(run::now()), finished: &none };
        let candidate = match fields(job, &base) {
            Err(wrong) => Err(wrong),
            Ok((claims, media_type)) => {
                let claims = Arc::new(claims);
                let media_type = media_type.as_deref();
                let rules = Rules { skip_issued: false, media_type, claims: &claims };
                let mut found = collect::collect(&[job.document()], rules, service);
                match (found.candidates.pop(), found.faults.pop()) {
                    (Some(candidate), _) => Ok(candidate),
                    (None, Some((_, fault))) => Err(vec![(fault.code(), fault.to_string())]),
                    (None, None) => Err(vec![("file-unreadable", "It is no file.".to_owned())]),
                }
            }
        };
        match candidate {
            Ok(candidate) => candidates.push(candidate),
            Err(wrong) => refuse(job, &wrong, places).map_err(RunError::Folders)?,
        }
    }
    Ok(candidates)
}

type Wrong = Vec<(&'static str, String)>;

/// What is said of a document: by its folder, and by the fields beside it.
fn fields(job: &Job, base: &Base<'_>) -> Result<(Claims, Option<String>), Wrong> {
    let mut wrong = Wrong::new();
    let metadata = fs::symlink_metadata(job.document());
    if !metadata.is_ok_and(|metadata| metadata.is_file()) {
        wrong.push(("file-unreadable", "It is no regular file. Put the file itself in.".into()));
    }
    if job.state.kind.is_empty() {
        let sentence = "It lay in no sub-folder. Put it into the one that is named as its type.";
        return Err(vec![("type-missing", sentence.to_owned())]);
    }
    if !Job::is_name(&job.state.name) {
        let sentence = "Its name is too long or holds characters that are not shown. Rename it.";
        wrong.push(("name-too-long", sentence.to_owned()));
    }
    let mut values = Vec::new();
    let beside = job.beside(".json");
    if beside.exists() {
        let read = verifier::input::read_bounded(&beside, FIELDS_BYTES).map_err(|e| e.to_string());
        let read = read.and_then(|bytes| {
            serde_json::from_slice::<list::Members>(&bytes).map_err(|error| error.to_string())
        });
        match read {
            Ok(members) => {
                values = list::texts(members.0, |code, sentence| wrong.push((code, sentence)));
            }
            Err(error) => {
                let sentence = format!("The fields beside it cannot be read: {error}.");
                wrong.push(("fields-unreadable", sentence));
            }
        }
    }
    let (claims, media_type) = list::overlay(&values, base.claims);
    if claims.document_type != job.state.kind {
        let sentence = "The fields name another type than its folder. Leave type out.";
        wrong.push(("type-not-allowed", sentence.to_owned()));
    }
    wrong.extend(list::check(&claims, media_type.as_deref(), base));
    if wrong.is_empty() { Ok((claims, media_type)) } else { Err(wrong) }
}

fn refuse(job: &mut Job, wrong: &Wrong, places: &Places) -> io::Result<()> {
    let mut text = format!("{} was not issued.\n\n", job.state.name);
    for (code, sentence) in wrong {
        text.push_str(&format!("{}\n({code})\n\n", verifier::shown::text(sentence)));
    }
    text.push_str("Mend it and put the file into the folder again.\n");
    job.decide(false, ".error.txt", &text, &places.errors)
}

/// Brings every document to its end whose batch has one; the others are returned.
fn settle_all(
    jobs: Vec<Job>,
    places: &Places,
    office: &Office,
    journal: &Journal,
) -> Result<Vec<Job>, RunError> {
    let waiting: BTreeSet<String> =
        run::waiting(journal)?.iter().map(|plan| plan.head.root().to_hex()).collect();
    let mut ended = BTreeMap::new();
    let mut left = Vec::new();
    for mut job in jobs {
        if job.state.end.is_none() && !job.has_document() {
            job.put_back(&places.input).map_err(RunError::Folders)?;
            continue;
        }
        if let (None, Some(root)) = (&job.state.end, job.state.batch.clone())
            && !waiting.contains(&root)
        {
            let batch = ended.entry(root.clone()).or_insert_with(|| Ended::read(office, &root));
            settle(&mut job, batch, places).map_err(RunError::Folders)?;
        }
        if job.state.end.is_some() {
            job.end(&places.out, &places.errors).map_err(RunError::Folders)?;
        } else {
            left.push(job);
        }
    }
    Ok(left)
}

/// What the office's folder says of a batch that does not wait any more.
enum Ended {
    Done(Vec<serde_json::Value>),
    Refused(String),
    /// There is none: the run was ended before the batch was planned.
    Never,
}

impl Ended {
    fn read(office: &Office, root: &str) -> Ended {
        let file = |place: &str| {
            let path = office.folder.join("batches").join(place).join(format!("{root}.jsonl"));
            fs::read_to_string(path).ok()
        };
        let lines = |text: String| -> Vec<serde_json::Value> {
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
        };
        if let Some(text) = file("done") {
            return Ended::Done(lines(text));
        }
        match file("refused") {
            Some(text) => {
                let head = lines(text).into_iter().next().unwrap_or_default();
                Ended::Refused(head["refused"].as_str().unwrap_or("refused").to_owned())
            }
            None => Ended::Never,
        }
    }
}

fn settle(job: &mut Job, batch: &Ended, places: &Places) -> io::Result<()> {
    let lines = match batch {
        Ended::Never => {
            job.state.batch = None;
            return job.save();
        }
        Ended::Refused(code) => {
            let text = format!(
                "{} was not issued.\n\nThe ledger refuses it: {code}.\n\nAsk the authority, then \
                 put the file into the folder again.\n",
                job.state.name
            );
            return job.decide(false, ".error.txt", &text, &places.errors);
        }
        Ended::Done(lines) => lines,
    };
    let path = verifier::shown::path(&job.document()).into_owned();
    let line = lines.iter().skip(1).find(|line| line["path"] == path.as_str());
    let line = line.cloned().unwrap_or_default();
    if line["outcome"] == "issued" {
        let result = serde_json::json!({
            "state": "issued",
            "type": job.state.kind,
            "origin": lines[0]["origin"],
            "index": lines[0]["index"],
            "status": line["status"],
        });
        return job.decide(true, ".result.json", &format!("{result}\n"), &places.out);
    }
    let text = format!(
        "{} was issued, and then changed or moved before its receipt could be put beside it.\n\n\
         The receipt for the bytes that were read lies in the office's folder under undelivered.\n\
         Put the document as it is now into the folder again if it is to be issued.\n",
        job.state.name
    );
    job.decide(false, ".error.txt", &text, &places.errors)
}
