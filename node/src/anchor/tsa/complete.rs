//! Revocation lists beside a time-stamp: fetched from where the certificates say that they are, and
//! kept if the evidence is still good with them.
//!
//! They come over plain HTTP from wherever, so each is tried alone: one that is false, too large or
//! not there is left out. One that says that the authority's certificate was revoked is not: then
//! the time-stamp is none.

use proto::anchor::tsa::chain::{Chain, Stamp};
use proto::anchor::tsa::{TsaProblem, sources, verify};
use proto::hash::{Hash, Timestamp};
use proto::limits;

use super::{Authority, later};
use crate::anchor::outside::StepError;
use crate::client::{Answer, Client, ClientError};

/// Bytes of a revocation list. Those of authorities that issue to machines alone have a few KB.
const LIST_BYTES: usize = 96 * 1024;

impl Authority {
    /// The evidence, with the revocation lists of its newest time-stamp as far as they can be had.
    pub(super) async fn with_lists(
        &self,
        mut chain: Chain,
        root: &Hash,
        now: Timestamp,
    ) -> Result<Vec<u8>, StepError> {
        let mut evidence = chain.to_bytes().map_err(later)?;
        let addresses = chain.stamps.last().map(|stamp| self.list_addresses(stamp));
        for address in addresses.unwrap_or_default() {
            let list = match fetch(&address, self.timeouts).await {
                Ok(answer) if answer.status == 200 && sources::is_list(&answer.body) => answer.body,
                Ok(answer) => {
                    tracing::debug!(address, status = answer.status, "no revocation list there");
                    continue;
                }
                Err(error) => {
                    tracing::debug!(address, %error, "no revocation list from there");
                    continue;
                }
            };
            let Some(stamp) = chain.stamps.last_mut() else { continue };
            stamp.lists.push(list.to_vec());
            let longer = chain.to_bytes().ok();
            match longer.map(|bytes| (verify(&bytes, root, &self.clocks, now), bytes)) {
                Some((Ok(_), bytes)) => evidence = bytes,
                Some((Err(problem @ TsaProblem::Revoked { .. }), _)) => return Err(later(problem)),
                other => {
                    let problem = other.map(|(judged, _)| judged.map(|_| ()));
                    tracing::debug!(address, ?problem, "a revocation list is left out");
                    chain.stamps.last_mut().and_then(|stamp| stamp.lists.pop());
                }
            }
        }
        Ok(evidence)
    }

    /// The evidence with newer revocation lists beside its newest time-stamp, before another one
    /// covers them for good; as it was, if they tell no more than those that are there.
    pub(super) async fn refreshed(
        &self,
        root: &Hash,
        evidence: &[u8],
        now: Timestamp,
    ) -> Result<Vec<u8>, StepError> {
        let mut chain = Chain::parse(evidence).map_err(later)?;
        let known = |bytes: &[u8]| verify(bytes, root, &self.clocks, now).ok()?.revocation;
        if let Some(stamp) = chain.stamps.last_mut() {
            stamp.lists.clear();
        }
        let newer = self.with_lists(chain, root, now).await?;
        Ok(if known(&newer) > known(evidence) { newer } else { evidence.to_vec() })
    }

    /// Where revocation lists may be: as the certificates say, and as the config file says.
    fn list_addresses(&self, stamp: &Stamp) -> Vec<String> {
        let inside = sources::certificates(&stamp.token);
        let all = stamp.certificates.iter().chain(&inside);
        let named = all.flat_map(|certificate| sources::list_addresses(certificate));
        let mut addresses: Vec<String> = self.lists.iter().cloned().chain(named).collect();
        let mut seen = std::collections::BTreeSet::new();
        addresses.retain(|address| seen.insert(address.clone()));
        addresses.truncate(limits::TSA_LISTS);
        addresses
    }
}

async fn fetch(address: &str, timeouts: crate::client::Timeouts) -> Result<Answer, ClientError> {
    let (base, path) = address.rsplit_once('/').unwrap_or((address, ""));
    Client::new(base, timeouts)?.get(&format!("/{path}"), LIST_BYTES).await
}
