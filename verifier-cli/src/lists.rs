//! The status lists that `verify` has at hand: those of the store and those that were named. The
//! lists of a log are read and verified once, when the first receipt of that log asks for them.

use crate::kept;
use crate::store::Store;
use crate::trouble::{ListTrouble, RunError};
use proto::federation::{Authority, Federation};
use proto::hash::Timestamp;
use proto::status_list::VerifiedStatusList;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The lists of all logs of a federation.
pub struct Lists<'a> {
    federation: &'a Federation,
    store: Option<Store>,
    /// The moment that is asked about.
    at: Option<Timestamp>,
    logs: BTreeMap<String, OnceLock<Loaded>>,
}

/// The lists of one log.
#[derive(Default)]
struct Loaded {
    lists: Vec<VerifiedStatusList>,
    /// When each was fetched; none where it was named by hand.
    fetched: Vec<Option<Timestamp>>,
    /// The file that cannot be used, and why.
    refused: Option<(PathBuf, Arc<ListTrouble>)>,
}

/// A list that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    pub origin: String,
    pub as_of: Timestamp,
    /// How many documents the list covers.
    pub documents: u64,
}

impl<'a> Lists<'a> {
    /// Those of the store, for one moment or for now, and those in the files that are named, which
    /// must be good.
    pub fn new(
        federation: &'a Federation,
        store: Option<Store>,
        at: Option<Timestamp>,
        named: &[PathBuf],
    ) -> Result<Lists<'a>, RunError> {
        let all = federation.versions().flat_map(|version| &version.authorities);
        let origins = all.map(Authority::origin);
        let logs = origins.map(|origin| (origin.to_owned(), OnceLock::new())).collect();
        let mut lists = Lists { federation, store, at, logs };
        for path in named {
            let list = kept::open(path, federation)
                .map_err(|why| RunError::List { path: path.clone(), why })?;
            lists.add(list);
        }
        Ok(lists)
    }

    fn add(&mut self, list: VerifiedStatusList) {
        let origin = list.published().origin().to_owned();
        let before = self.logs.get_mut(&origin).and_then(OnceLock::take);
        let mut loaded = before.unwrap_or_else(|| self.load(&origin));
        loaded.lists.push(list);
        loaded.fetched.push(None);
        self.logs.insert(origin, OnceLock::from(loaded));
    }

    /// The lists of a log.
    pub fn of(&self, origin: &str) -> &[VerifiedStatusList] {
        self.loaded(origin).map_or(&[], |loaded| &loaded.lists)
    }

    /// The file of a log that cannot be used, and why.
    pub fn refused(&self, origin: &str) -> Option<(&Path, &Arc<ListTrouble>)> {
        let refused = self.loaded(origin)?.refused.as_ref();
        refused.map(|(path, why)| (path.as_path(), why))
    }

    /// When the list of this log and time was fetched; none if it was named by hand.
    pub fn fetched(&self, origin: &str, as_of: Timestamp) -> Option<Timestamp> {
        let loaded = self.loaded(origin)?;
        let mut lists = loaded.lists.iter().zip(&loaded.fetched);
        lists.find(|(list, _)| list.time() == as_of).and_then(|(_, fetched)| *fetched)
    }

    /// Of each log that was asked for: the newest list, of those not after the moment.
    pub fn used(&self) -> Vec<Used> {
        let newest = |(origin, loaded): (&String, &OnceLock<Loaded>)| {
            let lists = loaded.get()?.lists.iter();
            let lists = lists.filter(|list| self.at.is_none_or(|at| list.time() <= at));
            let list = lists.max_by_key(|list| (list.time(), list.published().size()))?;
            let (origin, as_of) = (origin.clone(), list.time());
            Some(Used { origin, as_of, documents: list.tree().length() })
        };
        self.logs.iter().filter_map(newest).collect()
    }

    fn loaded(&self, origin: &str) -> Option<&Loaded> {
        Some(self.logs.get(origin)?.get_or_init(|| self.load(origin)))
    }

    fn load(&self, origin: &str) -> Loaded {
        let mut loaded = Loaded::default();
        let Some(store) = &self.store else { return loaded };
        let kept = store.lists(self.federation.id(), origin);
        let paths = match self.at {
            None => kept.newest().map(Vec::from_iter),
            Some(at) => kept.around(at),
        };
        let refuse = |path: PathBuf, why| Some((path, Arc::new(why)));
        match paths {
            Err(error) => loaded.refused = refuse(kept.folder().to_owned(), error.into()),
            Ok(paths) => {
                for path in paths {
                    match kept::open(&path, self.federation) {
                        Ok(list) => {
                            loaded.lists.push(list);
                            loaded.fetched.push(kept::written(&path));
                        }
                        Err(why) => loaded.refused = refuse(path, why),
                    }
                }
            }
        }
        loaded
    }
}
