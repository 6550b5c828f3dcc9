//! The command that counts what was issued.

use proto::time::Date;
use std::path::PathBuf;

const EXIT_STATUS: &str = "\
EXIT STATUS:
  0  counted; with --compare, both sides have the same
  1  with --compare: they do not; each difference is named
  2  the command line, the journal or the file to compare is not in order";

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Period {
    Day,
    Month,
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Counts {
    /// The office's folder
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// Count by days or by months; both are those of UTC
    #[arg(long, value_enum, default_value = "day")]
    pub by: Period,
    /// The first day that counts
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = Date::parse)]
    pub from: Option<Date>,
    /// The last day that counts
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = Date::parse)]
    pub to: Option<Date>,
    /// Write the counts as a table that a spreadsheet reads; the file must not be there yet
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// A table of your own program, with a column reference, or with the columns day and count
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// One JSON object instead of text
    #[arg(long)]
    pub json: bool,
}
