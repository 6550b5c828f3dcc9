//! `page`, as typed.

use std::path::PathBuf;

use clap::Args;

/// `page`
#[derive(Args, Debug)]
pub struct Page {
    /// The federation file that the pages trust from the start.
    #[arg(long, value_name = "FILE")]
    pub federation: PathBuf,
    /// Settings in TOML, as in the section [page] of node.toml.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "accent", "language", "words"])]
    pub config: Option<PathBuf>,
    /// What the pages call the federation [default: its name]
    #[arg(long)]
    pub name: Option<String>,
    /// Colour of buttons and links, such as #0b4f9e.
    #[arg(long, value_name = "COLOUR")]
    pub accent: Option<String>,
    /// A language, the one for people with another language first [default: de, en]. May be given
    /// several times.
    #[arg(long, value_name = "TAG")]
    pub language: Vec<String>,
    /// A folder with words in further languages.
    #[arg(long, value_name = "FOLDER")]
    pub words: Option<PathBuf>,
    /// The folder to write.
    #[arg(long, value_name = "FOLDER", required_unless_present = "single")]
    pub out: Option<PathBuf>,
    /// The one HTML file to write.
    #[arg(long, value_name = "FILE")]
    pub single: Option<PathBuf>,
}
