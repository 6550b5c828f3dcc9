//! Logs as their checkpoints and tiles show them: nothing is answered that was not checked.

use crate::entry::EntryView;
use crate::host::{Blob, Host};
use crate::refusal::Refusal;
use crate::session::Session;
use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::cosignature;
use proto::federation::Operator;
use proto::hash::{LeafIndex, Timestamp, TreeSize, leaf_hash};
use proto::limits;
use proto::merkle::{consistency as consistent, inclusion, plan};
use proto::note::VerifierKey;
use proto::tile::{BundleId, TileId, bundle};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a full bundle of the largest entries.
const BUNDLE: usize = limits::BUNDLE_BYTES;
/// Bytes of a full tile.
const TILE: usize = 32 * limits::TILE_WIDTH as usize;
/// Bytes of a checkpoint with its signatures.
const NOTE: usize = limits::NOTE_BYTES;

/// A checkpoint that its log signed, and who cosigned it.
#[derive(Debug, Serialize)]
pub(crate) struct CheckpointView {
    origin: String,
    size: u64,
    root: String,
    quorum: u64,
    counted: u64,
    published: bool,
    /// It existed not later than this; null without a quorum.
    proven_time: Option<u64>,
    cosigners: Vec<CosignerView>,
}

#[derive(Debug, Serialize)]
struct CosignerView {
    operator: String,
    ed25519_time: Option<u64>,
    mldsa_time: Option<u64>,
    counts: bool,
}

/// Paths to fetch below the log's prefix.
#[derive(Debug, Serialize)]
pub(crate) struct Paths {
    paths: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Entries {
    size: u64,
    root: String,
    entries: Vec<EntryView>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Consistent {
    old_size: u64,
    size: u64,
    consistent: bool,
}

/// Parts of a log by their paths.
type Parts = BTreeMap<String, Blob>;

/// Checks who signed a checkpoint; a quorum is not asked for.
pub(crate) fn checkpoint(
    session: &Session,
    host: &mut dyn Host,
    origin: &str,
    file: Blob,
) -> Result<CheckpointView, Refusal> {
    let signed = signed_by_log(session, host, origin, file)?;
    let federation = session.federation()?;
    let version = federation.current();
    let cosigners: Vec<CosignerView> =
        version.operators.iter().map(|operator| cosigner(operator, &signed)).collect();
    let published = federation.verify_checkpoint(&signed, &[]).ok();
    Ok(CheckpointView {
        origin: origin.to_owned(),
        size: signed.checkpoint().size().0,
        root: signed.checkpoint().root().to_hex(),
        quorum: version.quorum,
        counted: cosigners.iter().filter(|cosigner| cosigner.counts).count() as u64,
        published: published.is_some(),
        proven_time: published.map(|published| published.proven_time().0),
        cosigners,
    })
}

/// A line that does not verify counts as none: it is the node's to show it, not the operator's.
fn cosigner(operator: &Operator, signed: &SignedCheckpoint) -> CosignerView {
    let time = |key: &VerifierKey| cosignature::verify(key, signed).ok().flatten();
    let (ed25519, ml_dsa) = (time(&operator.cosigner_ed25519), time(&operator.cosigner_ml_dsa));
    let seconds = |time: Option<Timestamp>| time.map(|time| time.0);
    CosignerView {
        operator: operator.name.clone(),
        ed25519_time: seconds(ed25519),
        mldsa_time: seconds(ml_dsa),
        counts: ed25519.is_some() && ml_dsa.is_some(),
    }
}

fn signed_by_log(
    session: &Session,
    host: &mut dyn Host,
    origin: &str,
    file: Blob,
) -> Result<SignedCheckpoint, Refusal> {
    let authority = session.federation()?.current().authority_by_origin(origin);
    let authority = authority.ok_or_else(Refusal::log_unknown)?;
    let signed = SignedCheckpoint::parse(&file.whole(host, NOTE)?)?;
    if signed.checkpoint().origin() != origin {
        return Err(Refusal::other_origin());
    }
    signed.verify(origin, &[&authority.log]).map_err(Refusal::not_proven)?;
    Ok(signed)
}

/// A checkpoint that a quorum cosigned.
fn published(
    session: &Session,
    host: &mut dyn Host,
    origin: &str,
    file: Blob,
) -> Result<Checkpoint, Refusal> {
    let signed = signed_by_log(session, host, origin, file)?;
    session.federation()?.verify_checkpoint(&signed, &[])?;
    Ok(signed.checkpoint().clone())
}

fn bundle_id(size: u64, number: u64) -> Result<BundleId, Refusal> {
    let inside = size <= limits::TREE_SIZE;
    let id = inside.then(|| BundleId::at(number, TreeSize(size))).flatten();
    id.ok_or_else(|| Refusal::question("The tree has no such entry bundle."))
}

/// What to fetch to see and prove the entries of a bundle in the tree of this size.
pub(crate) fn plan_entries(size: u64, number: u64) -> Result<Paths, Refusal> {
    let id = bundle_id(size, number)?;
    let mut tiles = BTreeSet::new();
    for index in id.start()..id.end() {
        tiles.extend(inclusion_plan(index, size)?.tiles().iter().copied());
    }
    let tiles = tiles.into_iter().map(TileId::path);
    Ok(Paths { paths: std::iter::once(id.path()).chain(tiles).collect() })
}

fn inclusion_plan(index: u64, size: u64) -> Result<plan::Plan, Refusal> {
    plan::inclusion(LeafIndex(index), TreeSize(size)).map_err(Refusal::question)
}

/// The entries of a bundle, each with its proof to the root of a checkpoint that a quorum cosigned.
pub(crate) fn entries(
    session: &Session,
    host: &mut dyn Host,
    origin: &str,
    checkpoint: Blob,
    number: u64,
    parts: &Parts,
) -> Result<Entries, Refusal> {
    let tree = published(session, host, origin, checkpoint)?;
    let (size, root) = (tree.size(), tree.root());
    let id = bundle_id(size.0, number)?;
    let bytes = named(parts, &id.path())?.whole(host, BUNDLE)?;
    let widths = [id.width(), limits::TILE_WIDTH];
    // Where a partial bundle is gone, the full one was fetched in its place.
    let found = widths.iter().find_map(|width| bundle::parse(&bytes, *width).ok());
    let found = found.ok_or_else(|| Refusal::not_proven("The entry bundle is malformed."))?;
    let mut tiles = Tiles::new(parts);
    let mut entries = Vec::new();
    for (index, bytes) in (id.start()..id.end()).zip(found) {
        let plan = inclusion_plan(index, size.0)?;
        let proof = tiles.finish(host, plan.tiles(), |tiles| plan.finish(tiles))?;
        inclusion::verify(&leaf_hash(bytes), LeafIndex(index), size, root, &proof)
            .map_err(Refusal::not_proven)?;
        entries.push(EntryView::new(index, bytes, &proof).map_err(Refusal::not_proven)?);
    }
    Ok(Entries { size: size.0, root: root.to_hex(), entries })
}

/// What to fetch to prove that a tree goes on from an older one.
pub(crate) fn plan_consistency(old_size: u64, size: u64) -> Result<Paths, Refusal> {
    let plan = consistency_plan(old_size, size)?;
    Ok(Paths { paths: plan.tiles().iter().map(|tile| tile.path()).collect() })
}

fn consistency_plan(old_size: u64, size: u64) -> Result<plan::Plan, Refusal> {
    plan::consistency(TreeSize(old_size), TreeSize(size)).map_err(Refusal::question)
}

/// Checks that a published tree goes on from an older checkpoint of the same log.
pub(crate) fn consistency(
    session: &Session,
    host: &mut dyn Host,
    origin: &str,
    old: Blob,
    checkpoint: Blob,
    parts: &Parts,
) -> Result<Consistent, Refusal> {
    let old = signed_by_log(session, host, origin, old)?;
    let (old, new) = (old.checkpoint(), published(session, host, origin, checkpoint)?);
    let plan = consistency_plan(old.size().0, new.size().0)?;
    let proof = Tiles::new(parts).finish(host, plan.tiles(), |tiles| plan.finish(tiles))?;
    consistent::verify(old.size(), old.root(), new.size(), new.root(), &proof)
        .map_err(Refusal::not_proven)?;
    Ok(Consistent { old_size: old.size().0, size: new.size().0, consistent: true })
}

fn named(parts: &Parts, path: &str) -> Result<Blob, Refusal> {
    let missing = || Refusal::question(format!("{path} was not given."));
    parts.get(path).copied().ok_or_else(missing)
}

/// Tiles that were given, each read once.
struct Tiles<'a> {
    parts: &'a Parts,
    read: BTreeMap<TileId, Vec<u8>>,
}

impl<'a> Tiles<'a> {
    fn new(parts: &'a Parts) -> Tiles<'a> {
        Tiles { parts, read: BTreeMap::new() }
    }

    fn finish<T>(
        &mut self,
        host: &mut dyn Host,
        wanted: &[TileId],
        finish: impl FnOnce(&[&[u8]]) -> Result<T, plan::PlanError>,
    ) -> Result<T, Refusal> {
        for tile in wanted {
            if !self.read.contains_key(tile) {
                let mut bytes = named(self.parts, &tile.path())?.whole(host, TILE)?;
                // Where a partial tile is gone, the full one was fetched in its place.
                bytes.truncate(tile.byte_len());
                self.read.insert(*tile, bytes);
            }
        }
        let tiles: Vec<&[u8]> = wanted.iter().map(|tile| self.read[tile].as_slice()).collect();
        finish(&tiles).map_err(Refusal::not_proven)
    }
}
