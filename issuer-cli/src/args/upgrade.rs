//! The command that adds evidence of outside clocks to receipts.

use std::path::PathBuf;

const EXIT_STATUS: &str = "\
EXIT STATUS:
  0  every receipt has what the nodes have for it
  1  refused: a receipt could not be upgraded; it is as it was, and named with the reason
  2  the command line, the settings or the federation file is wrong
  3  not finished: no node answered for a receipt; nothing is lost, run it again";

#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Upgrade {
    /// Receipts, documents that have their receipts, sealed PDFs, and folders of them
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub paths: Vec<PathBuf>,
    /// The office's folder
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
}
