//! What most stories start from: four running nodes, one admitted office, a folder of letters.

use crate::desk::Desk;
use anyhow::Result;
use e2e::process::{Output, binaries};
use e2e::world::{Office, Setup, World};
use e2e::{documents, pdf};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The authority whose office issues.
pub const HOME: usize = 2;
/// What the office may issue.
pub const TYPE: &str = "public.notice";

/// A running federation with an office, in a folder that vanishes with it.
pub struct Town {
    /// Ends the nodes; stands before the folder so that it is dropped first.
    pub world: World,
    pub office: Office,
    dir: TempDir,
}

impl Town {
    /// Starts four nodes and opens the office.
    pub fn start() -> Result<Self> {
        Self::start_between(&Setup::default(), |_| Ok(()))
    }

    /// The same with other settings, and something to do before the nodes start.
    pub fn start_between(setup: &Setup, before: impl FnOnce(&World) -> Result<()>) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut world = World::create(dir.path(), binaries(), setup)?;
        before(&world)?;
        world.start_all()?;
        let office = world.open_office(HOME, "Front desk", &[TYPE])?;
        Ok(Self { world, office, dir })
    }

    /// The office's key, to submit without its tool.
    pub fn desk(&self) -> Result<Desk> {
        let key = self.office.folder().join("key");
        let node = self.world.address(HOME);
        Desk::open(&self.world.federation(), &World::origin(HOME), &key, node)
    }

    /// A folder inside of the town's, not made yet.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A folder with `count` letters.
    pub fn letters(&self, name: &str, count: usize) -> Result<PathBuf> {
        let folder = self.folder(name);
        documents::letters(&folder, count)?;
        Ok(folder)
    }

    /// One small letter.
    pub fn letter(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder(name);
        std::fs::write(&path, pdf::page(name, &["A line.".to_owned()]))?;
        Ok(path)
    }
}

/// Where the receipt of a document lies.
pub fn receipt(document: &Path) -> PathBuf {
    let mut name = document.as_os_str().to_owned();
    name.push(".tlog-proof");
    name.into()
}

/// The documents of a folder, without receipts, in order of name.
pub fn documents_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_none_or(|end| end != "tlog-proof") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Requires this exit code and shows everything if it is another.
#[track_caller]
pub fn expect(said: &Output, code: i32) {
    assert_eq!(said.code, code, "\n{}{}", said.stdout, said.stderr);
}
