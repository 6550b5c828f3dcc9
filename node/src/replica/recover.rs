//! Opening a log's copy: what a crash left is brought to a state that the normal path could have
//! left, by the code of the normal path.
//!
//! 1. What lies beyond the limit is removed. It was never promised, and the next round may want to
//!    write other bytes there.
//! 2. The state is taken from the index at its mark, if the files agree with it; otherwise from
//!    nothing.
//! 3. Every further entry in the bundles is put through `apply`. The bundles are the truth; tiles
//!    that are missing are made again, and one that differs is a fatal error.

use std::sync::Arc;

use proto::hash::{LeafIndex, TreeSize, leaf_hash};
use proto::ledger::{Entry, Rules, State};
use proto::tile::{BundleId, LEVELS, TileId, hashes_at_level};

use super::growth::{Growth, Partials};
use super::reader::ReadError;
use super::tile_tree::Bundle;
use super::{ApplyError, Batches, Replica, ReplicaError};
use crate::store::{LogIndex, Store};

/// How far beyond the last file found others are looked for: more bundles than one round can fill
/// (`round_submissions` is at most 100,000), so that holes left by a crash do not end the search.
const PROBED_BUNDLES: u64 = 512;
/// The same for tiles of level 1 and above: a round fills two of them.
const PROBED_TILES: u64 = 8;
/// Entries are written in parts of this size while recovery replays.
const PART_BYTES: usize = 16 * 1024 * 1024;
/// The same, counted in entries.
const PART_ENTRIES: usize = 16 * 1024;

pub(super) fn open(
    store: Arc<dyn Store>,
    index: LogIndex,
    prefix: &str,
    rules: Rules,
    limit: TreeSize,
) -> Result<Replica, ReplicaError> {
    remove_beyond(&*store, prefix, limit)?;
    let (state, growth) = match believed(&store, &index, prefix, &rules, limit)? {
        Some(found) => found,
        None => {
            if index.mark().is_some() {
                tracing::warn!(prefix, "index does not fit the files, building it again");
            }
            index.clear()?;
            (State::new(), Growth::empty(Arc::clone(&store), prefix))
        }
    };
    let size = growth.size();
    let batches = Arc::new(Batches::new(index.clone(), Arc::clone(growth.reader())));
    let mut replica = Replica {
        prefix: prefix.to_owned(),
        store,
        rules,
        state,
        growth,
        index,
        batches,
        staged: Vec::new(),
        swept: size,
        marked: size,
        dump_bytes: 0,
        usable: true,
    };
    replica.replay(limit)?;
    Ok(replica)
}

/// The state at the index's mark and the right edge there, if the files agree.
fn believed(
    store: &Arc<dyn Store>,
    index: &LogIndex,
    prefix: &str,
    rules: &Rules,
    limit: TreeSize,
) -> Result<Option<(State, Growth)>, ReplicaError> {
    let Some(mark) = index.mark().filter(|mark| mark.size <= limit && mark.size.0 > 0) else {
        return Ok(None);
    };
    let Some(state) = index.state()?.and_then(|dump| State::from_bytes(&dump).ok()) else {
        return Ok(None);
    };
    let mut growth = Growth::empty(Arc::clone(store), prefix);
    let last = LeafIndex(mark.size.0 - 1);
    let read = growth.load(mark.size).and_then(|()| growth.reader().entry(last));
    let last = match read {
        Ok(entry) => entry,
        Err(ReadError::Store(error)) => return Err(error.into()),
        // A replay from the start says what is wrong with which file.
        Err(_) => return Ok(None),
    };
    let closed = matches!(Entry::parse(&last), Ok(Entry::Snapshot(snapshot))
        if snapshot == state.snapshot(rules, snapshot.time));
    let agrees = closed && growth.root() == mark.root && state.size() == mark.size;
    Ok(agrees.then_some((state, growth)))
}

impl Replica {
    /// Puts the entries that the files hold beyond the state, up to the limit, through `apply`.
    fn replay(&mut self, limit: TreeSize) -> Result<(), ReplicaError> {
        let mut bytes = 0;
        while self.applied() < limit {
            let from = self.applied().0;
            let Some(bundle) = self.widest_bundle(BundleId::at(from / 256, limit))? else { break };
            if bundle.len() as u64 <= from % 256 {
                break;
            }
            self.check_known_part(from, &bundle)?;
            for entry in bundle.entries().skip((from % 256) as usize) {
                let index = LeafIndex(self.applied().0);
                self.apply(entry, None).map_err(|error| match error {
                    ApplyError::Replica(error) => error,
                    ApplyError::Refused(refusal) => {
                        ReplicaError::Rule { prefix: self.prefix.clone(), index, refusal }
                    }
                })?;
                bytes += entry.len();
            }
            if self.staged.len() >= PART_ENTRIES || bytes >= PART_BYTES {
                self.write_staged(Partials::Omit)?;
                self.batches.index_until(self.size())?;
                bytes = 0;
            }
            if bundle.len() < 256 {
                break;
            }
        }
        self.write_staged(Partials::Omit)?;
        Ok(self.growth.write_partials()?)
    }

    /// A bundle that goes on from one whose start is known must have the same start.
    fn check_known_part(&self, from: u64, bundle: &Bundle) -> Result<(), ReplicaError> {
        // Only the first bundle after the mark is known in part; nothing is staged then.
        let known = self.growth.partial_leaves();
        let same = bundle.entries().map(leaf_hash).zip(known).all(|(a, b)| a == *b);
        if from.is_multiple_of(256) || !self.staged.is_empty() || same {
            return Ok(());
        }
        let path = BundleId::new(from / 256, 256).map(BundleId::path).unwrap_or_default();
        Err(ReadError::Damaged { path: self.growth.path(path) }.into())
    }

    /// The bundle at a place with as many entries as the files have, up to the width of `most`.
    fn widest_bundle(&self, most: Option<BundleId>) -> Result<Option<Bundle>, ReplicaError> {
        let Some(most) = most else { return Ok(None) };
        match self.growth.bundle(most) {
            Ok(bundle) => return Ok(Some(bundle)),
            Err(ReadError::Missing { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let Some(full) = most.full() else { return Ok(None) };
        let folder = self.growth.path(format!("{}.p", full.path()));
        let widths = self.store.list(&folder)?;
        let widest = widths.iter().filter_map(|path| width_of(path)).filter(|w| *w < most.width());
        let Some(id) = widest.max().and_then(|width| BundleId::new(most.index(), width)) else {
            return Ok(None);
        };
        Ok(Some(self.growth.bundle(id)?))
    }
}

/// Removes every file that a tree of this size has not.
fn remove_beyond(store: &dyn Store, prefix: &str, limit: TreeSize) -> Result<(), ReplicaError> {
    let bundle = |index| BundleId::new(index, 256).map(BundleId::path);
    remove_places_beyond(store, prefix, (limit.0, PROBED_BUNDLES), &bundle, &bundle_prefix)?;
    for level in 0..LEVELS {
        let tile = |index| TileId::new(level, index, 256).map(TileId::path);
        let count = hashes_at_level(level, limit);
        let probed = if level == 0 { PROBED_BUNDLES } else { PROBED_TILES };
        remove_places_beyond(store, prefix, (count, probed), &tile, &tile_prefix)?;
    }
    Ok(())
}

/// The bytes of a full file as they were when it had fewer parts.
type FirstParts = dyn Fn(&[u8], usize) -> Option<Vec<u8>>;

/// The same for one kind of file, of which the tree has `count` parts (hashes or entries); ends
/// after `probed` empty places.
fn remove_places_beyond(
    store: &dyn Store,
    prefix: &str,
    (count, probed): (u64, u64),
    full_path: &dyn Fn(u64) -> Option<String>,
    first_parts: &FirstParts,
) -> Result<(), ReplicaError> {
    let (edge, width) = (count / 256, (count % 256) as usize);
    let mut empty_places = 0;
    for index in edge.. {
        let Some(path) = full_path(index) else { break };
        let (full, folder) = (format!("{prefix}/{path}"), format!("{prefix}/{path}.p"));
        let whole = store.read(&full)?;
        let partials = store.list(&folder)?;
        let at_edge = index == edge && width > 0;
        let empty = whole.is_none() && partials.is_empty();
        empty_places = if empty { empty_places + 1 } else { 0 };
        if let Some(bytes) = whole {
            // The partial file may be gone where a larger tree was published, and a backup with a
            // smaller pending checkpoint came back: its part of the full file is brought back.
            let kept = format!("{folder}/{width}");
            if let Some(part) = first_parts(&bytes, width).filter(|_| at_edge)
                && !partials.contains(&kept)
            {
                store.write_once(vec![(kept, part)])?;
            }
            store.remove(&full)?;
        }
        if at_edge {
            let beyond = |path: &&String| width_of(path).is_none_or(|w| usize::from(w) > width);
            partials.iter().filter(beyond).try_for_each(|path| store.remove(path))?;
        } else if !partials.is_empty() {
            store.remove(&folder)?;
        }
        if empty_places >= probed {
            break;
        }
    }
    Ok(())
}

fn tile_prefix(bytes: &[u8], width: usize) -> Option<Vec<u8>> {
    bytes.get(..width * 32).map(<[u8]>::to_vec)
}

fn bundle_prefix(bytes: &[u8], width: usize) -> Option<Vec<u8>> {
    let whole = Bundle::parse(bytes.to_vec(), 256).ok()?;
    let mut part = Bundle::default();
    whole.entries().take(width).for_each(|entry| part.push(entry));
    Some(part.bytes().to_vec())
}

/// The width at the end of the path of a partial file.
fn width_of(path: &str) -> Option<u16> {
    let digits = path.rsplit('/').next()?;
    let width: u16 = digits.parse().ok().filter(|width| (1..256).contains(width))?;
    (width.to_string() == digits).then_some(width)
}
