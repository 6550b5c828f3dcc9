//! What the page trusts and has at hand: one federation, status lists of its logs, and what was
//! brought of clocks outside it.

use crate::ask::Named;
use crate::host::{Blob, Host};
use crate::outside::Brought;
use crate::refusal::Refusal;
use proto::anchor::clocks::Bitcoin;
use proto::federation::{Authority, Federation};
use proto::hash::{Hash, Timestamp, sha256};
use proto::limits;
use proto::status_list::{StatusList, VerifiedStatusList};
use serde::Serialize;
use std::collections::BTreeMap;

/// Lists of one log that are kept; a page needs the newest, and one for a moment of the past.
const LISTS: usize = 8;

/// What the page trusts and has at hand.
#[derive(Debug, Default)]
pub struct Session {
    federation: Option<Federation>,
    lists: BTreeMap<String, Lists>,
    brought: Brought,
}

/// The lists of one log, newest first, and when each was fetched.
#[derive(Debug, Default)]
struct Lists {
    lists: Vec<VerifiedStatusList>,
    fetched: Vec<Option<Timestamp>>,
}

/// The federation that is trusted.
#[derive(Debug, Serialize)]
pub(crate) struct FederationView {
    id: String,
    name: String,
    version: u64,
    expires: String,
    quorum: u64,
    faults: u64,
    status_age_s: u64,
    authorities: Vec<AuthorityView>,
    operators: Vec<String>,
}

#[derive(Debug, Serialize)]
struct AuthorityView {
    name: String,
    display_name: String,
    origin: String,
    origin_hash: String,
    operator: String,
    url: String,
}

/// A federation file that was taken, or was not newer.
#[derive(Debug, Serialize)]
pub(crate) struct Renewed {
    federation: FederationView,
    changed: bool,
}

/// A status list that was taken.
#[derive(Debug, Serialize)]
pub(crate) struct ListView {
    origin: String,
    as_of: u64,
    documents: u64,
    tree_size: u64,
    bytes: u64,
}

impl Session {
    /// Nothing is trusted yet.
    pub const fn new() -> Session {
        Session { federation: None, lists: BTreeMap::new(), brought: Brought::NOTHING }
    }

    /// The federation that is trusted.
    pub(crate) fn federation(&self) -> Result<&Federation, Refusal> {
        self.federation.as_ref().ok_or_else(Refusal::no_federation)
    }

    /// The Bitcoin block that the federation names.
    pub(crate) fn bitcoin(&self) -> Option<&Bitcoin> {
        self.federation.as_ref()?.current().clocks.bitcoin.as_ref()
    }

    /// What was brought of clocks outside the federation.
    pub(crate) fn brought(&self) -> &Brought {
        &self.brought
    }

    /// The lists of a log.
    pub(crate) fn lists(&self, origin: &str) -> &[VerifiedStatusList] {
        self.lists.get(origin).map_or(&[], |lists| &lists.lists)
    }

    /// When the list of this log and time was fetched, if that was said.
    pub(crate) fn fetched(&self, origin: &str, as_of: Timestamp) -> Option<Timestamp> {
        let lists = self.lists.get(origin)?;
        let place = lists.lists.iter().position(|list| list.time() == as_of)?;
        lists.fetched.get(place).copied().flatten()
    }

    /// Trusts a federation by the word of whoever gave the file; what was trusted before is not.
    pub(crate) fn trust(
        &mut self,
        host: &mut dyn Host,
        file: Blob,
    ) -> Result<FederationView, Refusal> {
        let federation = Federation::parse(&file.whole(host, limits::FEDERATION_BYTES)?)?;
        let view = view(&federation);
        *self = Session { federation: Some(federation), ..Session::new() };
        Ok(view)
    }

    /// Takes a newer version of the federation file, if it follows from the one that is trusted.
    pub(crate) fn renew(&mut self, host: &mut dyn Host, file: Blob) -> Result<Renewed, Refusal> {
        let given = Federation::parse(&file.whole(host, limits::FEDERATION_BYTES)?)?;
        let trusted = self.federation()?;
        let continues = given.continues(trusted);
        if !continues && !trusted.continues(&given) {
            return Err(Refusal::other_federation());
        }
        let changed = continues && given.current() != trusted.current();
        if changed {
            self.federation = Some(given);
        }
        Ok(Renewed { federation: view(self.federation()?), changed })
    }

    /// Takes Bitcoin headers.
    pub(crate) fn add_headers(&mut self, host: &mut dyn Host, file: &Named) -> Result<(), Refusal> {
        let base = *self.bitcoin().ok_or_else(Refusal::bitcoin_not_named)?;
        let bytes = file.blob.whole(host, limits::HEADERS_BYTES)?;
        self.brought.take_headers(&base, &bytes, &file.name)
    }

    /// Takes blocks of EVM chains.
    pub(crate) fn add_blocks(&mut self, host: &mut dyn Host, file: &Named) -> Result<(), Refusal> {
        let bytes = file.blob.whole(host, limits::EVM_BLOCKS_BYTES)?;
        self.brought.take_blocks(&bytes, &file.name)
    }

    /// Takes a status list that a quorum vouches for.
    pub(crate) fn add_list(
        &mut self,
        host: &mut dyn Host,
        file: Blob,
        fetched: Option<u64>,
    ) -> Result<ListView, Refusal> {
        let list = StatusList::parse(&file.whole(host, limits::STATUS_LIST_BYTES)?)?;
        let list = list.verify(self.federation()?, &[])?;
        let (origin, published) = (list.published().origin().to_owned(), list.published());
        let view = ListView {
            origin: origin.clone(),
            as_of: list.time().0,
            documents: list.tree().length(),
            tree_size: published.size().0,
            bytes: file.length,
        };
        let Lists { lists, fetched: times } = self.lists.entry(origin).or_default();
        let newness = |list: &VerifiedStatusList| (list.time(), list.published().size());
        let place = lists.partition_point(|kept| newness(kept) > newness(&list));
        let same = lists.get(place).is_some_and(|kept| newness(kept) == newness(&list));
        let fetched = fetched.map(Timestamp);
        if same {
            times[place] = times[place].max(fetched);
        } else {
            lists.insert(place, list);
            times.insert(place, fetched);
            lists.truncate(LISTS);
            times.truncate(LISTS);
        }
        Ok(view)
    }
}

fn view(federation: &Federation) -> FederationView {
    let version = federation.current();
    let authority = |authority: &Authority| AuthorityView {
        name: authority.name.clone(),
        display_name: authority.display_name.clone(),
        origin: authority.origin().to_owned(),
        origin_hash: sha256(authority.origin().as_bytes()).to_hex(),
        operator: authority.operator.clone(),
        url: authority.url.clone(),
    };
    FederationView {
        id: Hash(federation.id().0).to_hex(),
        name: version.name.clone(),
        version: version.number,
        expires: version.expires.to_string(),
        quorum: version.quorum,
        faults: version.faults,
        status_age_s: version.status_age_s,
        authorities: version.authorities.iter().map(authority).collect(),
        operators: version.operators.iter().map(|operator| operator.name.clone()).collect(),
    }
}
