//! The one config file of a node: read, checked and resolved here and nowhere else.
//!
//! Unknown options are refused with their line, so that a spelling mistake is never a silent
//! default. Paths are relative to the folder of the config file. `config/template.toml` explains
//! every option; `beleg-node init` writes it.

mod anchor;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

pub use anchor::{AnchorConfig, BitcoinOptions, EvmConfig, OtsOptions, Pkcs11Config, TsaConfig};

/// Largest config file that is read.
const MAX_CONFIG_BYTES: u64 = 64 * 1024;

/// What the operator meant, with every default filled in and every path absolute or relative to
/// the working folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// The file it was read from.
    pub file: PathBuf,
    /// Where HTTP is served.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
    /// The federation file.
    pub federation: PathBuf,
    /// The folder of the offices that this node hosts; it need not be there.
    pub hosted: PathBuf,
    /// How the pages look.
    pub page: site::Settings,
    /// The outside clocks.
    pub anchor: AnchorConfig,
    /// Proxies whose header about client certificates is believed; none if it is ignored.
    pub certificate_proxies: Vec<IpAddr>,
    /// The authority's log; `None` if this node only mirrors and cosigns.
    pub log: Option<LogConfig>,
    /// The operator's cosigner; `None` if it runs in another node.
    pub cosigner: Option<CosignerConfig>,
    /// Shortest time between the starts of two rounds.
    pub round_interval: Duration,
    /// Longest time without a published checkpoint while nothing is submitted.
    pub idle_interval: Duration,
    /// How long a mirrored log has to include a revocation that is held here.
    pub revocation_grace: Duration,
    /// Submissions that may wait for a round; the surplus is told to come back.
    pub pool_submissions: usize,
    /// Submissions taken into one round.
    pub round_submissions: usize,
    /// Time to reach a peer.
    pub peer_connect_timeout: Duration,
    /// Time for one answer of a peer.
    pub peer_timeout: Duration,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// Which log lines are written (as `RUST_LOG` has it).
    pub log_level: String,
}

/// The log that this node writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogConfig {
    /// Its origin, as in the federation file.
    pub origin: String,
    /// Its signing key (type 0x01).
    pub key: PathBuf,
}

/// The keys of the operator's cosigner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CosignerConfig {
    /// Ed25519 (type 0x04).
    pub ed25519_key: PathBuf,
    /// ML-DSA-44 (type 0x06).
    pub mldsa_key: PathBuf,
}

/// How log lines are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// What `serve` was told on the command line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ServeOptions {
    /// Operators whose answer about our newest checkpoint is not waited for before the first
    /// signature: the operator's explicit word that the restart rule asks for.
    pub without_peers: Vec<String>,
}

/// Why a config file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{file}: cannot be read: {source}\nbeleg-node init writes a config file")]
    Read {
        /// The file.
        file: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is larger than any config.
    #[error("{file}: larger than {limit} bytes\nbeleg-node init writes a config file")]
    TooLarge {
        /// The file.
        file: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// Not TOML, an unknown option, a value of the wrong kind.
    #[error("{file}, line {line}: {message}\ncompare with the file that beleg-node init writes")]
    Syntax {
        /// The file.
        file: String,
        /// 1-based.
        line: usize,
        /// What the reader said.
        message: String,
    },
    /// A value that is of the right kind and cannot be meant.
    #[error("{file}, line {line}: {option} must be {want}\nchange it and start again")]
    Value {
        /// The file.
        file: String,
        /// 1-based.
        line: usize,
        /// The option.
        option: &'static str,
        /// What would be right.
        want: String,
    },
    /// Options that belong together.
    #[error("{file}: {have} is set and {missing} is not\nset both or neither")]
    Pair {
        /// The file.
        file: String,
        /// The one that is there.
        have: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    listen: Spanned<String>,
    data: PathBuf,
    federation: PathBuf,
    hosted: Option<PathBuf>,
    page: Option<site::Settings>,
    anchor: Option<AnchorConfig>,
    client_cert_header: Option<bool>,
    trusted_proxies: Option<Spanned<Vec<String>>>,
    origin: Option<String>,
    log_key: Option<PathBuf>,
    cosigner_ed25519_key: Option<PathBuf>,
    cosigner_mldsa_key: Option<PathBuf>,
    round_interval_ms: Option<Spanned<u64>>,
    idle_interval_s: Option<Spanned<u64>>,
    revocation_grace_s: Option<Spanned<u64>>,
    pool_submissions: Option<Spanned<u64>>,
    round_submissions: Option<Spanned<u64>>,
    peer_connect_timeout_ms: Option<Spanned<u64>>,
    peer_timeout_ms: Option<Spanned<u64>>,
    log_format: Option<LogFormat>,
    log_level: Option<String>,
}

impl Config {
    /// Reads a config file.
    pub fn read(file: &Path) -> Result<Config, ConfigError> {
        let name = file.display().to_string();
        let read_error = |source| ConfigError::Read { file: name.clone(), source };
        if fs::metadata(file).map_err(read_error)?.len() > MAX_CONFIG_BYTES {
            return Err(ConfigError::TooLarge { file: name, limit: MAX_CONFIG_BYTES });
        }
        let text = fs::read_to_string(file).map_err(read_error)?;
        Config::parse(file, &text)
    }

    fn parse(file: &Path, text: &str) -> Result<Config, ConfigError> {
        let written: Written = toml::from_str(text).map_err(|e| ConfigError::Syntax {
            file: file.display().to_string(),
            line: line_of(text, e.span().map_or(0, |span| span.start)),
            message: e.message().to_owned(),
        })?;
        let checks = Checks { file, text };
        let folder = file.parent().unwrap_or(Path::new(""));
        let place = |path: &PathBuf| folder.join(path);
        let origin_path = written.origin.as_ref().map(PathBuf::from);
        let log = checks.pair(("origin", &origin_path), ("log_key", &written.log_key))?;
        let cosigner = checks.pair(
            ("cosigner_ed25519_key", &written.cosigner_ed25519_key),
            ("cosigner_mldsa_key", &written.cosigner_mldsa_key),
        )?;
        let number =
            |option, written, default, range| checks.number(option, written, default, range);
        let millis = |option, written, default, range| {
            number(option, written, default, range).map(Duration::from_millis)
        };
        let count = |option, written, default, range| {
            let number = number(option, written, default, range)?;
            Ok(usize::try_from(number).unwrap_or(usize::MAX))
        };
        let w = &written;
        let (pool, round) = (1..=1_000_000, 1..=100_000);
        let idle = number("idle_interval_s", &w.idle_interval_s, defaults::IDLE_S, 1..=86_400)?;
        let grace = ("revocation_grace_s", &w.revocation_grace_s);
        let grace = number(grace.0, grace.1, defaults::GRACE_S, 3..=86_400)?;
        let interval = ("round_interval_ms", &w.round_interval_ms);
        let connect = ("peer_connect_timeout_ms", &w.peer_connect_timeout_ms);
        Ok(Config {
            file: file.to_owned(),
            listen: checks.address(&w.listen)?,
            data: place(&w.data),
            federation: place(&w.federation),
            hosted: folder.join(w.hosted.as_deref().unwrap_or(Path::new(defaults::HOSTED))),
            page: page(written.page.as_ref(), folder),
            anchor: written.anchor.clone().unwrap_or_default(),
            certificate_proxies: checks.proxies(w.client_cert_header, &w.trusted_proxies)?,
            log: log.map(|(origin, key)| LogConfig {
                origin: origin.display().to_string(),
                key: place(key),
            }),
            cosigner: cosigner.map(|(ed25519, mldsa)| CosignerConfig {
                ed25519_key: place(ed25519),
                mldsa_key: place(mldsa),
            }),
            round_interval: millis(interval.0, interval.1, defaults::ROUND_MS, 1..=60_000)?,
            idle_interval: Duration::from_secs(idle),
            revocation_grace: Duration::from_secs(grace),
            pool_submissions: count("pool_submissions", &w.pool_submissions, defaults::POOL, pool)?,
            round_submissions: count(
                "round_submissions",
                &w.round_submissions,
                defaults::ROUND,
                round,
            )?,
            peer_connect_timeout: millis(connect.0, connect.1, defaults::CONNECT_MS, 10..=60_000)?,
            peer_timeout: millis(
                "peer_timeout_ms",
                &w.peer_timeout_ms,
                defaults::PEER_MS,
                100..=600_000,
            )?,
            log_format: w.log_format.unwrap_or(LogFormat::Text),
            log_level: w.log_level.clone().unwrap_or_else(|| "info".to_owned()),
        })
    }
}

/// The folder of words lies beside the config file.
fn page(written: Option<&site::Settings>, folder: &Path) -> site::Settings {
    let mut settings = written.cloned().unwrap_or_default();
    settings.folder = settings.folder.map(|words| folder.join(words));
    settings
}

mod defaults {
    pub(super) const HOSTED: &str = "hosted";
    pub(super) const ROUND_MS: u64 = 2;
    pub(super) const IDLE_S: u64 = 60;
    pub(super) const GRACE_S: u64 = 600;
    pub(super) const POOL: u64 = 16_384;
    pub(super) const ROUND: u64 = 8_192;
    pub(super) const CONNECT_MS: u64 = 2_000;
    pub(super) const PEER_MS: u64 = 20_000;
}

struct Checks<'a> {
    file: &'a Path,
    text: &'a str,
}

/// An option with the value that was written.
type Given<'a, T> = (&'static str, &'a Option<T>);

impl Checks<'_> {
    /// Two options of which both are given or none.
    fn pair<'a>(
        &self,
        a: Given<'a, PathBuf>,
        b: Given<'a, PathBuf>,
    ) -> Result<Option<(&'a PathBuf, &'a PathBuf)>, ConfigError> {
        match (a, b) {
            ((_, None), (_, None)) => Ok(None),
            ((_, Some(first)), (_, Some(second))) => Ok(Some((first, second))),
            ((have, _), (missing, None)) | ((missing, None), (have, _)) => {
                Err(ConfigError::Pair { file: self.file.display().to_string(), have, missing })
            }
        }
    }

    fn number(
        &self,
        option: &'static str,
        written: &Option<Spanned<u64>>,
        default: u64,
        range: RangeInclusive<u64>,
    ) -> Result<u64, ConfigError> {
        let Some(written) = written else { return Ok(default) };
        if range.contains(written.get_ref()) {
            return Ok(*written.get_ref());
        }
        let want = format!("a number from {} to {}", range.start(), range.end());
        Err(self.value(option, written.span().start, want))
    }

    fn address(&self, written: &Spanned<String>) -> Result<SocketAddr, ConfigError> {
        written.get_ref().parse().map_err(|_| {
            let want = "an IP address and a port, such as \"127.0.0.1:8001\"".to_owned();
            self.value("listen", written.span().start, want)
        })
    }

    /// Who is believed about client certificates.
    fn proxies(
        &self,
        header: Option<bool>,
        written: &Option<Spanned<Vec<String>>>,
    ) -> Result<Vec<IpAddr>, ConfigError> {
        if header != Some(true) {
            return Ok(Vec::new());
        }
        let Some(written) = written else {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        };
        let address = |text: &String| text.parse().map(|address: IpAddr| address.to_canonical());
        let addresses: Result<Vec<IpAddr>, _> = written.get_ref().iter().map(address).collect();
        addresses.map_err(|_| {
            let want = "a list of IP addresses, such as [\"127.0.0.1\", \"::1\"]".to_owned();
            self.value("trusted_proxies", written.span().start, want)
        })
    }

    fn value(&self, option: &'static str, at: usize, want: String) -> ConfigError {
        let file = self.file.display().to_string();
        ConfigError::Value { file, line: line_of(self.text, at), option, want }
    }
}

/// The line of a place in a text, 1-based.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|b| *b == b'\n').count()
}

#[cfg(test)]
mod tests;
