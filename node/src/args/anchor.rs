//! `anchor ...`, as typed.

use std::path::PathBuf;

use clap::Subcommand;

use super::ConfigFile;

/// `anchor ...`
#[derive(Subcommand, Debug)]
pub enum Anchor {
    /// Asks the node to make a federation root now and to give it to its outside clocks, or to
    /// those that are named. A node that does not run does so at its next start.
    Now {
        /// The config file.
        #[command(flatten)]
        config: ConfigFile,
        /// Names of clocks, as anchor list shows them.
        #[arg(value_name = "CLOCK")]
        clocks: Vec<String>,
    },
    /// Lists what went outside, newest first: time, root, clock, state, cost, words.
    List {
        /// The config file.
        #[command(flatten)]
        config: ConfigFile,
        /// Roots that are shown.
        #[arg(long, default_value_t = 20)]
        roots: usize,
    },
    /// Shows a root: the checkpoints under it and what every clock says.
    Show {
        /// The config file.
        #[command(flatten)]
        config: ConfigFile,
        /// The root, or its first digits.
        root: String,
        /// Writes everything about it into a new folder, with .ots files about the checkpoint of
        /// each log that other programs check.
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// Checks again what was anchored: the statement of each root, the signatures of its
    /// checkpoints, that the logs on this disk hold them, and the evidence.
    Verify {
        /// The config file.
        #[command(flatten)]
        config: ConfigFile,
        /// Bitcoin headers, raw, from the block on that the federation file names.
        #[arg(long, value_name = "FILE")]
        bitcoin_headers: Option<PathBuf>,
        /// Blocks of EVM chains, as beleg update --evm keeps them.
        #[arg(long, value_name = "FILE")]
        evm_blocks: Option<PathBuf>,
        /// A root, or its first digits; all of them without one.
        root: Option<String>,
    },
}
