//! `beleg update`: the newest federation file and status lists, from the nodes into the store.

use crate::args;
use crate::chains::{self, Grown};
use crate::gather::{self, Found, Wanted};
use crate::kept;
use crate::run::{now, read, read_federation};
use crate::store::Store;
use crate::trouble::RunError;
use crate::update::{self, Asked, FetchError, Nodes, Rpc};
use proto::federation::{Authority, Federation};
use proto::hash::Timestamp;
use proto::limits;
use proto::receipt::Receipt;
use proto::status_list::VerifiedStatusList;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use verifier::input;
use verifier::sealed;
use verifier::upgrade::{self, Report, Source, Sources};
use verifier::walk;

/// Bytes of a file with a user's name and password.
const AUTH_BYTES: usize = 4096;

/// What the nodes had to say, and what is in the store now.
pub struct Updated {
    pub newest: Federation,
    pub asked: Vec<Asked>,
    pub logs: Vec<Log>,
    /// What is known of outside chains now.
    pub grown: Vec<Grown>,
    /// What became of the receipts that were named.
    pub receipts: Option<Report>,
}

/// What was had of one log.
pub struct Log {
    pub origin: String,
    pub outcome: Outcome,
    /// Nodes that were of no use, and why.
    pub troubles: Vec<(String, FetchError)>,
}

/// The status list of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A newer one.
    New { list: About, bytes: usize, url: String },
    /// The one that was there.
    Unchanged(About),
    /// The log has published nothing.
    NothingYet,
    /// None, or still the one that was there.
    Nothing(Option<About>),
    /// The log has signed two histories; the files with what proves it.
    SplitView([PathBuf; 2]),
}

/// What a list covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    pub documents: u64,
    pub as_of: Timestamp,
}

impl From<&VerifiedStatusList> for About {
    fn from(list: &VerifiedStatusList) -> About {
        About { documents: list.tree().length(), as_of: list.time() }
    }
}

impl Updated {
    /// 1 for a split view; 2 if a list, or every federation file, could not be had, or a receipt
    /// could not be upgraded.
    pub fn exit(&self) -> u8 {
        let left = |report: &Report| report.refused + report.away > 0;
        let any = |test: fn(&Outcome) -> bool| self.logs.iter().any(|log| test(&log.outcome));
        let answered = self.asked.iter().any(|asked| asked.answer.is_ok());
        if any(|outcome| matches!(outcome, Outcome::SplitView(_))) {
            1
        } else if !answered
            || self.receipts.as_ref().is_some_and(left)
            || any(|outcome| matches!(outcome, Outcome::Nothing(_)))
        {
            2
        } else {
            0
        }
    }
}

/// Asks the nodes and keeps what counts.
pub fn renew(args: &args::Update) -> Result<Updated, RunError> {
    let trusted = read_federation(&args.federation)?;
    let store = Store::named(args.store.as_deref()).ok_or(RunError::NoStore)?;
    let mut nodes = Nodes::new();
    let (newest, asked) = update::federation(&mut nodes, store.newest(trusted)?);
    store.keep(&newest)?;
    let authorities = newest.current().authorities.iter();
    let logs = authorities.map(|authority| renew_log(&mut nodes, &store, &newest, authority));
    let logs = logs.collect::<Result<_, _>>()?;
    let receipts = match args.paths.is_empty() {
        true => None,
        false => Some(receipts(nodes, &newest, &args.paths)),
    };
    // Behind the receipts, which may name a block only now.
    let grown = outside_chains(args, &store, &newest)?;
    Ok(Updated { newest, asked, logs, grown, receipts })
}

/// Adds evidence to receipts. The log's own node is asked first, then every operator's.
fn receipts(nodes: Nodes, federation: &Federation, paths: &[PathBuf]) -> Report {
    let nodes = RefCell::new(nodes);
    let current = federation.current();
    let source = |url: &str, prefix: String| {
        let (url, nodes) = (url.to_owned(), &nodes);
        let get = move |path: &str, limit: usize| {
            nodes.borrow_mut().get(&url, path, limit).map_err(|why| why.to_string())
        };
        Source::new(prefix, &current.clocks, Box::new(get))
    };
    let mut sources = Sources::new();
    for authority in &current.authorities {
        let hash = proto::hash::sha256(authority.origin().as_bytes());
        let others = current.operators.iter().filter(|operator| operator.url != authority.url);
        let others = others.map(|operator| source(&operator.url, format!("/{hash}")));
        let own = std::iter::once(source(&authority.url, String::new()));
        sources.insert(authority.origin().to_owned(), own.chain(others).collect());
    }
    upgrade::all(paths, federation, &mut sources, now())
}

/// Asks the verifier's own nodes, where they are named.
fn outside_chains(
    args: &args::Update,
    store: &Store,
    federation: &Federation,
) -> Result<Vec<Grown>, RunError> {
    let mut grown = Vec::new();
    let node = |name: &str, url: &str, auth: Option<String>| {
        Rpc::new(url, auth).map_err(|why| RunError::Chain { name: name.to_owned(), why })
    };
    match args.bitcoin.as_deref() {
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
            let auth = args.bitcoin_auth.as_deref().map(|path| read(path, AUTH_BYTES));
            let auth = auth.transpose()?.map(|auth| String::from_utf8_lossy(&auth).trim().into());
            let node = node("bitcoin", url, auth)?;
            grown.push(chains::headers_of_node(store, federation, &mut |all| node.call(all))?);
        }
        Some(file) => grown.push(chains::headers_of_file(store, federation, Path::new(file))?),
        None => {}
    }
    let wanted: BTreeSet<(u64, u64)> =
        if args.evm.is_empty() { BTreeSet::new() } else { named_blocks(&args.paths) };
    for named in &args.evm {
        let (name, url) = named.split_once('=').unwrap_or((named, ""));
        let chain = federation.current().clocks.chains.iter().find(|chain| chain.name == name);
        let chain = chain.ok_or_else(|| RunError::NoChain { name: name.to_owned() })?;
        let node = node(name, url, None)?;
        let call: chains::Call<'_> = &mut |all| node.call(all);
        grown.push(chains::blocks_of_node(store, federation, chain, &wanted, call)?);
    }
    Ok(grown)
}

/// The blocks that receipts name, beside documents or in them.
fn named_blocks(paths: &[PathBuf]) -> BTreeSet<(u64, u64)> {
    let receipt = |found| match found {
        walk::Found::Receipt(path) => input::read_bounded(&path, limits::TLOG_PROOF_BYTES).ok(),
        walk::Found::Document(path) => {
            match input::read_bounded(&walk::receipt_path(&path), limits::TLOG_PROOF_BYTES) {
                Ok(receipt) => Some(receipt),
                Err(_) => sealed::open(&path).ok()?.map(|sealed| sealed.receipt),
            }
        }
        walk::Found::Refused(..) => None,
    };
    let receipts = walk::walk(paths).filter_map(receipt);
    let receipts = receipts.filter_map(|bytes| Receipt::parse(&bytes).ok());
    receipts.flat_map(|receipt| chains::named_blocks(&receipt)).collect()
}

fn renew_log(
    nodes: &mut Nodes,
    store: &Store,
    federation: &Federation,
    authority: &Authority,
) -> Result<Log, RunError> {
    let origin = authority.origin().to_owned();
    let kept = store.lists(federation.id(), &origin);
    let unread = |why| RunError::Unread { path: kept.folder().to_owned(), why };
    let unkept = |why| RunError::Keep { path: kept.folder().to_owned(), why };
    let path = kept.newest().map_err(unread)?;
    // A file that is no good any more stands in nobody's way.
    let newest = path.as_deref().and_then(|path| kept::open(path, federation).ok());
    let wanted = Wanted { federation, authority, kept: newest.as_ref(), now: now() };
    let gathered = gather::gather(wanted, &mut |url, path, limit| nodes.get(url, path, limit));
    let known = newest.as_ref().map(About::from);
    let outcome = match (gathered.found, known) {
        (Found::New(best), known) => {
            let (list, bytes) = (About::from(&best.list), best.bytes.len());
            let broken = path.filter(|_| known.is_none());
            broken.map_or(Ok(()), |path| remove(&path)).map_err(unkept)?;
            kept.keep(list.as_of, &best.bytes).map_err(unkept)?;
            Outcome::New { list, bytes, url: best.url }
        }
        (Found::Unchanged, Some(known)) => Outcome::Unchanged(known),
        (Found::NothingYet, None) => Outcome::NothingYet,
        (Found::SplitView(two), _) => {
            let [one, other] = *two;
            let accuse = |signed| kept.accuse(signed).map_err(unkept);
            Outcome::SplitView([accuse(&one)?, accuse(&other)?])
        }
        (_, known) => Outcome::Nothing(known),
    };
    Ok(Log { origin, outcome, troubles: gathered.troubles })
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
