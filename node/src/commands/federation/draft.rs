//! A federation file on its way: a complete chain, and behind it a version that governance keys
//! are still signing. Without any signature that last part is the bare text.

use proto::federation::{
    FIRST_LINE, Federation, FederationError, Operator, Version, sign, sign_next,
};
use proto::limits;
use proto::note::{Note, NoteSignature, SigningKey};

/// A version that is being signed, with the chain before it.
pub(super) struct Draft {
    before: Option<Federation>,
    version: Version,
    signatures: Vec<NoteSignature>,
}

impl Draft {
    /// A version that nobody has signed yet.
    pub(super) fn new(before: Option<Federation>, version: Version) -> Draft {
        Draft { before, version, signatures: Vec::new() }
    }

    /// Reads a file of which only the last version may lack signatures.
    pub(super) fn parse(bytes: &[u8]) -> Result<Draft, FederationError> {
        if bytes.len() > limits::FEDERATION_BYTES {
            return Err(FederationError::TooLarge { limit: limits::FEDERATION_BYTES });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| FederationError::NotAFederation)?;
        let first_line = format!("{FIRST_LINE}\n");
        let starts = text.match_indices(&first_line).map(|(at, _)| at);
        let start = starts
            .filter(|at| *at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n'))
            .last()
            .ok_or(FederationError::NotAFederation)?;
        let (before, last) = text.split_at(start);
        let before = match before {
            "" => None,
            chain => Some(Federation::parse(chain.as_bytes())?),
        };
        if !last.contains("\n\n") {
            return Ok(Draft::new(before, Version::parse(last)?));
        }
        let note = Note::parse(last.as_bytes())?;
        let version = Version::parse(note.text())?;
        Ok(Draft { before, version, signatures: note.signatures().to_vec() })
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, FederationError> {
        let mut bytes = self.before.as_ref().map(Federation::to_bytes).unwrap_or_default();
        if self.signatures.is_empty() {
            bytes.extend_from_slice(self.version.to_text().as_bytes());
        } else {
            let note = Note::new(&self.version.to_text(), self.signatures.clone())?;
            bytes.extend_from_slice(&note.to_bytes());
        }
        Ok(bytes)
    }

    pub(super) fn version(&self) -> &Version {
        &self.version
    }

    pub(super) fn before(&self) -> Option<&Federation> {
        self.before.as_ref()
    }

    /// The version whose governance keys sign this one.
    pub(super) fn signers(&self) -> &Version {
        self.before.as_ref().map_or(&self.version, Federation::current)
    }

    /// The operators whose signature is there and verifies; a false one is an error.
    pub(super) fn signed_by(&self) -> Result<Vec<&Operator>, FederationError> {
        if self.signatures.is_empty() {
            return Ok(Vec::new());
        }
        let note = Note::new(&self.version.to_text(), self.signatures.clone())?;
        let mut signed = Vec::new();
        for operator in &self.signers().operators {
            if note.signatures_naming(&operator.governance).next().is_some() {
                note.verify(&[&operator.governance])?;
                signed.push(operator);
            }
        }
        Ok(signed)
    }

    /// Adds a signature. `false`: this key has signed already.
    pub(super) fn sign(&mut self, key: &SigningKey) -> Result<bool, FederationError> {
        if self.signed_by()?.iter().any(|o| o.governance == *key.verifier_key()) {
            return Ok(false);
        }
        let signature = match &self.before {
            None => sign(&self.version, key)?,
            Some(before) => sign_next(before, &self.version, key)?,
        };
        self.signatures.push(signature);
        Ok(true)
    }
}
