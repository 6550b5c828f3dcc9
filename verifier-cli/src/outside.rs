//! What is at hand of clocks outside the federation: Bitcoin headers and blocks of EVM chains, from
//! files that were named, else from the store of `beleg update`. Read when a receipt needs them.

use crate::run::read;
use crate::store::Store;
use crate::trouble::RunError;
use proto::anchor::Kind;
use proto::anchor::bitcoin::Headers;
use proto::anchor::evm::{KnownBlock, KnownBlocks};
use proto::anchor::judge;
use proto::federation::Federation;
use proto::limits;
use proto::receipt::Receipt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use verifier::shown;

/// Files that were named instead of those of the store.
#[derive(Debug, Clone, Default)]
pub struct Named {
    pub headers: Option<PathBuf>,
    pub blocks: Option<PathBuf>,
}

/// What is at hand, read at most once.
pub struct AtHand<'a> {
    federation: &'a Federation,
    headers_path: Option<PathBuf>,
    blocks_path: Option<PathBuf>,
    headers: OnceLock<Option<Headers>>,
    blocks: OnceLock<KnownBlocks>,
}

impl<'a> AtHand<'a> {
    /// What the store has, unless files are named. A file that was named has to be good; one of the
    /// store that is not counts as none.
    pub fn new(
        federation: &'a Federation,
        store: Option<&Store>,
        named: &Named,
    ) -> Result<AtHand<'a>, RunError> {
        let (headers, blocks) = (OnceLock::new(), OnceLock::new());
        if let Some(path) = &named.headers {
            let read = read_headers(path, federation)?;
            let _ = headers.set(read);
        }
        if let Some(path) = &named.blocks {
            let _ = blocks.set(read_blocks(path)?);
        }
        let id = federation.id();
        let stored = |path: fn(&Store, _) -> PathBuf| store.map(|store| path(store, id));
        Ok(AtHand {
            federation,
            headers_path: named.headers.clone().or_else(|| stored(Store::headers)),
            blocks_path: named.blocks.clone().or_else(|| stored(Store::blocks)),
            headers,
            blocks,
        })
    }

    /// What a receipt needs of it.
    pub fn of(&self, receipt: &Receipt) -> judge::Outside<'_> {
        let evidence = || receipt.anchors.iter().flat_map(|anchor| &anchor.evidence);
        let needs = |kind: Kind| evidence().any(|evidence| evidence.kind == kind);
        judge::Outside {
            headers: if needs(Kind::Bitcoin) { self.headers() } else { None },
            blocks: if needs(Kind::Evm) { self.blocks() } else { &[] },
        }
    }

    /// Where evidence of a kind finds what it is judged by, if that was looked at.
    pub fn source(&self, kind: Kind) -> Option<String> {
        match kind {
            Kind::Bitcoin => {
                let tip = self.headers.get()?.as_ref()?.tip_height();
                let path = shown::path(self.headers_path.as_deref()?);
                Some(format!("headers from {path}, up to block {tip}"))
            }
            Kind::Evm => {
                self.blocks.get()?;
                Some(format!("block hash from {}", shown::path(self.blocks_path.as_deref()?)))
            }
            Kind::Tsa => Some("root certificate from the federation file".to_owned()),
        }
    }

    fn headers(&self) -> Option<&Headers> {
        let read = || {
            let path = self.headers_path.as_deref()?;
            read_headers(path, self.federation).ok().flatten()
        };
        self.headers.get_or_init(read).as_ref()
    }

    fn blocks(&self) -> &[KnownBlock] {
        let read = || self.blocks_path.as_deref().and_then(|path| read_blocks(path).ok());
        self.blocks.get_or_init(|| read().unwrap_or_default()).as_slice()
    }
}

/// Headers from the block that the federation names; none if it names none.
pub fn read_headers(path: &Path, federation: &Federation) -> Result<Option<Headers>, RunError> {
    let Some(base) = &federation.current().clocks.bitcoin else { return Ok(None) };
    let bytes = read(path, limits::HEADERS_BYTES)?;
    let failed = |why| RunError::Headers { path: path.to_owned(), why };
    Headers::verify(base, &bytes).map(Some).map_err(failed)
}

/// A list of blocks.
pub fn read_blocks(path: &Path) -> Result<KnownBlocks, RunError> {
    let bytes = read(path, limits::EVM_BLOCKS_BYTES)?;
    KnownBlocks::parse(&bytes).map_err(|why| RunError::Blocks { path: path.to_owned(), why })
}
