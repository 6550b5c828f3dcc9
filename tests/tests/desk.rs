//! Signs submissions as an office's program would that calls a node directly, without
//! `beleg-issuer`; also compiled into the load client.

use anyhow::{Context, Result, ensure};
use proto::federation::Federation;
use proto::hash::{Hash, LeafIndex};
use proto::ledger::{IssuanceStatement, Place};
use proto::note::SigningKey;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

/// An office's key and what its signatures cover.
pub struct Desk {
    key: SigningKey,
    /// The federation that its signatures name.
    pub federation: Federation,
    /// The log that they are for.
    pub origin: String,
    issuer: LeafIndex,
}

impl Desk {
    /// Reads the key and asks the node which entry of this issuer is in force.
    pub fn open(federation: &Path, origin: &str, key: &Path, node: SocketAddr) -> Result<Self> {
        let federation = Federation::parse(&fs::read(federation)?)?;
        let key = SigningKey::parse(&fs::read_to_string(key)?)?;
        let public = hex::encode(key.verifier_key().public_key());
        let list = e2e::http::read(node, "/v1/issuers")?;
        ensure!(list.status == 200, "{}", list.text());
        let list = list.json()?;
        let issuers = list.as_array().context("a list of issuers")?;
        let ours = issuers.iter().find(|issuer| issuer["key"] == public.as_str());
        let index = ours.and_then(|issuer| issuer["index"].as_u64());
        let issuer = LeafIndex(index.context("the key is not in the list of issuers")?);
        Ok(Self { key, federation, origin: origin.to_owned(), issuer })
    }

    /// A signed submission of a batch with this root.
    pub fn sign(&self, root: [u8; 32], height: u8) -> Result<Vec<u8>> {
        let place = Place { federation: self.federation.id(), origin: &self.origin };
        let batch_root = Hash(root);
        let statement = IssuanceStatement { issuer: self.issuer, batch_root, height };
        Ok(statement.sign(&place, &self.key)?.to_bytes())
    }

    /// A signed submission of a batch that nobody has submitted before.
    pub fn sign_new(&self, height: u8) -> Result<Vec<u8>> {
        let mut root = [0; 32];
        getrandom::fill(&mut root)?;
        self.sign(root, height)
    }
}
