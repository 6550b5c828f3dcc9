//! What each command for the time after issuing does, without printing.

use crate::args;
use crate::audit::{self, Source};
use crate::book::line::What;
use crate::book::{Book, command};
use crate::office::Office;
use crate::report::Said;
use crate::run::{RunError, connect, connect_to, now};
use std::collections::BTreeSet;

/// Reads, exports, checks or erases in the journal.
pub fn journal(args: &args::later::Journal) -> Result<Said, RunError> {
    use args::later::JournalCommand;
    let office = Office::open(&args.dir)?;
    let folder = &office.folder;
    Ok(match &args.what {
        JournalCommand::List => command::list(folder)?,
        JournalCommand::Export { csv } => command::export(folder, csv)?,
        JournalCommand::Check => command::check(folder)?,
        JournalCommand::Erase { things } => command::erase(folder, things, now())?,
    })
}

/// One look at the ledger; the office's folder is not locked, so that it can issue meanwhile.
pub fn watch_ledger(
    args: &args::later::WatchLedger,
    told: &mut BTreeSet<audit::Foreign>,
) -> Result<Said, RunError> {
    if let Some(index) = args.seen {
        let office = Office::open(&args.dir)?;
        Book::open(&office.folder)?.note(What::Seen { index }, now())?;
        return Ok(Said {
            out: vec![format!("entry {index} is noted as seen")],
            ..Said::default()
        });
    }
    let office = Office::look(&args.dir)?;
    let origin = office.authority.origin();
    let prefix = format!("{}/", proto::hash::sha256(origin.as_bytes()).to_hex());
    let own = Source { client: connect(&office)?, prefix: String::new() };
    let mut sources = vec![own];
    for operator in &office.federation.current().operators {
        let client = connect_to(&office, &operator.url)?;
        sources.push(Source { client, prefix: prefix.clone() });
    }
    let keys = office.public_keys();
    let federation = &office.federation;
    let subject = audit::Subject { office: &office.folder, federation, origin, keys };
    let alarm = &office.settings.alarm_command;
    Ok(audit::look(&subject, &sources, told, alarm)?)
}
