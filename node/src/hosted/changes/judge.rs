//! What is asked for, judged by the journal and the ledger before anything is written. Pure.

use std::collections::{BTreeMap, BTreeSet};

use proto::document::Field;
use proto::hash::StatusIndex;
use proto::ledger::revocation::Signer;
use proto::ledger::{IssuerState, StatusState, StatusTree};

use super::refusal::ChangeRefusal;
use super::{DOCUMENTS, REASON_BYTES};
use crate::hosted::desk::IssueError;
use crate::hosted::journal::Selection;
use crate::hosted::token::Token;

/// What somebody asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asking {
    /// What the documents become.
    pub state: StatusState,
    /// Their status indexes.
    pub documents: Vec<u64>,
    /// The document that takes the place of the only one.
    pub successor: Option<u64>,
    /// Why.
    pub reason: Option<String>,
    /// The receipt of the document that is replaced.
    pub receipt: Option<String>,
}

/// What would change.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Judged {
    /// The documents that change, with the state that they have.
    pub documents: BTreeMap<u64, StatusState>,
    /// Those that are so already.
    pub unchanged: BTreeSet<u64>,
    /// The types of all of them.
    pub types: BTreeSet<String>,
}

impl Asking {
    /// Checks what can be checked without journal and ledger, and gives the documents.
    pub fn check(&self) -> Result<BTreeSet<u64>, ChangeRefusal> {
        let mut named = BTreeSet::new();
        if self.documents.len() > DOCUMENTS {
            return Err(ChangeRefusal::TooManyDocuments);
        }
        for status in &self.documents {
            if !named.insert(*status) {
                return Err(ChangeRefusal::NamedTwice(*status));
            }
        }
        match (&self.reason, self.state) {
            _ if named.is_empty() => return Err(ChangeRefusal::Nothing),
            (None, StatusState::Suspended | StatusState::Revoked) => {
                return Err(ChangeRefusal::ReasonMissing);
            }
            (Some(reason), _) if reason.len() > REASON_BYTES => {
                return Err(ChangeRefusal::ReasonMalformed);
            }
            // What can stand in a document's field can stand in a line of the record.
            (Some(reason), _) if reason.trim().is_empty() => {
                return Err(ChangeRefusal::ReasonMissing);
            }
            (Some(reason), _) if Field::new("reason", reason).is_err() => {
                return Err(ChangeRefusal::ReasonMalformed);
            }
            _ => {}
        }
        match (self.state, self.successor) {
            (StatusState::Superseded, None) => Err(ChangeRefusal::SuccessorMissing),
            (StatusState::Superseded, Some(_)) if named.len() > 1 => {
                Err(ChangeRefusal::OneSuccessor)
            }
            (StatusState::Superseded, Some(new)) if named.contains(&new) => {
                Err(ChangeRefusal::OwnSuccessor)
            }
            (StatusState::Superseded, Some(_)) | (_, None) => Ok(named),
            (_, Some(_)) => Err(ChangeRefusal::SuccessorUnasked),
        }
    }
}

/// What documents are judged by.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// The log's origin.
    pub origin: &'a str,
    /// The office's entry in force.
    pub issuer: &'a IssuerState,
    /// What the journal says of the documents.
    pub selection: &'a Selection,
    /// What the ledger says of them.
    pub tree: &'a StatusTree,
}

impl Judge<'_> {
    /// Judges documents that are to get a state.
    pub fn judge(
        &self,
        token: &Token,
        named: &BTreeSet<u64>,
        to: StatusState,
    ) -> Result<Judged, ChangeRefusal> {
        let mut judged = Judged::default();
        for status in named {
            let document_type = self.document_type(token, *status)?;
            let from = self.state(*status)?;
            if from == to {
                judged.unchanged.insert(*status);
            } else if Signer::Issuer.may_change(from, to) {
                judged.documents.insert(*status, from);
            } else {
                return Err(ChangeRefusal::Final { status: *status, state: from });
            }
            judged.types.insert(document_type.to_owned());
        }
        if judged.documents.is_empty() {
            return Err(ChangeRefusal::AlreadySo(to));
        }
        Ok(judged)
    }

    /// Judges the document that is to take the place of another.
    pub fn successor(&self, token: &Token, status: u64) -> Result<(), ChangeRefusal> {
        self.document_type(token, status)?;
        match self.state(status)? {
            StatusState::Valid => Ok(()),
            state => Err(ChangeRefusal::SuccessorNotValid(state)),
        }
    }

    fn document_type(&self, token: &Token, status: u64) -> Result<&str, ChangeRefusal> {
        let document_type = self.selection.types.get(&status);
        let document_type = document_type.ok_or(ChangeRefusal::Unknown(status))?;
        if token.is_for(document_type) {
            Ok(document_type)
        } else {
            Err(ChangeRefusal::TypeNotAllowed(document_type.clone()))
        }
    }

    fn state(&self, status: u64) -> Result<StatusState, ChangeRefusal> {
        let (_, drawer) = self.selection.batch(status).ok_or(ChangeRefusal::Unknown(status))?;
        if drawer.origin != self.origin {
            return Err(ChangeRefusal::OtherLog(status));
        }
        if drawer.issuer < self.issuer.id.0 {
            return Err(ChangeRefusal::EarlierRegistration(status));
        }
        let state = self.tree.state(StatusIndex(status));
        // What is in the journal was published; after a start the list may still be on its way.
        state.ok_or_else(|| IssueError::list_not_ready().into())
    }
}
