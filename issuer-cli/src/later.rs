//! What each command for the time after issuing does, without printing.

use crate::args;
use crate::audit;
use crate::book::line::What;
use crate::book::{Book, command};
use crate::ledger::Ledger;
use crate::office::Office;
use crate::reach::sources;
use crate::report::Said;
use crate::run::{RunError, now};
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
    let sources = sources(&office)?;
    let ledger = Ledger {
        federation: &office.federation,
        origin: office.authority.origin(),
        sources: &sources,
    };
    let subject = audit::Subject { office: &office.folder, ledger, keys: office.public_keys() };
    let alarm = &office.settings.alarm_command;
    Ok(audit::look(&subject, told, alarm)?)
}
