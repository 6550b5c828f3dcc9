//! The commands for what comes after issuing: the journal, and changes of status.

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Journal {
    /// The office's folder
    #[arg(long, value_name = "DIR", global = true, default_value = ".")]
    pub dir: PathBuf,
    #[command(subcommand)]
    pub what: JournalCommand,
}

#[derive(Debug, clap::Args)]
pub struct WatchLedger {
    /// The office's folder
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// Look once and end: 0 all is known, 1 something is not, 3 the ledger cannot be read
    #[arg(long)]
    pub once: bool,
    /// How many seconds to wait from one look to the next
    #[arg(long, value_name = "SECONDS", default_value_t = 300,
        value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub every: u64,
    /// This entry was looked into: no alarm for it any more
    #[arg(long, value_name = "INDEX")]
    pub seen: Option<u64>,
}

#[derive(Debug, clap::Subcommand)]
pub enum JournalCommand {
    /// One line for each document issued
    List,
    /// Write the journal as a table that a spreadsheet reads
    Export {
        /// The file to write; it must not be there yet
        #[arg(long, value_name = "FILE")]
        csv: PathBuf,
    },
    /// Read the whole journal again and check every line
    Check,
    /// Destroy what the journal knows about a document, for good
    Erase {
        /// The document, its receipt, its reference, or status: and its index in the status list
        #[arg(required = true, value_name = "REFERENCE|FILE|RECEIPT")]
        things: Vec<String>,
    },
}
