//! `beleg extract`: the original and the receipt out of a sealed PDF, after the comparison.

use crate::args;
use crate::run::write_new;
use crate::trouble::RunError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use verifier::{sealed, walk};

/// Writes both as new files, or neither; where they are.
pub fn extract(args: &args::Extract) -> Result<[PathBuf; 2], RunError> {
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
    Ok([original, receipt])
}
