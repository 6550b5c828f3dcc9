//! The command line of `beleg-issuer`, and nothing of what it does.

pub mod change;
pub mod counts;
pub mod later;
pub mod sheet;
pub mod upgrade;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

const EXIT_STATUS: &str = "\
EXIT STATUS:
  0  every document has its receipt (or, with --dry-run, could get one)
  1  refused: nothing was issued; each reason is named
  2  the command line, the settings, the key or the federation file is wrong
  3  not finished: the node or its quorum is away; nothing is lost, run `resume`
  4  issued, but a receipt could not be put beside its document; it is named
For changes of status: 0 every document has its new state (or could get it), 1 refused and
nothing was signed, or the ledger refuses; 2 and 3 as above";

/// Issue documents: hash them, have their batch entered in the ledger, write their receipts.
#[derive(Debug, Parser)]
#[command(name = "beleg-issuer", version, after_help = EXIT_STATUS, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the office's key, its settings and the request that the authority admits
    Init(Init),
    /// Make a new key and the request to put it in the place of the old one
    Rotate(Rotate),
    /// Give documents their receipts
    Issue(Issue),
    /// Finish what an interrupted or failed run has begun
    Resume(Resume),
    /// Issue every document that appears in a folder; runs until it is ended
    Watch(Watch),
    /// Print a sheet, with a code to scan, for documents that have their receipts
    Sheet(sheet::Sheet),
    /// Add to receipts what clocks outside the federation say about their log
    Upgrade(upgrade::Upgrade),
    /// Read, export, check the journal of everything issued, or erase a document from it
    Journal(later::Journal),
    /// Count what was issued, and compare it with what your own program has
    Counts(counts::Counts),
    /// Compare the ledger with the journal: the alarm for a stolen key
    WatchLedger(later::WatchLedger),
    /// Withdraw documents for good
    Revoke(change::Change),
    /// Withdraw documents for a while
    Suspend(change::Change),
    /// Let documents that were suspended stand again
    Reinstate(change::Change),
    /// Say that another document has taken the place of one
    Supersede(change::Supersede),
    /// Check what somebody else has proposed, approve it and send it
    Approve(change::Approve),
    /// Register those who may approve
    Approver(change::Approver),
}

#[derive(Debug, clap::Args)]
pub struct Init {
    /// The office's folder; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// The office's name as everybody will read it, for example "Citizens' office North"
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// A document type that the office may issue, for example residence.certificate; repeatable
    #[arg(long = "type", value_name = "TYPE", required = true)]
    pub types: Vec<String>,
    /// The authority that the office belongs to, by its short name in the federation file
    #[arg(long, value_name = "AUTHORITY")]
    pub authority: String,
    /// The federation file; it is checked and copied into the folder
    #[arg(long, value_name = "FILE")]
    pub federation: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Rotate {
    /// The office's folder
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Issue {
    /// Documents, and folders of documents; with --list the folder that its lines count from
    #[arg(required_unless_present = "list", value_name = "FILE|FOLDER")]
    pub paths: Vec<PathBuf>,
    /// The office's folder
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// The document type; it must be one that the office may issue
    #[arg(long = "type", value_name = "TYPE", required_unless_present = "list")]
    pub document_type: Option<String>,
    /// A list (CSV or JSON) with one line for each document: file, type, unit, valid-until, date,
    /// reference, media-type; any further column is a field
    #[arg(long, value_name = "FILE")]
    pub list: Option<PathBuf>,
    /// The unit that issues; the settings can name one for all
    #[arg(long, value_name = "TEXT")]
    pub unit: Option<String>,
    /// The last day on which the document is valid; without it there is none
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub valid_until: Option<String>,
    /// The date that the document bears
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// The reference or file number
    #[arg(long, value_name = "TEXT")]
    pub reference: Option<String>,
    /// Another field, shown to whoever gets the whole receipt; repeatable
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = field)]
    pub fields: Vec<(String, String)>,
    /// The media type of all the documents, instead of the one that each file's name tells
    #[arg(long, value_name = "TYPE/SUBTYPE")]
    pub media_type: Option<String>,
    /// Pass over documents that have a receipt already, instead of refusing the whole call
    #[arg(long)]
    pub skip_issued: bool,
    /// Write beside each PDF also NAME.sealed.pdf, which carries its receipt; a PDF that cannot is
    /// named with the reason
    #[arg(long)]
    pub embed: bool,
    /// Check everything that can be checked here and say what would be issued; send nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, clap::Args)]
pub struct Watch {
    /// Documents appear in its sub-folders, which are named as document types
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// Where documents, receipts and results go, in sub-folders as in IN
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
    /// The office's folder
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// What cannot be issued goes here, with a text that says why; OUT-errors if not given
    #[arg(long, value_name = "DIR")]
    pub errors: Option<PathBuf>,
    /// What is being issued lies here, for its owner only; OUT-work if not given
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,
    /// The unit that issues, where the fields beside a document name none
    #[arg(long, value_name = "TEXT")]
    pub unit: Option<String>,
    /// A file is taken when its last write is this many seconds old
    #[arg(long, value_name = "SECONDS", default_value_t = 2,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub settle_s: u64,
    /// Documents in one batch at most
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    pub batch: usize,
}

#[derive(Debug, clap::Args)]
pub struct Resume {
    /// The office's folder
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Output {
    /// One JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
    /// Print nothing about documents that have got their receipts
    #[arg(long, short)]
    pub quiet: bool,
}

fn field(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_field_is_cut_at_the_first_equals_sign() {
        assert_eq!(field("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(field("ab").is_err());
    }
}
