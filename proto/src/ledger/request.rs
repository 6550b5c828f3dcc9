//! The issuer request: the text file that an issuing office hands to its authority, which signs it
//! with the administration key. It carries no secret.
//!
//! ```text
//! beleg.issuer-request/v1
//! federation <64 hex digits>
//! origin <identity line of the log>
//! statement <base64 of the signed part of the issuer entry>
//! key-signature <base64>
//! ```

use alloc::format;
use alloc::string::{String, ToString};

use thiserror::Error;

use crate::hash::Hash;
use crate::limits;
use crate::note::{BadSignature, KeyError, SigningKey};
use crate::text::{self, Lines, TextError};

use super::entry::EntryError;
use super::issuer::{Issuer, IssuerStatement};
use super::place::{FederationId, Place, Signed};

const FIRST_LINE: &str = "beleg.issuer-request/v1";

/// Why a file is no issuer request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The first line is another.
    #[error("This is no issuer request: the first line is not {FIRST_LINE}.")]
    OtherFile,
    /// A line is malformed.
    #[error("Line {line} of the issuer request is malformed: {error}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        error: TextError,
    },
    /// The statement is malformed.
    #[error("The statement of the issuer request is malformed: {0}")]
    Statement(#[from] EntryError),
    /// A retirement has no request.
    #[error("A request cannot retire an issuer; the authority does that alone.")]
    Retired,
    /// The key did not sign the request.
    #[error("The issuer request is not signed by the key that it names; make it again.")]
    BadSignature,
}

impl From<BadSignature> for RequestError {
    fn from(_: BadSignature) -> RequestError {
        RequestError::BadSignature
    }
}

/// A request that is signed by the key that it names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuerRequest {
    federation: FederationId,
    origin: String,
    statement: IssuerStatement,
    key_signature: [u8; 64],
}

impl IssuerRequest {
    /// Makes a request, with the issuer's new key.
    pub fn sign(
        place: &Place<'_>,
        statement: IssuerStatement,
        key: &SigningKey,
    ) -> Result<IssuerRequest, KeyError> {
        let key_signature = Signed::IssuerByKey.sign(place, &statement.to_bytes(), key)?;
        let (federation, origin) = (place.federation, place.origin.to_string());
        Ok(IssuerRequest { federation, origin, statement, key_signature })
    }

    /// Reads a request and checks the signature of its key.
    pub fn parse(bytes: &[u8]) -> Result<IssuerRequest, RequestError> {
        let at = |line| move |error| RequestError::Line { line, error };
        let file = text::lines_utf8(bytes, limits::ISSUER_REQUEST_BYTES).map_err(at(1))?;
        let mut lines = Lines::new(file);
        if lines.line() != Ok(FIRST_LINE) {
            return Err(RequestError::OtherFile);
        }
        let federation = lines.keyword("federation").and_then(Hash::from_hex).map_err(at(2))?;
        let origin = lines.keyword("origin").map_err(at(3))?;
        if origin.is_empty() || origin.len() > limits::ORIGIN_BYTES {
            return Err(at(3)(TextError::TooLong { limit: 255, got: origin.len() }));
        }
        let statement = lines.keyword("statement").and_then(text::base64_decode).map_err(at(4))?;
        let signature = lines.keyword("key-signature").and_then(text::base64_array);
        let key_signature = signature.map_err(at(5))?;
        lines.finish().map_err(at(6))?;
        let statement = IssuerStatement::parse(&statement)?;
        if statement.retired() {
            return Err(RequestError::Retired);
        }
        let federation = FederationId(federation.0);
        let request =
            IssuerRequest { federation, origin: origin.to_string(), statement, key_signature };
        let (part, key) = (request.statement.to_bytes(), request.statement.key());
        Signed::IssuerByKey.verify(&request.place(), &part, key, &request.key_signature)?;
        Ok(request)
    }

    /// The file that [`IssuerRequest::parse`] reads.
    pub fn to_text(&self) -> String {
        format!(
            "{FIRST_LINE}\nfederation {}\norigin {}\nstatement {}\nkey-signature {}\n",
            self.federation,
            self.origin,
            text::base64_encode(&self.statement.to_bytes()),
            text::base64_encode(&self.key_signature),
        )
    }

    /// The log for which the request is made.
    pub fn place(&self) -> Place<'_> {
        Place { federation: self.federation, origin: &self.origin }
    }

    /// What the authority is asked to sign.
    pub fn statement(&self) -> &IssuerStatement {
        &self.statement
    }

    /// The issuer entry, with the administration key. The caller has checked that place and
    /// statement are what the authority wants.
    pub fn admit(&self, admin: &SigningKey) -> Result<Issuer, KeyError> {
        let part = self.statement.to_bytes();
        let admin_signature = Signed::IssuerByAdmin.sign(&self.place(), &part, admin)?;
        let key_signature = Some(self.key_signature);
        Ok(Issuer { statement: self.statement.clone(), admin_signature, key_signature })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::KeyType;

    #[test]
    fn one_spelling() {
        let key = SigningKey::from_seed("k", KeyType::Ed25519, &[3; 32]).unwrap();
        let public = *key.verifier_key().ed25519_public_key().unwrap();
        let statement = IssuerStatement::new(None, "Office", &public, &["a"]).unwrap();
        let place = Place { federation: FederationId([7; 32]), origin: "a.example/log" };
        let request = IssuerRequest::sign(&place, statement, &key).unwrap();
        let file = request.to_text();
        assert_eq!(IssuerRequest::parse(file.as_bytes()), Ok(request));
        let bad = |file: &str| IssuerRequest::parse(file.as_bytes()).unwrap_err();
        assert_eq!(bad(&file.replace("a.example", "b.example")), RequestError::BadSignature);
        assert_eq!(bad(&file.replace("0707", "0708")), RequestError::BadSignature);
        assert_eq!(bad(&file.replace("/v1", "/v2")), RequestError::OtherFile);
        assert_eq!(bad(""), RequestError::OtherFile);
        for (file, line) in [
            (file.replace("origin ", "Origin "), 3),
            (file.replace("statement ", "statement  "), 4),
            (file.clone() + "\n", 6),
            (file.trim_end().to_string(), 5),
            (file.replace("origin a.example/log", "origin "), 3),
            ("x".repeat(100_000), 1),
        ] {
            assert!(matches!(bad(&file), RequestError::Line { line: at, .. } if at == line));
        }
    }
}
