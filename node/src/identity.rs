//! Who this node is: the federation file, and the keys here that stand in it.
//!
//! A key that does not stand where the config says it does is refused at once: a checkpoint signed
//! with it would count for nobody.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use proto::federation::{Authority, Federation, FederationError, Operator};
use proto::ledger::Rules;
use proto::limits::FEDERATION_BYTES;
use proto::note::{KeyType, SigningKey, VerifierKey};

use crate::clock::{Clock, SystemClock};
use crate::config::{Config, CosignerConfig, LogConfig, ServeOptions};
use crate::cosigner::Cosigner;
use crate::keys::{self, KeyError};

/// Why the node does not know who it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The federation file cannot be read.
    #[error("{file}: cannot be read: {source}\ncheck the option federation of the config file")]
    Read {
        /// The file.
        file: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The federation file is none.
    #[error("{file}: {source}\nask another operator of the federation for the file")]
    Federation {
        /// The file.
        file: String,
        /// What is wrong.
        source: FederationError,
    },
    /// A key file cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The log is not one of the federation's.
    #[error(
        "{origin}: the federation file names no such log\n\
         correct the option origin, or ask for a federation version that admits the log"
    )]
    UnknownLog {
        /// The origin in the config file.
        origin: String,
    },
    /// A key that is not the one in the federation file.
    #[error(
        "{file}: this key is not the one that the federation file names for {whose}\n{next_step}"
    )]
    OtherKey {
        /// The key file.
        file: String,
        /// Whose key it should be.
        whose: String,
        /// What to do.
        next_step: &'static str,
    },
    /// Neither a log nor a cosigner.
    #[error(
        "{file}: this node has neither a log nor a cosigner\n\
         set origin and log_key, or the two cosigner keys, or all of them"
    )]
    Nothing {
        /// The config file.
        file: String,
    },
    /// `--without-peer` names nobody.
    #[error("--without-peer {name}: no peer of this node has this name\nthe peers are: {peers}")]
    UnknownPeer {
        /// The name as given.
        name: String,
        /// The names that would be right.
        peers: String,
    },
}

/// Who this node is.
pub struct Identity {
    /// The federation.
    pub federation: Federation,
    /// The bytes of its file.
    pub federation_file: Vec<u8>,
    /// The key of the own log; its name is the origin.
    pub log: Option<Arc<SigningKey>>,
    /// The operator's cosigner, if it runs here.
    pub cosigner: Option<Arc<Cosigner>>,
    /// Operators whose answer the restart rule does not wait for.
    pub without_peers: Vec<String>,
}

impl Identity {
    /// Reads federation file and keys and compares them.
    pub fn load(config: &Config, options: &ServeOptions) -> Result<Identity, IdentityError> {
        let (federation, federation_file) = read_federation(&config.federation)?;
        let log =
            config.log.as_ref().map(|log| load_log(&federation, log)).transpose()?.map(Arc::new);
        let cosigner = config.cosigner.as_ref();
        let cosigner = cosigner.map(|keys| load_cosigner(&federation, keys)).transpose()?;
        if log.is_none() && cosigner.is_none() {
            return Err(IdentityError::Nothing { file: config.file.display().to_string() });
        }
        let without_peers = options.without_peers.clone();
        let cosigner = cosigner.map(Arc::new);
        let identity = Identity { federation, federation_file, log, cosigner, without_peers };
        let peers: Vec<String> = identity.peers().into_iter().map(|peer| peer.name).collect();
        match identity.without_peers.iter().find(|name| !peers.contains(name)) {
            Some(name) => {
                Err(IdentityError::UnknownPeer { name: name.clone(), peers: peers.join(", ") })
            }
            None => Ok(identity),
        }
    }

    /// Operators whose cosigner runs elsewhere.
    pub fn peers(&self) -> Vec<Operator> {
        let own = self.cosigner.as_ref().map(|cosigner| cosigner.operator());
        let operators = self.federation.current().operators.iter();
        operators.filter(|operator| Some(operator.name.as_str()) != own).cloned().collect()
    }

    /// The logs of the federation that this node does not write.
    pub fn other_logs(&self) -> impl Iterator<Item = &Authority> {
        let own = self.log.as_ref().map(|key| key.verifier_key().name());
        let authorities = self.federation.current().authorities.iter();
        authorities.filter(move |authority| Some(authority.origin()) != own)
    }

    /// The rules of a log of the federation.
    pub fn rules(&self, origin: &str) -> Rules {
        let rules = self.federation.rules_for(origin);
        // Asked for logs of the newest version only, and those have rules. Without keys, no issuer
        // could ever be admitted.
        rules.unwrap_or_else(|| Rules::new(self.federation.id(), origin, Vec::new()))
    }
}

fn read_federation(file: &Path) -> Result<(Federation, Vec<u8>), IdentityError> {
    let name = file.display().to_string();
    let mut bytes = Vec::new();
    // One byte more than is allowed, so that a file that is too large is refused and not cut.
    let most = u64::try_from(FEDERATION_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(file)
        .and_then(|open| open.take(most).read_to_end(&mut bytes))
        .map_err(|source| IdentityError::Read { file: name.clone(), source })?;
    match Federation::parse(&bytes) {
        Ok(federation) => Ok((federation, bytes)),
        Err(source) => Err(IdentityError::Federation { file: name, source }),
    }
}

fn load_log(federation: &Federation, log: &LogConfig) -> Result<SigningKey, IdentityError> {
    let unknown = || IdentityError::UnknownLog { origin: log.origin.clone() };
    let authority = federation.current().authority_by_origin(&log.origin).ok_or_else(unknown)?;
    let key = keys::load(&log.key, KeyType::Ed25519)?;
    check(&log.key, &key, &authority.log, &format!("the log {}", log.origin))?;
    Ok(key)
}

fn load_cosigner(
    federation: &Federation,
    config: &CosignerConfig,
) -> Result<Cosigner, IdentityError> {
    let ed25519 = keys::load(&config.ed25519_key, KeyType::CosignatureV1)?;
    let mldsa = keys::load(&config.mldsa_key, KeyType::SubtreeV1)?;
    let operators = &federation.current().operators;
    let known = operators.iter().find(|o| o.cosigner_ed25519 == *ed25519.verifier_key());
    let operator = known.ok_or_else(|| other_key(&config.ed25519_key, "any operator"))?;
    let whose = format!("the operator {}", operator.name);
    check(&config.mldsa_key, &mldsa, &operator.cosigner_ml_dsa, &whose)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(Cosigner::new(&operator.name, ed25519, mldsa, clock))
}

fn check(
    file: &Path,
    key: &SigningKey,
    want: &VerifierKey,
    whose: &str,
) -> Result<(), IdentityError> {
    if key.verifier_key() == want { Ok(()) } else { Err(other_key(file, whose)) }
}

fn other_key(file: &Path, whose: &str) -> IdentityError {
    IdentityError::OtherKey {
        file: file.display().to_string(),
        whose: whose.to_owned(),
        next_step: "give the key of this node, or ask for a federation version that names it",
    }
}
