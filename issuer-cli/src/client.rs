//! What the tool asks of a node, over HTTP. Answers are bounded, every wait has an end, and nothing
//! that a node says is believed here: the caller verifies it.

use crate::watch::{Wait, Watch};
use proto::hash::Hash;
use proto::receipt::answer::IssuerAdmitted;
use serde::Deserialize;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use ureq::http::{Response, StatusCode, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy};

/// Bytes of the answer to an issuance. The widest batch has 1,025 pieces of the status list with
/// their paths, about 1.7 MB.
const ANSWER_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes of an error that is shown.
const ERROR_BYTES: u64 = 64 * 1024;
/// How long the node may hold a request open while it waits for the quorum.
const HOLD: Duration = Duration::from_secs(20);
/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// Until a node is asked again that did not say when.
const PAUSE: Duration = Duration::from_millis(500);
/// A node that says "later" is asked again after this at the latest.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A row of the node's list of issuers, as far as it is used here.
#[derive(Debug, Clone, Deserialize)]
pub struct IssuerRow {
    /// Index of the entry.
    pub index: u64,
    /// Index of the issuer's first entry.
    pub id: u64,
    #[serde(with = "hex::serde")]
    pub key: [u8; 32],
    pub scope: Vec<String>,
    pub retired: bool,
    pub in_force: bool,
    /// Number of its last revocation; a node that does not know the kind says nothing.
    #[serde(default)]
    pub sequence: u64,
}

/// What a node says about a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It stands in the log that this node keeps, at this index.
    Entered(u64),
    /// It goes on to the log, and this node confirms no checkpoint that leaves it out for long.
    Held,
}

/// What the node says about a batch that it was asked for.
#[derive(Debug)]
pub enum Progress {
    /// The answer, not yet looked at.
    Published(Vec<u8>),
    /// It has the batch and waits for the quorum.
    Waiting,
    /// It does not know the batch.
    Unknown,
}

/// How a node words a refusal.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Refusal {
    pub error: String,
    pub message: String,
    #[serde(default)]
    pub next_step: String,
}

/// Why the node did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// No answer within the time that the settings allow.
    #[error("The node does not answer: {0}.")]
    Away(Box<ureq::Error>),
    /// It answered, and wanted more time than the settings allow.
    #[error("The node has more to do than it can take on.")]
    Busy,
    /// It took the batch, and its quorum has not confirmed it in time.
    #[error("The node has it, but too few of the other data centres have confirmed it.")]
    Quorum,
    /// It refused for good.
    #[error("The node refuses ({status}): {}", .refusal.message)]
    Refused { status: u16, refusal: Refusal },
    /// What came back is no answer of a node.
    #[error("What answers at this address is not a node: {0}.")]
    NotANode(&'static str),
}

impl From<Wait> for ClientError {
    fn from(why: Wait) -> ClientError {
        match why {
            Wait::Quorum => ClientError::Quorum,
            Wait::NodeBusy | Wait::NodeAway => ClientError::Busy,
        }
    }
}

/// Why the connection cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    #[error("ca_file holds no certificate in PEM form")]
    NoCertificate,
    #[error("the proxy is not an address such as http://proxy.example.org:3128")]
    BadProxy,
    #[error("the node's address is not one that begins with http:// or https://")]
    BadAddress,
}

/// A node, seen from the issuer.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    address: String,
    patience: Duration,
}

/// What one exchange gave.
enum Exchange {
    Answer(Response<Body>),
    /// Ask again after this.
    Later(Wait, Duration, Option<Box<ureq::Error>>),
}

impl Client {
    /// A client of the node at `address`. `ca` is a PEM file's bytes.
    pub fn new(
        address: &str,
        ca: Option<&[u8]>,
        proxy: Option<&str>,
        patience: Duration,
    ) -> Result<Client, SetupError> {
        if !address.starts_with("http://") && !address.starts_with("https://") {
            return Err(SetupError::BadAddress);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = TlsConfig::builder().unversioned_rustls_crypto_provider(provider);
        if let Some(pem) = ca {
            let certificates: Vec<_> = parse_pem(pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err(SetupError::NoCertificate);
            }
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
        }
        let proxy = proxy.map(Proxy::new).transpose().map_err(|_| SetupError::BadProxy)?;
        let agent = Agent::config_builder()
            .tls_config(tls.build())
            .proxy(proxy)
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("beleg-issuer/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(HOLD + 2 * CONNECT))
            .build()
            .new_agent();
        Ok(Client { agent, address: address.trim_end_matches('/').to_owned(), patience })
    }

    /// All issuers that the log knows.
    pub fn issuers(&self, watch: &dyn Watch) -> Result<Vec<IssuerRow>, ClientError> {
        let url = format!("{}/v1/issuers", self.address);
        let mut response = self.insist(watch, || self.agent.get(&url).call())?;
        match response.status() {
            StatusCode::OK => {
                let body = read(&mut response, ANSWER_BYTES)?;
                serde_json::from_slice(&body)
                    .map_err(|_| ClientError::NotANode("its list of issuers cannot be read"))
            }
            _ => Err(refused(&mut response)),
        }
    }

    /// A file of the log, once: the caller knows other places for it.
    pub fn file(&self, path: &str, limit: usize) -> Result<Vec<u8>, ClientError> {
        let url = format!("{}/{path}", self.address);
        let mut response = match self.agent.get(&url).call() {
            Ok(response) => response,
            Err(error) => return Err(ClientError::Away(Box::new(error))),
        };
        match response.status() {
            StatusCode::OK => read(&mut response, limit as u64),
            _ => Err(refused(&mut response)),
        }
    }

    /// Asks for a batch that may have been sent before, without sending it.
    pub fn ask(&self, root: &Hash, watch: &dyn Watch) -> Result<Progress, ClientError> {
        let url = format!("{}/v1/issuances/{}", self.address, root.to_hex());
        let mut response = self.insist(watch, || self.agent.get(&url).call())?;
        match response.status() {
            StatusCode::OK => Ok(Progress::Published(read(&mut response, ANSWER_BYTES)?)),
            StatusCode::ACCEPTED => Ok(Progress::Waiting),
            StatusCode::NOT_FOUND => Ok(Progress::Unknown),
            _ => Err(refused(&mut response)),
        }
    }

    /// Sends a batch and waits until it is published. Sent twice, it is one batch to the node.
    pub fn issue(&self, submission: &[u8], watch: &dyn Watch) -> Result<Vec<u8>, ClientError> {
        self.publish("issuances", submission, watch)
    }

    /// Sends a revocation and waits until it is published; the index of its entry. Sent twice, it
    /// is one entry to the node.
    pub fn revoke(&self, entry: &[u8], watch: &dyn Watch) -> Result<u64, ClientError> {
        index_in(&self.publish("revocations", entry, watch)?)
    }

    /// Hands a revocation to a node that keeps a copy of the log, once.
    pub fn hold(&self, prefix: &str, entry: &[u8]) -> Result<Held, ClientError> {
        let url = format!("{}/{prefix}v1/revocations", self.address);
        let request = self.agent.post(&url);
        let sent = request.header(header::CONTENT_TYPE, "application/octet-stream").send(entry);
        let mut response = sent.map_err(|error| ClientError::Away(Box::new(error)))?;
        match response.status() {
            StatusCode::OK => index_in(&read(&mut response, ERROR_BYTES)?).map(Held::Entered),
            StatusCode::ACCEPTED => Ok(Held::Held),
            _ => Err(refused(&mut response)),
        }
    }

    /// Posts until it is published, as long as patience lasts.
    fn publish(&self, what: &str, bytes: &[u8], watch: &dyn Watch) -> Result<Vec<u8>, ClientError> {
        let url = format!("{}/v1/{what}?wait_s={}", self.address, HOLD.as_secs());
        let until = Instant::now() + self.patience;
        loop {
            let mut response = self.insist(watch, || {
                let request = self.agent.post(&url);
                request.header(header::CONTENT_TYPE, "application/octet-stream").send(bytes)
            })?;
            match response.status() {
                StatusCode::OK => return read(&mut response, ANSWER_BYTES),
                // The node held the request as long as it was asked to, so that posting the same
                // once more is the next wait.
                StatusCode::ACCEPTED if Instant::now() >= until => return Err(ClientError::Quorum),
                StatusCode::ACCEPTED => {
                    watch.waiting(Wait::Quorum);
                    thread::sleep(pause(&response));
                }
                _ => return Err(refused(&mut response)),
            }
        }
    }

    /// Asks until there is an answer other than "later", as long as patience lasts.
    fn insist(
        &self,
        watch: &dyn Watch,
        ask: impl Fn() -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, ClientError> {
        let until = Instant::now() + self.patience;
        loop {
            match exchange(&ask)? {
                Exchange::Answer(response) => return Ok(response),
                Exchange::Later(why, pause, error) => {
                    if Instant::now() + pause >= until {
                        return Err(error.map_or_else(|| why.into(), ClientError::Away));
                    }
                    watch.waiting(why);
                    thread::sleep(pause);
                }
            }
        }
    }
}

fn exchange(
    ask: &impl Fn() -> Result<Response<Body>, ureq::Error>,
) -> Result<Exchange, ClientError> {
    match ask() {
        Ok(mut response) => match response.status() {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                let pause = pause(&response);
                let code = refusal(&mut response).error;
                let why = if code.contains("quorum") { Wait::Quorum } else { Wait::NodeBusy };
                Ok(Exchange::Later(why, pause, None))
            }
            // A proxy whose node is away.
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
                Ok(Exchange::Later(Wait::NodeAway, PAUSE, None))
            }
            _ => Ok(Exchange::Answer(response)),
        },
        Err(error @ (ureq::Error::BadUri(_) | ureq::Error::Http(_))) => {
            Err(ClientError::Away(Box::new(error)))
        }
        Err(ureq::Error::TooManyRedirects | ureq::Error::RedirectFailed) => {
            Err(ClientError::NotANode("it sends the request to another address"))
        }
        Err(ureq::Error::Protocol(_)) => {
            Err(ClientError::NotANode("it does not answer as a web server does"))
        }
        Err(error) => Ok(Exchange::Later(Wait::NodeAway, PAUSE, Some(Box::new(error)))),
    }
}

fn index_in(body: &[u8]) -> Result<u64, ClientError> {
    let answer: Result<IssuerAdmitted, _> = serde_json::from_slice(body);
    let unread = |_| ClientError::NotANode("its answer names no index");
    answer.map(|answer| answer.index).map_err(unread)
}

fn pause(response: &Response<Body>) -> Duration {
    let header = response.headers().get(header::RETRY_AFTER);
    let seconds = header.and_then(|value| value.to_str().ok()?.parse::<NonZero<u64>>().ok());
    seconds.map_or(PAUSE, |seconds| Duration::from_secs(seconds.get()).min(LONGEST_PAUSE))
}

fn read(response: &mut Response<Body>, limit: u64) -> Result<Vec<u8>, ClientError> {
    match response.body_mut().with_config().limit(limit).read_to_vec() {
        Ok(bytes) => Ok(bytes),
        Err(ureq::Error::BodyExceedsLimit(_)) => {
            Err(ClientError::NotANode("its answer is longer than any that a node gives"))
        }
        Err(error) => Err(ClientError::Away(Box::new(error))),
    }
}

/// The node's own words, or none where something else answered.
fn refusal(response: &mut Response<Body>) -> Refusal {
    let body = read(response, ERROR_BYTES).unwrap_or_default();
    serde_json::from_slice(&body).unwrap_or_default()
}

fn refused(response: &mut Response<Body>) -> ClientError {
    let status = response.status().as_u16();
    let refusal = refusal(response);
    if refusal.error.is_empty() {
        return ClientError::NotANode("it refuses, and not as a node does");
    }
    ClientError::Refused { status, refusal }
}

#[cfg(test)]
mod tests;
