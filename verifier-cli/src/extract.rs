//! `beleg extract`: the original and the receipt out of a sealed PDF, after the comparison; or all
//! files out of a dossier.

use crate::args;
use crate::contents;
use crate::run::write_new;
use crate::trouble::RunError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use verifier::{sealed, walk};

/// Writes everything as new files, or nothing; where it is.
pub fn extract(args: &args::Extract) -> Result<Vec<PathBuf>, RunError> {
    if contents::is_dossier(&args.path) {
        return Ok(vec![contents::extract(args)?]);
    }
    let failed = |why| RunError::Seal { path: args.path.clone(), why };
    let sealed = sealed::open(&args.path).map_err(failed)?;
    let sealed = sealed.ok_or_else(|| RunError::NotSealed { path: args.path.clone() })?;
    let beside = args.path.parent().unwrap_or(Path::new(""));
    let folder = args.out.as_deref().unwrap_or(beside);
    let original = folder.join(sealed::original_name(&args.path));
    let receipt = walk::receipt_path(&original);
    if fs::symlink_metadata(&receipt).is_ok() {
        let why = io::Error::from(io::ErrorKind::AlreadyExists);
        return Err(RunError::Write { path: receipt, why });
    }
    write_new(&original, sealed.original())?;
    write_new(&receipt, &sealed.receipt).inspect_err(|_| {
        // Written just now, and half of what was asked for.
        let _ = fs::remove_file(&original);
    })?;
    Ok(vec![original, receipt])
}
