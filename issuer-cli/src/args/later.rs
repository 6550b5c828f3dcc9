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
