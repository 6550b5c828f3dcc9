//! The command line of `issuer contain` and `issuer reinstate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `issuer contain`
#[derive(Args, Debug)]
pub struct Contain {
    /// What, of whom, and who signs.
    #[command(flatten)]
    pub scope: Scope,
    /// What becomes of everything that the office's key signed in this time.
    #[arg(long, default_value = "suspended")]
    pub state: Withdrawn,
    /// Start of the time: a day or a time in UTC, such as 2026-11-20T14:30:00Z.
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// End of the time [default: now].
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Only list what the key signed in this time.
    #[arg(long, conflicts_with = "yes")]
    pub list_only: bool,
}

/// `issuer reinstate`
#[derive(Args, Debug)]
pub struct Reinstate {
    /// What, of whom, and who signs.
    #[command(flatten)]
    pub scope: Scope,
    /// Start of the time in which it was issued: a day or a time in UTC.
    #[arg(long, value_name = "TIME", required_unless_present = "status")]
    pub from: Option<String>,
    /// End of the time [default: now].
    #[arg(long, value_name = "TIME", requires = "from")]
    pub to: Option<String>,
    /// First and last status index instead of a time. May be given several times.
    #[arg(long, value_names = ["FIRST", "LAST"], num_args = 2, conflicts_with = "from")]
    pub status: Vec<u64>,
    /// Undo also what is final: revoked and superseded documents stand again. Without this only
    /// suspended ones do.
    #[arg(long)]
    pub last_word: bool,
}

/// Whose documents, and who signs.
#[derive(Args, Debug)]
pub struct Scope {
    /// Short name of the authority.
    #[arg(long, value_name = "NAME")]
    pub authority: String,
    /// The office, by its name or its id.
    #[arg(long, value_name = "NAME|ID")]
    pub issuer: String,
    /// The federation file.
    #[arg(long)]
    pub federation: PathBuf,
    /// The authority's administration key; needed with --yes.
    #[arg(long, visible_alias = "admin-key", value_name = "FILE", required_if_eq("yes", "true"))]
    pub key: Option<PathBuf>,
    /// The authority's node, if not at the address in the federation file.
    #[arg(long, value_name = "URL")]
    pub node: Option<String>,
    /// Show what would be done and sign nothing; so it is without --yes.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Sign and send it.
    #[arg(long)]
    pub yes: bool,
}

/// A state that documents are withdrawn to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Withdrawn {
    /// For a while: it can be undone for all at once, and leaves alone what the office revoked.
    Suspended,
    /// For good.
    Revoked,
}
