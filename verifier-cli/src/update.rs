//! `beleg update`: asks the federation's nodes for the newest federation file and for status lists
//! (gather.rs says which). This is the only file of `beleg` that opens a socket.
//!
//! Each request asks for a whole file under a path that only the federation file and the nodes'
//! answers decide, so it says nothing about what its sender holds or checks. What comes back is a
//! claim: a federation file is kept only if it continues, by the signed chain of versions, what is
//! trusted already, and a list only if a quorum vouches for it.

use proto::checkpoint::{CheckpointError, UntrustedCheckpoint};
use proto::federation::Federation;
use proto::hash::TreeSize;
use proto::limits;
use proto::status_list::StatusListError;
use proto::text;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::TlsConfig;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// How long one file may take as a whole: 64 MiB at two megabits a second.
const WHOLE: Duration = Duration::from_secs(300);
/// Bytes of a refusal that are read for its code.
const REFUSAL_BYTES: u64 = 4096;
/// Bytes of an answer to one method: a block with the hashes of its transactions.
const RPC_BYTES: u64 = 256 * 1024;

/// Why a node's answer was of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    #[error("it is asked over https:// only")]
    Unprotected,
    #[error("it does not answer: {0}")]
    Away(Box<ureq::Error>),
    #[error("it answers with status {0}")]
    Status(u16),
    #[error("it sends more than {0} bytes, which no such file can have")]
    TooLarge(u64),
    #[error("what it sends is refused: {0}")]
    Federation(#[from] proto::federation::FederationError),
    #[error("it sends the file of another federation")]
    OtherFederation,
    #[error("it sends versions that do not belong to the chain that is trusted here")]
    Diverged,
    #[error("it was away before")]
    AwayBefore,
    #[error("it knows of nothing that the log has published")]
    NothingYet,
    #[error("its status list is refused: {}", .0.to_string().trim_end_matches('.'))]
    List(#[from] StatusListError),
    #[error("its checkpoint is refused: {}", .0.to_string().trim_end_matches('.'))]
    Checkpoint(#[from] CheckpointError),
    #[error("its checkpoint is refused: {}", .0.to_string().trim_end_matches('.'))]
    Untrusted(#[from] UntrustedCheckpoint),
    #[error("what it sends is of another log")]
    OtherLog,
    #[error("its status list is older than the one that is kept (size {size}, not {kept})")]
    Older { size: TreeSize, kept: TreeSize },
    #[error("its status list goes back behind the one that is kept, in time or in length")]
    Backwards,
    #[error("the log has signed another tree of this size as well")]
    SplitView,
    #[error("it refuses: {0}")]
    Refused(String),
    #[error("it answers otherwise than such a node answers")]
    NotAsSpecified,
    #[error("it is a node of the chain {id}")]
    OtherChain { id: u64 },
}

/// What one node had to say.
#[derive(Debug)]
pub struct Asked {
    pub url: String,
    /// The version that it gave, or why it was of no use.
    pub answer: Result<u64, FetchError>,
}

/// The nodes as they are met in one run.
pub struct Nodes {
    agent: Agent,
    /// Those that did not answer: they are not waited for again.
    away: BTreeSet<String>,
}

impl Nodes {
    /// Nodes of which nothing is known.
    pub fn new() -> Nodes {
        Nodes { agent: agent(), away: BTreeSet::new() }
    }

    /// A whole file of at most `limit` bytes, compressed or not.
    pub fn get(&mut self, url: &str, path: &str, limit: usize) -> Result<Vec<u8>, FetchError> {
        if self.away.contains(url) {
            return Err(FetchError::AwayBefore);
        }
        let answer = fetch(&self.agent, url, path, limit);
        if matches!(answer, Err(FetchError::Away(_))) {
            self.away.insert(url.to_owned());
        }
        answer
    }
}

/// A node of an outside chain, which the verifier runs or trusts.
pub struct Rpc {
    agent: Agent,
    url: String,
    /// `USER:PASSWORD`.
    auth: Option<String>,
}

impl Rpc {
    /// The node at this address.
    pub fn new(url: &str, auth: Option<String>) -> Result<Rpc, FetchError> {
        if !protected(url) {
            return Err(FetchError::Unprotected);
        }
        Ok(Rpc { agent: agent(), url: url.to_owned(), auth })
    }

    /// Calls methods at once (JSON-RPC 2.0, section 6) and gives their results in that order.
    pub fn call(&self, methods: &[(&str, Value)]) -> Result<Vec<Value>, FetchError> {
        let away = |error| FetchError::Away(Box::new(error));
        let request = |(id, method): (usize, &(&str, Value))| {
            let (name, params) = method;
            json!({"jsonrpc": "2.0", "id": id, "method": name, "params": params})
        };
        let body: Vec<Value> = methods.iter().enumerate().map(request).collect();
        let mut post = self.agent.post(&self.url).header("content-type", "application/json");
        if let Some(auth) = &self.auth {
            let auth = text::base64_encode(auth.as_bytes());
            post = post.header("authorization", format!("Basic {auth}"));
        }
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = post.send(&body[..]).map_err(away)?;
        let status = response.status().as_u16();
        let limit = methods.len() as u64 * RPC_BYTES;
        let body = response.body_mut().with_config().limit(limit).read_to_vec();
        let body = body.map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(limit) => FetchError::TooLarge(limit),
            error => away(error),
        })?;
        let answers: Vec<Answer> = serde_json::from_slice(&body).map_err(|_| match status {
            200 => FetchError::NotAsSpecified,
            status => FetchError::Status(status),
        })?;
        let mut results = vec![Value::Null; methods.len()];
        for answer in answers {
            if let Some(error) = answer.error.filter(|error| !error.is_null()) {
                let message = error["message"].as_str().unwrap_or("no reason").to_owned();
                return Err(FetchError::Refused(message.chars().take(200).collect()));
            }
            *results.get_mut(answer.id).ok_or(FetchError::NotAsSpecified)? = answer.result;
        }
        Ok(results)
    }
}

/// One answer of a node.
#[derive(serde::Deserialize)]
struct Answer {
    id: usize,
    #[serde(default)]
    result: Value,
    error: Option<Value>,
}

/// Asks every node, and gives the newest federation file that continues the one that is trusted.
pub fn federation(nodes: &mut Nodes, trusted: Federation) -> (Federation, Vec<Asked>) {
    let (mut newest, mut asked) = (trusted, Vec::new());
    let current = newest.current();
    let authorities = current.authorities.iter().map(|authority| authority.url.clone());
    let operators = current.operators.iter().map(|operator| operator.url.clone());
    let urls: BTreeSet<String> = authorities.chain(operators).collect();
    for url in urls {
        let answer = nodes.get(&url, "/federation", limits::FEDERATION_BYTES).and_then(|bytes| {
            let given = Federation::parse(&bytes)?;
            if given.id() != newest.id() {
                return Err(FetchError::OtherFederation);
            }
            let number = given.current().number;
            if given.continues(&newest) {
                newest = given;
            } else if !newest.continues(&given) {
                return Err(FetchError::Diverged);
            }
            Ok(number)
        });
        asked.push(Asked { url, answer });
    }
    (newest, asked)
}

fn agent() -> Agent {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(provider);
    Agent::config_builder()
        .tls_config(tls.build())
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent("beleg")
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(WHOLE))
        .build()
        .new_agent()
}

fn fetch(agent: &Agent, url: &str, path: &str, limit: usize) -> Result<Vec<u8>, FetchError> {
    if !protected(url) {
        return Err(FetchError::Unprotected);
    }
    let away = |error| FetchError::Away(Box::new(error));
    let mut response = agent.get(format!("{url}{path}")).call().map_err(away)?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config();
    if status == 200 {
        // The bound is on what comes out of a compressed body.
        return body.limit(limit as u64).read_to_vec().map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(limit) => FetchError::TooLarge(limit),
            error => away(error),
        });
    }
    let refusal = body.limit(REFUSAL_BYTES).read_to_vec().unwrap_or_default();
    let refusal: Option<Refusal> = serde_json::from_slice(&refusal).ok();
    match refusal {
        Some(Refusal { error }) if status == 404 && error == "checkpoint-unknown" => {
            Err(FetchError::NothingYet)
        }
        _ => Err(FetchError::Status(status)),
    }
}

/// A node's refusal, as far as it is read.
#[derive(serde::Deserialize)]
struct Refusal {
    error: String,
}

/// Whether nobody on the way can read or change what is sent: TLS, or this very machine.
fn protected(url: &str) -> bool {
    let Some(plain) = url.strip_prefix("http://") else { return url.starts_with("https://") };
    let authority = plain.split(['/', '?', '#']).next().unwrap_or("");
    if authority.contains('@') {
        return false;
    }
    let address = authority.parse::<std::net::SocketAddr>().map(|address| address.ip());
    let address = address.or_else(|_| authority.parse::<std::net::IpAddr>());
    address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_only_this_machine_is_asked() {
        for good in
            ["https://a.example", "http://127.0.0.1:80", "http://[::1]:8", "http://127.1.2.3"]
        {
            assert!(protected(good), "{good}");
        }
        for bad in
            ["http://a.example", "http://127.0.0.1@a.example", "http://127.0.0.1.a.example", "ftp:"]
        {
            assert!(!protected(bad), "{bad}");
        }
    }
}
