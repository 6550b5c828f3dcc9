//! The log of an authority from whichever node has it, replayed; and handing entries to all of
//! them. The authority's own node may be dead or in the wrong hands: every operator has a copy.

use std::time::Duration;

use proto::checkpoint::SignedCheckpoint;
use proto::federation::{Authority, Federation, PublishedCheckpoint};
use proto::hash::sha256;
use proto::ledger::Rules;
use proto::ledger::reading::{Reading, Replay, vouched};
use proto::limits;
use proto::receipt::answer::{ErrorAnswer, IssuerAdmitted};

use super::IssuerError;
use crate::client::{Body, Client, ClientError, Timeouts};
use crate::commands::{CommandError, block_on, plain};

/// A dead node must not cost minutes in an emergency.
const PATIENCE: Timeouts =
    Timeouts { connect: Duration::from_secs(5), request: Duration::from_secs(60) };
/// Bytes of an answer that names an index or an error.
const ANSWER_BYTES: usize = 64 * 1024;

/// A node, and where it serves the log.
pub(super) struct Copy {
    pub(super) name: String,
    url: String,
    prefix: String,
}

/// Everywhere that the log of an authority is, its own node first.
pub(super) fn copies(federation: &Federation, authority: &Authority, own: &str) -> Vec<Copy> {
    let name = "the authority's node".to_owned();
    let mut copies = vec![Copy { name, url: own.to_owned(), prefix: String::new() }];
    let prefix = format!("/{}", sha256(authority.origin().as_bytes()).to_hex());
    for operator in &federation.current().operators {
        if operator.name != authority.operator {
            let (name, url) = (operator.name.clone(), operator.url.clone());
            copies.push(Copy { name, url, prefix: prefix.clone() });
        }
    }
    copies
}

/// The newest log that a quorum vouches for, replayed under its rules.
pub(super) fn read(
    federation: &Federation,
    authority: &Authority,
    copies: &[Copy],
) -> Result<Replay, CommandError> {
    let rules = federation.rules_for(authority.origin()).ok_or(IssuerError::NoCopy)?;
    block_on(async {
        let (mut claims, mut shown) = (Vec::new(), Vec::new());
        for copy in copies {
            if let Some(claim) = checkpoint(copy).await {
                claims.push(claim);
                shown.push(copy);
            }
        }
        for (at, tree) in vouched(federation, authority.origin(), &claims) {
            let copy = shown.get(at).copied();
            let Some(copy) = copy else { continue };
            if let Some(entries) = entries(copy, &tree).await {
                return replay(&rules, &entries);
            }
        }
        Err(IssuerError::NoCopy.into())
    })?
}

fn replay(rules: &Rules, entries: &[Vec<u8>]) -> Result<Replay, CommandError> {
    Ok(Replay::of(rules, entries).map_err(IssuerError::Log)?)
}

async fn checkpoint(copy: &Copy) -> Option<SignedCheckpoint> {
    SignedCheckpoint::parse(&file(copy, "checkpoint", limits::NOTE_BYTES).await?).ok()
}

async fn entries(copy: &Copy, tree: &PublishedCheckpoint) -> Option<Vec<Vec<u8>>> {
    let mut reading = Reading::new(tree);
    while let Some(id) = reading.wants() {
        reading.take(&file(copy, &id.path(), limits::BUNDLE_BYTES).await?).ok()?;
    }
    reading.finish().ok()
}

async fn file(copy: &Copy, path: &str, limit: usize) -> Option<Vec<u8>> {
    let client = Client::new(&copy.url, PATIENCE).ok()?;
    let answer = client.get(&format!("{}/{path}", copy.prefix), limit).await.ok()?;
    (answer.status == 200).then(|| answer.body.to_vec())
}

/// What a node says about an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Taken {
    /// It is in the log, at this index.
    Published(u64),
    /// It is taken, held, or waits.
    Held,
    /// It is not, for this reason.
    Not(String),
}

impl Copy {
    /// Hands a revocation over.
    pub(super) fn revoke(&self, entry: &[u8]) -> Result<Taken, CommandError> {
        self.post(&format!("{}/v1/revocations?wait_s=20", self.prefix), entry)
    }

    /// Hands an issuer entry over; only the authority's own node takes one.
    pub(super) fn retire(&self, entry: &[u8]) -> Result<Taken, CommandError> {
        self.post("/v1/issuers?wait_s=20", entry)
    }

    fn post(&self, path: &str, entry: &[u8]) -> Result<Taken, CommandError> {
        let bytes = entry.to_vec().into();
        let body = Body { bytes, content_type: "application/octet-stream", gzip: false };
        let answer = block_on(async {
            Client::new(&self.url, PATIENCE)?.post(path, body, ANSWER_BYTES).await
        })?;
        Ok(match answer {
            Err(error) => Taken::Not(away(&error)),
            Ok(answer) if answer.status == 202 => Taken::Held,
            Ok(answer) if answer.status == 200 => {
                let admitted: Option<IssuerAdmitted> = serde_json::from_slice(&answer.body).ok();
                let strange = || Taken::Not("not the answer of a Beleg node".to_owned());
                admitted.map_or_else(strange, |admitted| Taken::Published(admitted.index))
            }
            Ok(answer) => {
                let refusal: Option<ErrorAnswer> = serde_json::from_slice(&answer.body).ok();
                let status = || format!("HTTP status {}", answer.status);
                Taken::Not(refusal.map_or_else(status, |refusal| plain(&refusal.message)))
            }
        })
    }
}

fn away(error: &ClientError) -> String {
    plain(&error.to_string())
}
