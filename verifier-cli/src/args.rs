//! The command line of `beleg`, and nothing of what it does.

use clap::{Parser, Subcommand};
use proto::anchor::Kind;
use std::path::PathBuf;

const EXIT_STATUS: &str = "\
EXIT STATUS:
  0  VALID: every document is what its issuer issued, and stands
  1  INVALID: at least one document is not, or does not stand any more
  2  CANNOT TELL: at least one document could not be judged and none is INVALID;
     also a wrong command line, and files that cannot be read";

const UPDATE_EXIT_STATUS: &str = "\
EXIT STATUS:
  0  what is in the store is the newest that is known
  1  a log has signed two histories; the proof is kept
  2  no node gave a federation file, or of a log no status list that counts could be had,
     or a receipt that was named could not be upgraded; what was there is kept";

/// Check documents against their receipts, without a network and without telling anybody.
#[derive(Debug, Parser)]
#[command(name = "beleg", version, after_help = EXIT_STATUS, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say whether documents are VALID, INVALID, or CANNOT TELL
    #[command(after_help = EXIT_STATUS)]
    Verify(Verify),
    /// Fetch the newest federation file and status lists into the store, and evidence of outside
    /// clocks for receipts that are named; asks about no document
    #[command(after_help = UPDATE_EXIT_STATUS)]
    Update(Update),
    /// Show every layer of a receipt in words; nothing is judged
    #[command(after_help = "EXIT STATUS:\n  0  shown\n  2  the receipt cannot be read")]
    Inspect(Inspect),
    /// Take the original and the receipt out of a sealed PDF, or all files out of a dossier;
    /// nothing is judged
    #[command(after_help = "EXIT STATUS:\n  0  all is written\n  2  nothing is")]
    Extract(Extract),
    /// Write one file, a dossier, with many documents and their receipts
    #[command(after_help = "EXIT STATUS:\n  0  written\n  2  nothing was written")]
    Bundle(Bundle),
    /// Write a receipt that shows only the fields you name, and those that may never be hidden
    #[command(after_help = "EXIT STATUS:\n  0  written\n  2  nothing was written")]
    Redact(Redact),
    /// Print the federation as a C2SP tlog-policy, for other people's tools
    #[command(after_help = "EXIT STATUS:\n  0  printed\n  2  the federation file is refused")]
    Policy(Policy),
}

#[derive(Debug, clap::Args)]
pub struct Verify {
    /// Documents, folders of documents, and dossiers; the receipt of NAME is NAME.tlog-proof beside
    /// it, or in a sealed PDF
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub paths: Vec<PathBuf>,
    /// The federation file: whom to trust. Get it from a source that you trust, not with a document
    #[arg(long, value_name = "FILE")]
    pub federation: PathBuf,
    /// The receipt of the one document, where it does not lie beside it
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    /// The store of `beleg update`, where it is not the usual one
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// Use no store: only the federation file that is named
    #[arg(long, conflicts_with = "store")]
    pub no_store: bool,
    /// A status list to use beside those of the store; verified like them
    #[arg(long, value_name = "FILE")]
    pub status_list: Vec<PathBuf>,
    /// The text of the QR code on a printed sheet: is that paper of this one document?
    #[arg(long, value_name = "TEXT")]
    pub sheet: Option<String>,
    /// Not VALID without evidence of this kind of outside clock; may be given several times
    #[arg(long, value_name = "bitcoin|evm|tsa", value_parser = kind)]
    pub require_anchor: Vec<Kind>,
    /// Bitcoin headers to use instead of those of the store: 80 bytes each, from the block on that
    /// the federation file names
    #[arg(long, value_name = "FILE")]
    pub bitcoin_headers: Option<PathBuf>,
    /// Blocks of EVM chains to use instead of those of the store
    #[arg(long, value_name = "FILE")]
    pub evm_blocks: Option<PathBuf>,
    /// Judge as of this moment of the past: a day (its last second, UTC) or a time in UTC
    #[arg(long, value_name = "YYYY-MM-DD[THH:MM:SSZ]")]
    pub at: Option<String>,
    /// JSON instead of text: one object for one file, else one line for each and a summary
    #[arg(long)]
    pub json: bool,
    /// Print nothing about documents that are VALID
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Debug, clap::Args)]
pub struct Update {
    /// Receipts, documents with their receipts, sealed PDFs, and folders of them: what clocks
    /// outside the federation say about their log is added to them. The nodes learn between which
    /// two anchors each was issued
    #[arg(value_name = "FILE|FOLDER")]
    pub paths: Vec<PathBuf>,
    /// The federation file: whom to trust. Get it from a source that you trust
    #[arg(long, value_name = "FILE")]
    pub federation: PathBuf,
    /// The store, where it is not $BELEG_STORE, $XDG_DATA_HOME/beleg or ~/.local/share/beleg
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// Your own Bitcoin node, for its headers: the address of its RPC, or a file of raw headers
    #[arg(long, value_name = "URL|FILE")]
    pub bitcoin: Option<String>,
    /// The file with USER:PASSWORD for it; Bitcoin Core's own is named .cookie
    #[arg(long, value_name = "FILE", requires = "bitcoin")]
    pub bitcoin_auth: Option<PathBuf>,
    /// Your own node of an EVM chain, by the name that the federation file has for it: the blocks
    /// that these receipts name are looked up there
    #[arg(long, value_name = "NAME=URL", requires = "paths")]
    pub evm: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub struct Inspect {
    /// A receipt, or a document whose receipt lies beside it or, in a PDF, in it; or a dossier,
    /// whose list is shown
    #[arg(value_name = "RECEIPT|FILE", required_unless_present = "sheet")]
    pub path: Option<PathBuf>,
    /// Instead of a receipt: the text of the QR code on a printed sheet, and what it claims
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["path", "entry", "evidence"])]
    pub sheet: Option<String>,
    /// Write the log entry to this new file, byte for byte as the log holds it
    #[arg(long, value_name = "OUT")]
    pub entry: Option<PathBuf>,
    /// Write what outside clocks say to this new folder, as files that other people's tools check
    #[arg(long, value_name = "DIR")]
    pub evidence: Option<PathBuf>,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub struct Extract {
    /// The sealed PDF: NAME.sealed.pdf gives NAME.pdf and NAME.pdf.tlog-proof; or the dossier:
    /// NAME.zip gives a new folder NAME
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    /// The folder to write into, instead of the one where the file lies
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Bundle {
    /// Documents with their receipts beside them, sealed PDFs, and folders of such
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub paths: Vec<PathBuf>,
    /// The dossier, a new file
    #[arg(long, value_name = "NAME.zip")]
    pub out: PathBuf,
    /// Judge every document against this federation file, and write nothing if one is INVALID
    #[arg(long, value_name = "FILE")]
    pub federation: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["keep", "mandatory_only"]))]
pub struct Redact {
    /// A receipt, or a document whose receipt lies beside it or, in a PDF, in it
    #[arg(value_name = "RECEIPT|FILE")]
    pub path: PathBuf,
    /// Names of the fields to go on showing; content, type, unit and valid-until always stay
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub keep: Vec<String>,
    /// Hide every field that can be hidden
    #[arg(long)]
    pub mandatory_only: bool,
    /// The new file; without this it is NAME.redacted.tlog-proof, or for a sealed PDF
    /// NAME.redacted.sealed.pdf, beside the old one
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Judge the new receipt against this federation file, and write nothing if it is INVALID
    #[arg(long, value_name = "FILE")]
    pub federation: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Policy {
    /// The federation file
    #[arg(long, value_name = "FILE")]
    pub federation: PathBuf,
    /// Only the policy of this log; needed where the federation has several
    #[arg(long, value_name = "ORIGIN")]
    pub origin: Option<String>,
}

fn kind(word: &str) -> Result<Kind, &'static str> {
    Kind::parse(word).ok_or("it is one of bitcoin, evm and tsa")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
