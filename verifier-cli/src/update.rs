//! `beleg update`: asks the federation's nodes for the newest federation file. This is the only
//! file of `beleg` that opens a socket.
//!
//! Each request asks for a whole file under a fixed path, so it says nothing about what its sender
//! holds or checks. What comes back is a claim: it is kept only if it continues, by the signed
//! chain of versions, what is trusted already.

use proto::federation::Federation;
use proto::limits;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::TlsConfig;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// How long one file may take as a whole.
const WHOLE: Duration = Duration::from_secs(60);

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
    #[error("what it sends is refused: {0}")]
    Federation(#[from] proto::federation::FederationError),
    #[error("it sends the file of another federation")]
    OtherFederation,
    #[error("it sends versions that do not belong to the chain that is trusted here")]
    Diverged,
}

/// What one node had to say.
#[derive(Debug)]
pub struct Asked {
    pub url: String,
    /// The version that it gave, or why it was of no use.
    pub answer: Result<u64, FetchError>,
}

/// Asks every node, and gives the newest federation file that continues the one that is trusted.
pub fn federation(trusted: Federation) -> (Federation, Vec<Asked>) {
    let agent = agent();
    let (mut newest, mut asked) = (trusted, Vec::new());
    let current = newest.current();
    let authorities = current.authorities.iter().map(|authority| authority.url.clone());
    let operators = current.operators.iter().map(|operator| operator.url.clone());
    let urls: BTreeSet<String> = authorities.chain(operators).collect();
    for url in urls {
        let answer = fetch(&agent, &url).and_then(|bytes| {
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

fn fetch(agent: &Agent, url: &str) -> Result<Vec<u8>, FetchError> {
    if !protected(url) {
        return Err(FetchError::Unprotected);
    }
    let away = |error| FetchError::Away(Box::new(error));
    let mut response = agent.get(format!("{url}/federation")).call().map_err(away)?;
    if response.status() != 200 {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let limit = limits::FEDERATION_BYTES as u64;
    response.body_mut().with_config().limit(limit).read_to_vec().map_err(away)
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
