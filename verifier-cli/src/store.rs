//! The store of `beleg update`: what was fetched and verified, for `verify` to use off-line.
//!
//! ```text
//! STORE/<federation id, hex>/federation
//! STORE/<federation id, hex>/status/<origin hash>/      see kept.rs
//! STORE/<federation id, hex>/bitcoin-headers            80 bytes each
//! STORE/<federation id, hex>/evm-blocks
//! ```
//!
//! STORE is `--store`, else `$BELEG_STORE`, `$XDG_DATA_HOME/beleg` or `~/.local/share/beleg`. What
//! is read is verified again, so a changed file can only be refused. Nothing ever goes back.

use crate::kept::Kept;
use crate::trouble::RunError;
use proto::federation::{Federation, FederationId};
use proto::hash::sha256;
use proto::limits;
use std::env;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use verifier::input::{self, InputError};

/// A folder with what is known of federations.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The store that was named, or the user's own; none if there is no home to keep it in.
    pub fn named(folder: Option<&Path>) -> Option<Store> {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let data = || set("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || set("HOME").map(|home| PathBuf::from(home).join(".local/share"));
        let folder = (folder.map(Path::to_path_buf))
            .or_else(|| set("BELEG_STORE").map(PathBuf::from))
            .or_else(|| data().or_else(home).map(|data| data.join("beleg")));
        folder.map(|folder| Store { folder })
    }

    /// The status lists of a log.
    pub fn lists(&self, federation: FederationId, origin: &str) -> Kept {
        let folder = self.folder.join(federation.to_string()).join("status");
        Kept::in_folder(folder.join(sha256(origin.as_bytes()).to_hex()))
    }

    /// Bitcoin headers, from the block on that the federation names.
    pub fn headers(&self, federation: FederationId) -> PathBuf {
        self.folder.join(federation.to_string()).join("bitcoin-headers")
    }

    /// Blocks of EVM chains.
    pub fn blocks(&self, federation: FederationId) -> PathBuf {
        self.folder.join(federation.to_string()).join("evm-blocks")
    }

    fn federation_path(&self, federation: &Federation) -> PathBuf {
        self.folder.join(federation.id().to_string()).join("federation")
    }

    /// The newer one of the federation that is trusted and what the store has of it.
    pub fn newest(&self, trusted: Federation) -> Result<Federation, RunError> {
        let path = self.federation_path(&trusted);
        let bytes = match input::read_bounded(&path, limits::FEDERATION_BYTES) {
            Err(InputError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(trusted);
            }
            read => read.map_err(|why| RunError::File { path: path.clone(), why })?,
        };
        let kept = Federation::parse(&bytes);
        let kept = kept.map_err(|why| RunError::Stored { path: path.clone(), why })?;
        if kept.continues(&trusted) {
            Ok(kept)
        } else if trusted.continues(&kept) {
            Ok(trusted)
        } else {
            Err(RunError::Diverged { path })
        }
    }

    /// Keeps a federation file in the place of an older one; durable on return.
    pub fn keep(&self, federation: &Federation) -> Result<(), RunError> {
        let path = self.federation_path(federation);
        replace(&path, &federation.to_bytes()).map_err(|why| RunError::Keep { path, why })
    }
}

/// Writes aside, syncs, gives the name and syncs the folder: a crash leaves the old file or the
/// new one, and two updates at once leave that of one of them.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().display();
    let aside = folder.join(format!(".{name}.{}", std::process::id()));
    let written = File::create(&aside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&aside, path));
    if let Err(error) = written {
        // Half written, and ours alone.
        let _ = fs::remove_file(&aside);
        return Err(error);
    }
    File::open(folder)?.sync_all()
}
