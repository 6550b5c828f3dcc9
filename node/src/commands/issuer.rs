//! `issuer admit|rotate|retire|list`: who may issue in an authority's name; the emergency is in
//! `contain`.
//!
//! The administration key signs here, off-line from the node's point of view: only the finished
//! entry goes to the node, over HTTP, and it can be checked by everybody.

mod contain;
mod copies;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use proto::federation::{Authority, Federation};
use proto::hash::LeafIndex;
use proto::ledger::reading::ReadingError;
use proto::ledger::{EntryError, Issuer, IssuerRequest, IssuerState, Place, RequestError};
use proto::limits;
use proto::note::{KeyError, KeyType, SigningKey};
use proto::receipt::answer::{ErrorAnswer, IssuerAdmitted, IssuerListed};
use serde::Deserialize;

use super::{CommandError, Output, block_on, federation, plain, read_bounded};
use crate::args::{self, Admit, Signer};
use crate::client::{Answer, Body, Client, ClientError, Timeouts};
use crate::keys;

/// An entry is answered when a quorum has published it.
const PATIENCE: Timeouts =
    Timeouts { connect: Duration::from_secs(10), request: Duration::from_secs(120) };
/// Bytes of a list of all issuers that a log can have.
const LIST_BYTES: usize = 64 * 1024 * 1024;

/// Why an issuer was not admitted, changed, retired or listed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// The request cannot be read.
    #[error("{file}: {source}\nask the office for a new request")]
    Request {
        /// The file.
        file: String,
        /// What is wrong.
        source: RequestError,
    },
    /// The request was made with another federation file.
    #[error(
        "{file}: the request is for another federation\n\
             the office must make it with the federation file that is in force here"
    )]
    OtherFederation {
        /// The file.
        file: String,
    },
    /// The federation file has no such authority.
    #[error("the federation has no authority {name:?}\nfederation show lists them")]
    UnknownAuthority {
        /// Name or origin.
        name: String,
    },
    /// The key is not the one of this authority.
    #[error("{key} is not the administration key of {authority}\ngive that key with --key")]
    OtherKey {
        /// Name of the key given.
        key: String,
        /// The authority.
        authority: String,
    },
    /// A first request was given to `rotate`, or a later one to `admit`.
    #[error("this request is {is}\nuse beleg-node issuer {right}")]
    OtherCommand {
        /// What it is.
        is: &'static str,
        /// The command for it.
        right: &'static str,
    },
    /// The key could not sign.
    #[error("the administration key cannot sign: {0}\ngive the key that key new has made")]
    Signing(KeyError),
    /// The node could not be asked.
    #[error("{0}\nis the node running? --node URL asks at another address")]
    Client(ClientError),
    /// The node said no.
    #[error("{url}: the node refuses: {message}\n{next_step}")]
    Refused {
        /// Where it was sent.
        url: String,
        /// Why.
        message: String,
        /// What to do.
        next_step: String,
    },
    /// The node answers something else than a Beleg node does.
    #[error(
        "{url}: this is not the answer of a Beleg node (HTTP status {status})\n\
             check the address; --node URL asks at another one"
    )]
    Answer {
        /// Where it was sent.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The times or status indexes are none.
    #[error(
        "{what} is no time or range\nwrite 2026-11-20 or 2026-11-20T14:30:00Z, the earlier first"
    )]
    BadSpan {
        /// What was given.
        what: String,
    },
    /// No node shows the log.
    #[error(
        "no node shows this log with a checkpoint that a quorum vouches for\n\
         check that nodes run and can be reached; one copy is enough"
    )]
    NoCopy,
    /// The entries of the log break a rule.
    #[error("{0}\nupdate this program; if it stays, tell all operators")]
    Log(ReadingError),
    /// No issuer has this name or id.
    #[error("the log has no issuer {name:?}\nissuer list shows them")]
    NoSuchIssuer {
        /// What was given.
        name: String,
    },
    /// What was signed could not be put together.
    #[error("the revocation cannot be made: {0}\nname a shorter time")]
    Entry(EntryError),
    /// Sent, and not published.
    #[error("{what}\nrun the same command again later: what is done already is not done twice")]
    NotPublished {
        /// What stands where.
        what: String,
    },
    /// There is no such issuer.
    #[error("the log has no issuer with id {id} in force\nissuer list shows them")]
    UnknownIssuer {
        /// The id.
        id: u64,
    },
}

pub(super) fn run(args: args::Issuer, out: &mut dyn Write) -> Result<(), CommandError> {
    let mut out = Output(out);
    match args {
        args::Issuer::Admit(args) => admit(&args, false, &mut out),
        args::Issuer::Rotate(args) => admit(&args, true, &mut out),
        args::Issuer::Retire { id, signer, authority } => retire(id, &signer, &authority, &mut out),
        args::Issuer::Contain(args) => contain::contain(&args, &mut out),
        args::Issuer::Reinstate(args) => contain::reinstate(&args, &mut out),
        args::Issuer::List { federation, authority, node } => {
            let federation = federation::read(&federation)?;
            let authority = authority_by_name(&federation, &authority)?;
            let listed = fetch_list(node.as_deref().unwrap_or(&authority.url))?;
            show_list(&listed, &mut out);
            Ok(())
        }
    }
}

fn admit(args: &Admit, again: bool, out: &mut Output<'_>) -> Result<(), CommandError> {
    let file = args.request.display().to_string();
    let bytes = read_bounded(&args.request, limits::ISSUER_REQUEST_BYTES)?;
    let request = IssuerRequest::parse(&bytes)
        .map_err(|source| IssuerError::Request { file: file.clone(), source })?;
    let federation = federation::read(&args.signer.federation)?;
    let place = request.place();
    if place.federation != federation.id() {
        return Err(IssuerError::OtherFederation { file }.into());
    }
    let authority = federation.current().authority_by_origin(place.origin);
    let unknown = || IssuerError::UnknownAuthority { name: place.origin.to_owned() };
    let authority = authority.ok_or_else(unknown)?;
    let key = administration_key(&args.signer, authority)?;
    let statement = request.statement();
    match (statement.previous(), again) {
        (Some(_), false) => {
            let is = "for a change of an office that is in the log already";
            return Err(IssuerError::OtherCommand { is, right: "rotate" }.into());
        }
        (None, true) => {
            let is = "that of a new office";
            return Err(IssuerError::OtherCommand { is, right: "admit" }.into());
        }
        _ => {}
    }
    out.line(&format!("{} for {}", statement.name(), authority.display_name));
    out.line(&format!("  key   {}", hex::encode(statement.key())));
    out.line(&format!("  scope {}", statement.scope().join(" ")));
    let entry = request.admit(&key).map_err(IssuerError::Signing)?;
    let index = send(&args.signer, authority, &entry)?;
    match (index, statement.previous()) {
        (Some(index), None) => out.line(&format!("admitted; its id is {index}")),
        (Some(index), Some(previous)) => {
            out.line(&format!("changed; id {} stays, entry {index} is in force", previous.id));
        }
        (None, _) => out.line("taken by the node and not yet published; issuer list will show it"),
    }
    Ok(())
}

fn retire(
    id: u64,
    signer: &Signer,
    authority: &str,
    out: &mut Output<'_>,
) -> Result<(), CommandError> {
    let federation = federation::read(&signer.federation)?;
    let authority = authority_by_name(&federation, authority)?;
    let key = administration_key(signer, authority)?;
    let listed = fetch_list(signer.node.as_deref().unwrap_or(&authority.url))?;
    let issuer = listed.iter().find(|issuer| issuer.id == id && !issuer.retired);
    let issuer = issuer.and_then(state_of).ok_or(IssuerError::UnknownIssuer { id })?;
    // What the node says is repeated in the entry; if it lies, the ledger refuses the entry.
    let place = Place { federation: federation.id(), origin: authority.origin() };
    let entry = Issuer::retire(&place, &issuer, &key).map_err(IssuerError::Signing)?;
    out.line(&format!("{} of {}", plain(&issuer.name), authority.display_name));
    match send(signer, authority, &entry)? {
        Some(index) => out.line(&format!("retired by entry {index}; it issues nothing more")),
        None => out.line("taken by the node and not yet published; issuer list will show it"),
    }
    Ok(())
}

fn authority_by_name<'a>(
    federation: &'a Federation,
    name: &str,
) -> Result<&'a Authority, IssuerError> {
    let mut all = federation.current().authorities.iter();
    let found = all.find(|authority| authority.name == name || authority.origin() == name);
    found.ok_or_else(|| IssuerError::UnknownAuthority { name: name.to_owned() })
}

fn administration_key(signer: &Signer, authority: &Authority) -> Result<SigningKey, CommandError> {
    key_of(Some(&signer.key), authority)
}

fn key_of(path: Option<&Path>, authority: &Authority) -> Result<SigningKey, CommandError> {
    // The command line asks for one wherever it is needed.
    let key = keys::load(path.unwrap_or(Path::new("")), KeyType::Ed25519)?;
    if *key.verifier_key() == authority.administration {
        return Ok(key);
    }
    let (key, authority) = (key.verifier_key().name().to_owned(), authority.name.clone());
    Err(IssuerError::OtherKey { key, authority }.into())
}

/// Hands an entry to the node; its index once it is published, `None` if that takes longer.
fn send(
    signer: &Signer,
    authority: &Authority,
    entry: &Issuer,
) -> Result<Option<u64>, CommandError> {
    let url = signer.node.as_deref().unwrap_or(&authority.url);
    let bytes = entry.to_bytes().into();
    let body = Body { bytes, content_type: "application/octet-stream", gzip: false };
    let answer = block_on(async {
        Client::new(url, PATIENCE)?.post("/v1/issuers", body, limits::ENTRY_BYTES).await
    })?;
    let answer = answer.map_err(IssuerError::Client)?;
    if answer.status == 202 {
        return Ok(None);
    }
    let published: IssuerAdmitted = read_answer(url, &answer)?;
    Ok(Some(published.index))
}

/// The issuer as the ledger has it, if the node tells the truth; `None` if its key is no key.
fn state_of(listed: &IssuerListed) -> Option<IssuerState> {
    Some(IssuerState {
        id: LeafIndex(listed.id),
        entry: LeafIndex(listed.index),
        name: listed.name.clone(),
        key: hex::decode(&listed.key).ok()?.try_into().ok()?,
        scope: listed.scope.clone(),
        retired: listed.retired,
        sequence: listed.sequence,
        admin_sequence: listed.admin_sequence,
    })
}

fn fetch_list(url: &str) -> Result<Vec<IssuerListed>, CommandError> {
    let answer =
        block_on(async { Client::new(url, PATIENCE)?.get("/v1/issuers", LIST_BYTES).await })?;
    let answer = answer.map_err(IssuerError::Client)?;
    Ok(read_answer(url, &answer)?)
}

fn read_answer<T: for<'a> Deserialize<'a>>(url: &str, answer: &Answer) -> Result<T, IssuerError> {
    let other = || IssuerError::Answer { url: url.to_owned(), status: answer.status };
    if answer.status == 200 {
        return serde_json::from_slice(&answer.body).map_err(|_| other());
    }
    let refusal: ErrorAnswer = serde_json::from_slice(&answer.body).map_err(|_| other())?;
    let (message, next_step) = (plain(&refusal.message), plain(&refusal.next_step));
    Err(IssuerError::Refused { url: url.to_owned(), message, next_step })
}

fn show_list(listed: &[IssuerListed], out: &mut Output<'_>) {
    for issuer in listed {
        let state = if issuer.retired { "retired" } else { "in force" };
        let scope: Vec<String> = issuer.scope.iter().map(|scope| plain(scope)).collect();
        let (name, key) = (plain(&issuer.name), plain(&issuer.key));
        let (id, index) = (issuer.id, issuer.index);
        out.line(&format!("id {id}  {state} by entry {index}  {name}"));
        out.line(&format!("  key {key}  scope {}", scope.join(" ")));
    }
    if listed.is_empty() {
        out.line("no issuers");
    }
}

#[cfg(test)]
mod tests;
