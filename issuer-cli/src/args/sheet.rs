//! The command for what is printed: sheets and stamps.

use crate::sheet::Language;
use std::path::PathBuf;

const EXIT_STATUS: &str = "\
EXIT STATUS:
  0  a sheet was written for everything that was named
  1  not for everything; each reason is named
  2  the command line, the settings or the federation file is wrong";

#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Sheet {
    /// Documents that have their receipts, sealed PDFs, receipts, and folders of them
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub paths: Vec<PathBuf>,
    /// The office's folder
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// Where the sheets go, as NAME.sheet.pdf; nothing is written over
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The address of the page that checks, instead of verifier_url in the settings
    #[arg(long, value_name = "URL")]
    pub verifier: Option<String>,
    /// The language of the sheet
    #[arg(long, value_enum, default_value = "de")]
    pub language: Language,
    /// Fields to print beside type, unit and last day; without this date and reference, if there
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub show: Vec<String>,
    /// Print no field but type, unit and last day
    #[arg(long, conflicts_with = "show")]
    pub mandatory_only: bool,
    /// A small area of 60 x 35 mm to be put on a page of your own, as NAME.stamp.pdf
    #[arg(long)]
    pub stamp: bool,
}
