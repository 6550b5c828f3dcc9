//! The commands that change the status of documents.

use super::Output;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Change {
    #[command(flatten)]
    pub which: Which,
    /// Why: error, superseded, withdrawn, fraud, deceased, key-stolen, or other:TEXT. It is kept in
    /// the office's journal and never published. A list can say it line by line
    #[arg(long, value_name = "CODE")]
    pub reason: Option<String>,
    #[command(flatten)]
    pub how: How,
}

#[derive(Debug, clap::Args)]
pub struct Supersede {
    #[command(flatten)]
    pub change: Change,
    /// The one document that takes the place of the one that is named: a file, a receipt, a
    /// reference, or status: and its index. Without it no successor is named; a list has its own
    /// column for it
    #[arg(long, value_name = "NEW", conflicts_with = "list")]
    pub by: Option<String>,
}

/// Which documents.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// Documents, or their receipts
    #[arg(value_name = "FILE|RECEIPT",
        required_unless_present_any = ["reference", "status", "issued_between", "list"])]
    pub files: Vec<PathBuf>,
    /// The document with this reference; repeatable
    #[arg(long, value_name = "TEXT")]
    pub reference: Vec<String>,
    /// The document with this status index; repeatable
    #[arg(long, value_name = "INDEX")]
    pub status: Vec<u64>,
    /// Everything that the journal has from the first to the second of these days or times (UTC),
    /// both included: 2026-11-20 or 2026-11-20T14:30:00Z
    #[arg(long, value_names = ["FROM", "TO"], num_args = 2)]
    pub issued_between: Vec<String>,
    /// A list (CSV or JSON) with one line for each document: file (a file, a receipt, a reference,
    /// or status: and its index), reason, and for supersede: by
    #[arg(long, value_name = "FILE")]
    pub list: Option<PathBuf>,
}

/// How it is done.
#[derive(Debug, clap::Args)]
pub struct How {
    /// The office's folder
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// Say which documents would change from what to what; sign and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write a signed proposal that a second person approves, and send nothing
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub propose: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, clap::Args)]
pub struct Approve {
    /// The proposal
    #[arg(value_name = "FILE")]
    pub proposal: PathBuf,
    /// The office's folder
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// The approver's name, as `approver add` has it
    #[arg(long = "as", value_name = "NAME")]
    pub name: String,
    /// The approver's key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Approve and send it; without this it is only checked and shown
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, clap::Args)]
pub struct Approver {
    /// The office's folder
    #[arg(long, value_name = "DIR", global = true, default_value = ".")]
    pub dir: PathBuf,
    #[command(subcommand)]
    pub what: ApproverCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum ApproverCommand {
    /// Register a second person, who approves what somebody else has proposed
    Add {
        /// The person's name
        name: String,
        /// Make a new key for this person in this file, which must not be in the office's folder
        #[arg(long, value_name = "FILE", required_unless_present = "public")]
        key: Option<PathBuf>,
        /// The public half of a key that the person has already
        #[arg(long, value_name = "FILE", conflicts_with = "key")]
        public: Option<PathBuf>,
    },
    /// This person approves nothing more
    Remove {
        /// The person's name
        name: String,
    },
    /// Who may approve
    List,
}
