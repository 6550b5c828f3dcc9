//! An RFC 3161 time-stamping authority: asked over HTTP, its answer completed with certificates and
//! revocation lists, and checked as any verifier will, before it counts.
//!
//! One step does it all: nothing is lost if it is repeated but the price of a time-stamp. Evidence
//! whose certificate or algorithm ends soon is renewed: a new time-stamp over all of it. What
//! cannot be had beside a time-stamp, a revocation list above all, is left out and takes nothing
//! away.

mod complete;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use proto::anchor::Kind;
use proto::anchor::clocks::Clocks;
use proto::anchor::tsa::algorithm::Digest;
use proto::anchor::tsa::chain::{Chain, Stamp};
use proto::anchor::tsa::exchange::{self, Asked, Policy, Refusal};
use proto::anchor::tsa::{TsaFacts, TsaProblem, sources, verify};
use proto::federation::Federation;
use proto::hash::{Hash, Timestamp};
use proto::limits;
use proto::time;
use serde_json::Value;

use super::outside::{Ages, Outside, Renewed, Step, StepError, Work};
use crate::client::{Body, Client, ClientError, Timeouts};
use crate::config::TsaConfig;
use crate::pem;

/// Bytes of an answer: a token, as large as evidence can hold it, and its status.
const ANSWER_BYTES: usize = 72 * 1024;
/// Seconds by which an authority's clock may differ from this node's.
const CLOCK_DIFFERENCE_S: u64 = 300;
/// Pause while an authority still signs with a certificate that ends soon.
const DAY_S: u64 = 86_400;

/// Why an authority of the config file cannot be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The name.
    #[error("a name is written in a-z, 0-9 and -")]
    Name,
    /// The address.
    #[error(transparent)]
    Url(#[from] ClientError),
    /// The policy.
    #[error("{policy}: a policy is written as an object identifier, like 1.2.3.4")]
    Policy {
        /// What stands there.
        policy: String,
    },
    /// A file with certificates.
    #[error("{}: holds no certificates, in PEM or DER", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A time-stamping authority.
pub struct Authority {
    name: String,
    client: Client,
    /// What follows the client's base: a slash, if the address ends in one.
    path: &'static str,
    timeouts: Timeouts,
    policy: Option<Policy>,
    certificates: Vec<Vec<u8>>,
    lists: Vec<String>,
    renew_s: u64,
    clocks: Clocks,
}

impl Authority {
    /// The authority that the config file names. Paths in it are relative to `folder`.
    pub fn new(
        config: &TsaConfig,
        folder: &Path,
        federation: &Federation,
    ) -> Result<Authority, SetupError> {
        let letter = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if config.name.is_empty() || !config.name.bytes().all(letter) {
            return Err(SetupError::Name);
        }
        let request = Duration::from_secs(config.timeout_s());
        let timeouts = Timeouts { connect: request.min(Duration::from_secs(10)), request };
        let policy = config.policy.as_ref().map(|text| {
            Policy::parse(text).ok_or_else(|| SetupError::Policy { policy: text.clone() })
        });
        let mut certificates = Vec::new();
        for file in &config.certificates {
            certificates.extend(read_certificates(folder.join(file))?);
        }
        Ok(Authority {
            name: format!("tsa-{}", config.name),
            client: Client::new(&config.url, timeouts)?,
            path: if config.url.ends_with('/') { "/" } else { "" },
            timeouts,
            policy: policy.transpose()?,
            certificates,
            lists: config.lists.clone(),
            renew_s: config.renew_days().saturating_mul(DAY_S),
            clocks: federation.current().clocks.clone(),
        })
    }

    async fn stamp(&self, root: &Hash, now: Timestamp) -> Result<Step, StepError> {
        let token = self.ask(Digest::Sha256, root.0.to_vec(), now).await?;
        let chain = Chain { stamps: vec![self.with_certificates(token)] };
        let facts = self.verify(&chain, root, now)?;
        self.check_time(facts.last, now)?;
        let evidence = self.with_lists(chain, root, now).await?;
        Ok(Step::Done { evidence, words: words(&facts), cost: None })
    }

    async fn stamp_again(
        &self,
        root: &Hash,
        evidence: &[u8],
        now: Timestamp,
    ) -> Result<Renewed, StepError> {
        let Some(before) = self.facts(evidence, root, now) else {
            let words = "the evidence that was to be renewed proves nothing any more";
            return Err(StepError::Refused(words.to_owned()));
        };
        let evidence = self.refreshed(root, evidence, now).await?;
        let digest = self.lasting_digest();
        let token = self.ask(digest, digest.of(&evidence), now).await?;
        let mut chain = Chain::parse(&evidence).map_err(later)?;
        chain.stamps.push(self.with_certificates(token));
        let facts = self.verify(&chain, root, now)?;
        self.check_time(facts.last, now)?;
        if facts.ends.0 <= before.ends.0.saturating_add(DAY_S) {
            let day = time::utc(facts.ends);
            let words = format!("the authority still signs with what ends on {day}");
            return Ok(Renewed::Later { again_s: DAY_S, words });
        }
        let evidence = self.with_lists(chain, root, now).await?;
        Ok(Renewed::Done { evidence, words: words(&facts) })
    }

    /// A token over this, as an answer to a question of ours.
    async fn ask(
        &self,
        digest: Digest,
        imprint: Vec<u8>,
        now: Timestamp,
    ) -> Result<Vec<u8>, StepError> {
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce).map_err(later)?;
        let nonce = u64::from_be_bytes(nonce);
        let asked = Asked { digest, imprint, nonce, policy: self.policy };
        let bytes = exchange::request(&asked).into();
        let body = Body { bytes, content_type: exchange::REQUEST_TYPE, gzip: false };
        let answer = self.client.post(self.path, body, ANSWER_BYTES).await.map_err(later)?;
        let url = self.client.base();
        if answer.status != 200 || answer.content_type != exchange::ANSWER_TYPE {
            let (status, kind) = (answer.status, &answer.content_type);
            let words = format!("{url}: HTTP status {status}, {kind:?}: {}", answer.excerpt());
            return Err(StepError::Later(words));
        }
        tracing::debug!(url, %now, bytes = answer.body.len(), "a time-stamping authority answered");
        match exchange::response(&answer.body, &asked) {
            Ok(token) => Ok(token.to_vec()),
            Err(Refusal::Rejected(failure)) if !failure.passes() => {
                Err(StepError::Refused(format!("{url}: the authority refuses: {failure}")))
            }
            Err(refusal) => Err(StepError::Later(format!("{url}: {refusal}"))),
        }
    }

    /// The token with the certificates that it does not bring itself.
    fn with_certificates(&self, token: Vec<u8>) -> Stamp {
        let inside = sources::certificates(&token);
        let missing = self.certificates.iter().filter(|known| !inside.contains(known));
        let certificates = missing.take(limits::TSA_CERTIFICATES).cloned().collect();
        Stamp { token, certificates, lists: Vec::new() }
    }

    /// What the federation makes of these time-stamps.
    fn verify(&self, chain: &Chain, root: &Hash, now: Timestamp) -> Result<TsaFacts, StepError> {
        let evidence = chain.to_bytes().map_err(later)?;
        verify(&evidence, root, &self.clocks, now).map_err(|problem| {
            let url = self.client.base();
            let advice = match problem {
                TsaProblem::UnknownAuthority => {
                    " Name its root certificate in the federation file \
                     (--clock \"tsa NAME FILE\"), and what lies between in the option certificates."
                }
                TsaProblem::AlgorithmNotAllowed { .. } => {
                    " Name the algorithm in the federation file (--clock \"tsa-algorithm ...\")."
                }
                _ => "",
            };
            StepError::Later(format!("{url}: {problem}{advice}"))
        })
    }

    fn facts(&self, evidence: &[u8], root: &Hash, now: Timestamp) -> Option<TsaFacts> {
        verify(evidence, root, &self.clocks, now).ok()
    }

    /// An authority whose clock is off would prove a time that nobody believes.
    fn check_time(&self, stamped: Timestamp, now: Timestamp) -> Result<(), StepError> {
        let difference = stamped.0.abs_diff(now.0);
        if difference <= CLOCK_DIFFERENCE_S {
            return Ok(());
        }
        let url = self.client.base();
        Err(StepError::Later(format!(
            "{url}: its clock and this node's are {difference} seconds apart; one of them is wrong"
        )))
    }

    /// SHA-256, unless the federation ends it and goes on with a longer one.
    fn lasting_digest(&self) -> Digest {
        let end = |digest: &Digest| {
            let mut named = self.clocks.algorithms.iter();
            let named = named.find(|algorithm| algorithm.name == digest.name());
            named.map(|algorithm| algorithm.until.map_or(u64::MAX, |day| day.end().0))
        };
        let all = [Digest::Sha512, Digest::Sha384, Digest::Sha256];
        all.into_iter().max_by_key(end).unwrap_or(Digest::Sha256)
    }
}

impl Outside for Authority {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> Kind {
        Kind::Tsa
    }

    fn step<'a>(
        &'a self,
        root: &'a Hash,
        _state: Option<&'a Value>,
        now: Timestamp,
    ) -> Work<'a, Result<Step, StepError>> {
        Box::pin(self.stamp(root, now))
    }

    fn ages(&self) -> Option<&dyn Ages> {
        Some(self)
    }
}

impl Ages for Authority {
    fn lead_s(&self) -> u64 {
        self.renew_s
    }

    fn ends(&self, root: &Hash, evidence: &[u8], now: Timestamp) -> Timestamp {
        self.facts(evidence, root, now).map_or(now, |facts| facts.ends)
    }

    fn renew<'a>(
        &'a self,
        root: &'a Hash,
        evidence: Vec<u8>,
        now: Timestamp,
    ) -> Work<'a, Result<Renewed, StepError>> {
        Box::pin(async move { self.stamp_again(root, &evidence, now).await })
    }
}

fn words(facts: &TsaFacts) -> String {
    let (subject, time) = (&facts.subject, time::utc(facts.time));
    match facts.stamps {
        1 => format!("stamped on {time} by {subject}"),
        count => format!("stamped on {time} by {subject}, renewed for the {}. time", count - 1),
    }
}

fn later(error: impl std::fmt::Display) -> StepError {
    StepError::Later(error.to_string())
}

fn read_certificates(path: PathBuf) -> Result<Vec<Vec<u8>>, SetupError> {
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(source) => return Err(SetupError::File { path, source }),
    };
    match pem::certificates(&bytes) {
        Ok(found) if found.iter().all(|der| sources::is_certificate(der)) => Ok(found),
        _ => Err(SetupError::Certificates { path }),
    }
}
