//! The HTTP client to one peer: bounded answers, time-outs, connections kept alive.
//!
//! It knows no protocol: `mirror::client` pushes through it, `log::recover`, `mirror::gossip`,
//! `mirror::sight` and `lists` read through it.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};

/// How long a connection without requests is kept; longer than the usual pause of a log.
const IDLE_TIMEOUT: Duration = Duration::from_secs(70);

/// Why a peer gave no answer that could be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The URL of the federation file is none, or the TLS library did not start.
    #[error("{url}: this address cannot be used: {reason}")]
    Unusable {
        /// The address.
        url: String,
        /// What the HTTP library said.
        reason: String,
    },
    /// No connection, no answer in time, or a connection cut off.
    #[error("{url}: no answer: {reason}")]
    NoAnswer {
        /// The address.
        url: String,
        /// What the HTTP library said.
        reason: String,
    },
    /// The answer is larger than any that the protocol knows.
    #[error("{url}: the answer is larger than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit in bytes.
        limit: usize,
    },
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type; empty if there is none.
    pub content_type: String,
    /// The whole body.
    pub body: Bytes,
    /// Whether `body` is compressed.
    pub gzip: bool,
}

impl Answer {
    /// The start of the body as one line for a log message.
    pub fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        text.chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect()
    }
}

/// One peer's address and the connections to it.
#[derive(Clone, Debug)]
pub struct Client {
    base: String,
    http: reqwest::Client,
}

/// How long requests may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Until a connection stands.
    pub connect: Duration,
    /// From the first byte sent to the last one received.
    pub request: Duration,
}

impl Client {
    /// A client for the node at `url`, as the federation file gives it.
    pub fn new(url: &str, timeouts: Timeouts) -> Result<Client, ClientError> {
        let unusable = |reason: String| ClientError::Unusable { url: url.to_owned(), reason };
        // Fails only if one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.request)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("beleg-node/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| unusable(explain(&e)))?;
        let base = url.trim_end_matches('/').to_owned();
        reqwest::Url::parse(&base).map_err(|e| unusable(e.to_string()))?;
        Ok(Client { base, http })
    }

    /// The address, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// GET of a path that starts with `/`.
    pub async fn get(&self, path: &str, limit: usize) -> Result<Answer, ClientError> {
        let url = format!("{}{path}", self.base);
        let request = self.http.get(&url);
        answer(url, request, limit).await
    }

    /// The same; the answer may come compressed, and the limit is that of what is sent.
    pub async fn get_packed(&self, path: &str, limit: usize) -> Result<Answer, ClientError> {
        let url = format!("{}{path}", self.base);
        let request = self.http.get(&url).header(ACCEPT_ENCODING, "gzip");
        answer(url, request, limit).await
    }

    /// POST to a path that starts with `/`.
    pub async fn post(&self, path: &str, body: Body, limit: usize) -> Result<Answer, ClientError> {
        let url = format!("{}{path}", self.base);
        let mut request = self.http.post(&url).header(CONTENT_TYPE, body.content_type);
        if body.gzip {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        answer(url, request.body(body.bytes), limit).await
    }
}

impl Client {
    /// The same, as this user (RFC 7617).
    pub async fn post_as(
        &self,
        user: &str,
        password: &str,
        path: &str,
        body: Body,
        limit: usize,
    ) -> Result<Answer, ClientError> {
        let url = format!("{}{path}", self.base);
        let request = self.http.post(&url).header(CONTENT_TYPE, body.content_type);
        answer(url, request.basic_auth(user, Some(password)).body(body.bytes), limit).await
    }
}

/// What a POST sends.
#[derive(Clone, Debug)]
pub struct Body {
    /// The bytes, compressed if `gzip` says so.
    pub bytes: Bytes,
    /// The content type.
    pub content_type: &'static str,
    /// Whether `bytes` are compressed.
    pub gzip: bool,
}

async fn answer(
    url: String,
    request: reqwest::RequestBuilder,
    limit: usize,
) -> Result<Answer, ClientError> {
    let no_answer =
        |e: reqwest::Error| ClientError::NoAnswer { url: url.clone(), reason: explain(&e) };
    let mut response = request.send().await.map_err(no_answer)?;
    let status = response.status().as_u16();
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let gzip = response.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
        if body.len() + chunk.len() > limit {
            return Err(ClientError::TooLarge { url, limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, content_type, body: body.into(), gzip })
}

/// The innermost cause: "connection refused" says more than "error sending request".
fn explain(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
