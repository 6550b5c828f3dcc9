//! One log's files, checked against what follows from its entries.

use std::collections::BTreeMap;
use std::fmt;

use proto::checkpoint::SignedCheckpoint;
use proto::federation::{Federation, Untrusted};
use proto::hash::{EMPTY_ROOT, Hash, LeafIndex, TreeSize, leaf_hash};
use proto::ledger::{Entry, Refusal, Rules, Seen, State, plan};
use proto::note::VerifierKey;
use proto::tile::grow::Edge;
use proto::tile::path::{self, Resource};
use proto::tile::{BundleId, TileId, bundle, hashes_at_level, right_edge};

use super::problem::Problem;
use crate::store::{Files, StoreError};

/// Complaints about one log after which the rest is only counted on.
const MAX_PROBLEMS: usize = 100;

/// Whose log it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    /// Written here: its checkpoint is published.
    Own,
    /// Mirrored: it may hold less than its pending checkpoint.
    Mirror,
}

/// What to check.
pub(super) struct Subject {
    pub(super) kind: Kind,
    pub(super) prefix: String,
    pub(super) origin: Option<String>,
}

/// What was found.
pub(super) struct Report {
    name: String,
    kind: Kind,
    size: TreeSize,
    root: Hash,
    published: TreeSize,
    /// Files beyond the pending checkpoint: nobody was promised them.
    beyond: u64,
    pub(super) problems: Vec<Problem>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.kind == Kind::Own { "log" } else { "mirror" };
        let (name, size, root, published) = (&self.name, self.size, self.root, self.published);
        write!(f, "{kind} {name}: {size} entries, root {root}, checkpoint at {published}")?;
        if self.beyond > 0 {
            write!(f, ", {} files of an unfinished round", self.beyond)?;
        }
        match self.problems.len() {
            0 => write!(f, ": ok"),
            1 => write!(f, ": 1 problem"),
            MAX_PROBLEMS => write!(f, ": {MAX_PROBLEMS} problems or more"),
            count => write!(f, ": {count} problems"),
        }
    }
}

/// Checks one log.
pub(super) fn check(files: &Files, federation: &Federation, subject: Subject) -> Report {
    let mut report = Report {
        name: subject.origin.clone().unwrap_or_else(|| subject.prefix.clone()),
        kind: subject.kind,
        size: TreeSize(0),
        root: EMPTY_ROOT,
        published: TreeSize(0),
        beyond: 0,
        problems: Vec::new(),
    };
    let rules = subject.origin.as_deref().and_then(|origin| federation.rules_for(origin));
    let Some(rules) = rules else {
        report.problems.push(Problem::UnknownLog { path: subject.prefix });
        return report;
    };
    let mut check = Check {
        files,
        prefix: subject.prefix,
        rules: &rules,
        edge: Edge::empty(),
        partial: BTreeMap::new(),
        state: State::new(),
        seen: Seen::default(),
        report: &mut report,
    };
    if let Err(problem) = check.run(federation) {
        check.report.problems.push(problem);
    }
    report
}

/// What a checkpoint file says.
struct Claim {
    path: String,
    size: TreeSize,
    root: Hash,
}

struct Check<'a> {
    files: &'a Files,
    prefix: String,
    rules: &'a Rules,
    edge: Edge,
    /// The newest partial tile of each level.
    partial: BTreeMap<u8, (TileId, Vec<u8>)>,
    state: State,
    seen: Seen,
    report: &'a mut Report,
}

impl Check<'_> {
    fn run(&mut self, federation: &Federation) -> Result<(), Problem> {
        // Checkpoints first: what a running node adds after this is beyond them.
        let published = self.claim("checkpoint", federation)?;
        let pending = self.claim("pending", federation)?;
        self.report.published = published.size;
        if pending.size < published.size {
            let (pending, published) = (pending.size, published.size);
            let path = self.path("pending");
            self.note(Problem::PendingBehind { path, pending, published });
        }
        let limit = pending.size.max(published.size);
        let claims = [published, pending];
        self.replay(limit, &claims)?;
        self.report.size = self.edge.size();
        self.report.root = self.edge.root();
        for claim in claims.iter().filter(|claim| claim.size > self.edge.size()) {
            // A mirror may wait for entries of its pending checkpoint, never of its own.
            if self.report.kind == Kind::Own || claim.path.ends_with("/checkpoint") {
                let next = BundleId::at(self.edge.size().0 / 256, claim.size);
                let path = self.path(&next.map(BundleId::path).unwrap_or_default());
                return Err(Problem::Missing { path });
            }
        }
        self.check_edge(self.edge.size())?;
        let folder = self.path("tile");
        self.walk(&folder, limit)
    }

    /// Reads a checkpoint file and checks who signed it. One that is missing is the empty log's.
    fn claim(&mut self, name: &str, federation: &Federation) -> Result<Claim, Problem> {
        let path = self.path(name);
        let Some(bytes) = self.files.read(&path)? else {
            return Ok(Claim { path, size: TreeSize(0), root: EMPTY_ROOT });
        };
        let signed = SignedCheckpoint::parse(&bytes)
            .map_err(|error| Problem::NotACheckpoint { path: path.clone(), error })?;
        let origin = self.rules.origin();
        let keys: Vec<&VerifierKey> = federation
            .versions()
            .filter_map(|version| version.authority_by_origin(origin))
            .map(|authority| &authority.log)
            .collect();
        if let Err(error) = signed.verify(origin, &keys) {
            self.note(Problem::NotSigned { path: path.clone(), error });
        } else if self.report.kind == Kind::Own && name == "checkpoint" {
            match federation.verify_checkpoint(&signed, &[]) {
                // Cosigned by keys that were dropped since: it was published then.
                Ok(_) | Err(Untrusted::OldKeys) => {}
                Err(error) => self.note(Problem::NotPublished { path: path.clone(), error }),
            }
        }
        let checkpoint = signed.checkpoint();
        Ok(Claim { path, size: checkpoint.size(), root: *checkpoint.root() })
    }

    /// Puts all entries up to the limit through the rules and the tree, as far as they are there.
    fn replay(&mut self, limit: TreeSize, claims: &[Claim]) -> Result<(), Problem> {
        self.meet(claims);
        while self.edge.size() < limit {
            let start = self.edge.size().0;
            let Some(most) = BundleId::at(start / 256, limit) else { break };
            let Some((width, bytes)) = self.widest_bundle(most)? else { break };
            let path = self.path(&most.path());
            let entries = bundle::parse(&bytes, width);
            let entries = entries.map_err(|_| Problem::NotABundle { path })?;
            let mut leaves = Vec::with_capacity(entries.len());
            for (index, entry) in (start..).zip(&entries) {
                self.apply(LeafIndex(index), entry);
                leaves.push(leaf_hash(entry));
                let size = TreeSize(index + 1);
                if claims.iter().any(|claim| claim.size == size) || leaves.len() == entries.len() {
                    self.grow(&leaves)?;
                    leaves.clear();
                    self.meet(claims);
                }
            }
            self.check_partial_bundles(most, &bytes, &entries)?;
            if entries.len() < 256 {
                break;
            }
        }
        Ok(())
    }

    fn apply(&mut self, index: LeafIndex, bytes: &[u8]) {
        let applied = Entry::parse(bytes).map_err(Refusal::from).and_then(|entry| {
            let found = self.seen.find(&plan(&entry));
            self.state.apply(self.rules, &entry, &found, None)
        });
        self.seen.keep(&self.state);
        self.state.commit();
        if let Err(refusal) = applied {
            self.note(Problem::Rule { index, refusal });
        }
    }

    /// Compares with the checkpoints of the size that is reached.
    fn meet(&mut self, claims: &[Claim]) {
        let reached = self.edge.size();
        for claim in claims.iter().filter(|claim| claim.size == reached) {
            let (path, size) = (claim.path.clone(), claim.size);
            if claim.root != self.edge.root() {
                self.note(Problem::OtherRoot { path, size });
            } else if size.0 > 0 && !self.state.closing() {
                self.note(Problem::NotClosed { path, size });
            }
            if let Err(problem) = self.check_edge(size) {
                self.note(problem);
            }
        }
    }

    /// Adds leaf hashes and compares the full tiles that they complete.
    fn grow(&mut self, leaves: &[Hash]) -> Result<(), Problem> {
        let grown = self.edge.grow(leaves);
        let full = |_| Problem::Foreign { path: self.prefix.clone() };
        for tile in grown.map_err(full)? {
            if tile.id.is_partial() {
                self.partial.insert(tile.id.level(), (tile.id, tile.bytes));
                continue;
            }
            self.partial.remove(&tile.id.level());
            let path = self.path(&tile.id.path());
            match self.files.read(&path)? {
                Some(bytes) if bytes == tile.bytes => {}
                Some(_) => self.note(Problem::Differs { path: path.clone() }),
                None => self.note(Problem::Missing { path: path.clone() }),
            }
            self.check_partial_tiles(&format!("{path}.p"), &tile.bytes)?;
        }
        Ok(())
    }

    /// The partial tiles of a size, each from its own file or the start of the full one.
    fn check_edge(&mut self, size: TreeSize) -> Result<(), Problem> {
        for id in right_edge(size) {
            let Some((_, want)) =
                self.partial.get(&id.level()).filter(|(at, _)| *at == id).cloned()
            else {
                continue;
            };
            let path = self.path(&id.path());
            let full = self.path(&id.full().map(TileId::path).unwrap_or_default());
            let found = match self.files.read(&path)? {
                None => self.files.read(&full)?,
                found => found,
            };
            match found {
                None => self.note(Problem::Missing { path }),
                Some(bytes) if bytes.get(..want.len()) != Some(&want[..]) => {
                    self.note(Problem::Differs { path });
                }
                Some(_) => self.check_partial_tiles(&format!("{full}.p"), &want)?,
            }
        }
        Ok(())
    }

    /// Every partial tile of a place is a start of the widest one that is known.
    fn check_partial_tiles(&mut self, folder: &str, widest: &[u8]) -> Result<(), Problem> {
        for (width, path) in self.partials(folder)? {
            // A wider one is of a later size, and compared there or nowhere.
            let Some(want) = widest.get(..width * 32) else { continue };
            if self.files.read(&path)?.is_some_and(|bytes| bytes != want) {
                self.note(Problem::Differs { path });
            }
        }
        Ok(())
    }

    fn check_partial_bundles(
        &mut self,
        most: BundleId,
        bytes: &[u8],
        entries: &[&[u8]],
    ) -> Result<(), Problem> {
        let full = most.full().map(BundleId::path).unwrap_or_default();
        for (width, path) in self.partials(&self.path(&format!("{full}.p")))? {
            let Some(entries) = entries.get(..width) else { continue };
            let len: usize = entries.iter().map(|entry| entry.len() + 2).sum();
            if self.files.read(&path)?.is_some_and(|found| Some(&found[..]) != bytes.get(..len)) {
                self.note(Problem::Differs { path });
            }
        }
        Ok(())
    }

    /// A bundle with as many entries as the files have, up to the width of `most`.
    fn widest_bundle(&self, most: BundleId) -> Result<Option<(u16, Vec<u8>)>, Problem> {
        if let Some(bytes) = self.files.read(&self.path(&most.path()))? {
            return Ok(Some((most.width(), bytes)));
        }
        let Some(full) = most.full() else { return Ok(None) };
        let path = self.path(&full.path());
        if let Some(bytes) = self.files.read(&path)? {
            let entries = bundle::parse(&bytes, full.width());
            let entries = entries.map_err(|_| Problem::NotABundle { path })?;
            let part = entries.get(..usize::from(most.width())).unwrap_or_default();
            return Ok(bundle::to_bytes(part).ok().map(|bytes| (most.width(), bytes)));
        }
        let narrower = self.partials(&format!("{path}.p"))?.into_iter();
        let narrower = narrower.filter(|(width, _)| *width < usize::from(most.width()));
        let Some((width, path)) = narrower.max() else { return Ok(None) };
        let width = u16::try_from(width).unwrap_or(0);
        Ok(self.files.read(&path)?.map(|bytes| (width, bytes)))
    }

    /// The partial files in a folder with their widths; other names are found by the walk.
    fn partials(&self, folder: &str) -> Result<Vec<(usize, String)>, StoreError> {
        let width = |path: &str| path.rsplit('/').next().and_then(|name| name.parse().ok());
        let paths = self.files.list(folder)?.into_iter();
        Ok(paths.filter_map(|path| Some((width(&path)?, path))).collect())
    }

    /// Looks for files that belong to no tree, and for those beyond the limit.
    fn walk(&mut self, folder: &str, limit: TreeSize) -> Result<(), Problem> {
        for path in self.files.list(folder)? {
            if path.ends_with('/') {
                self.walk(&path, limit)?;
                continue;
            }
            let name = path.strip_prefix(&self.prefix).and_then(|rest| rest.strip_prefix('/'));
            let (level, index, width) = match name.map(path::parse) {
                Some(Ok(Resource::Tile(tile))) => (tile.level(), tile.index(), tile.width()),
                Some(Ok(Resource::Bundle(bundle))) => (0, bundle.index(), bundle.width()),
                _ => {
                    self.note(Problem::Foreign { path });
                    continue;
                }
            };
            let end = index.saturating_mul(256).saturating_add(u64::from(width));
            if end > hashes_at_level(level, limit) {
                self.report.beyond += 1;
            }
        }
        Ok(())
    }

    fn note(&mut self, problem: Problem) {
        // The two checkpoints are often of one size, and would be told the same twice.
        let text = problem.to_string();
        let known = self.report.problems.iter().any(|other| other.to_string() == text);
        if !known && self.report.problems.len() < MAX_PROBLEMS {
            self.report.problems.push(problem);
        }
    }

    fn path(&self, path: &str) -> String {
        format!("{}/{path}", self.prefix)
    }
}
