//! Verdicts on what a log and a quorum could do together against the rules: entries that the rules
//! refuse, in trees that are signed all the same.

use crate::case::Case;
use crate::verdicts::{bad_content, bad_issuer, case};
use crate::world::{
    Log, ORIGINS, Paper, T0, document, document_of, federation, issuer_key, secret,
};
use proto::document::Field;
use proto::document::batch::{Batch, batch_leaf};
use proto::document::commitment::{commitment, field_leaf, salt};
use proto::document::disclosure::root_of_fields;
use proto::federation::Federation;
use proto::hash::{Hash, LeafIndex, sha256};
use proto::ledger::{Entry, FederationId, IssuanceStatement, Issuer, Place};
use proto::receipt::{Disclosure, Receipt, ShownField};

/// What a log and a quorum could do together: the verifier need not believe them.
pub fn cases() -> Vec<Case> {
    let scope = type_out_of_scope();
    let mut cases = vec![case("type-out-of-scope", &bad_issuer("type-out-of-scope"), &scope)];
    for (name, place) in [
        (
            "signature-moved-from-another-log",
            Place { federation: federation().id(), origin: ORIGINS[1] },
        ),
        (
            "signature-moved-from-another-federation",
            Place { federation: FederationId([7; 32]), origin: ORIGINS[0] },
        ),
    ] {
        let code = match place.origin == ORIGINS[1] {
            true => "signature-moved",
            false => "issuance-signature-bad",
        };
        let receipt = appended(|log, statement| {
            let submission = statement.sign(&place, &issuer_key(1)).unwrap();
            Entry::Issuance(submission.entry(log.state.next_status()))
        });
        cases.push(case(name, &bad_issuer(code), &receipt));
    }
    cases.push(case("issuer-not-admitted", &bad_issuer("issuer-not-admitted"), &not_admitted()));
    cases.push(case("issuer-retired", &bad_issuer("issuer-retired"), &retired()));
    cases.push(case("issuer-admitted-later", &bad_issuer("issuer-unknown"), &admitted_later()));
    cases.push(case("field-name-twice", &bad_content("field-twice"), &name_twice()));
    cases
}

fn new_log() -> (Federation, Log) {
    let federation = federation();
    let log = Log::new(&federation, 1);
    (federation, log)
}

/// Issues document 0 with an entry of the caller's making and closes.
fn close_with(
    federation: &Federation,
    log: &mut Log,
    issuer: LeafIndex,
    entry: impl FnOnce(&Log, IssuanceStatement) -> Entry,
) -> Receipt {
    let (batch, secrets, submission) = log.prepare(issuer, &issuer_key(1), vec![document(0)]);
    let entry = entry(log, submission.statement);
    let Entry::Issuance(issuance) = entry else { panic!() };
    let index = log.append(&Entry::Issuance(issuance));
    let paper = Paper { documents: vec![document(0)], secrets, batch, entry: issuance, index };
    close_unchecked(log);
    log.receipt(federation, &paper, 0)
}

/// Closes with a snapshot as if the batch had been counted.
fn close_unchecked(log: &mut Log) {
    let mut status = proto::ledger::StatusTree::new();
    status.extend(16).unwrap();
    log.snapshot_of(&status, T0);
}

fn appended(entry: impl FnOnce(&Log, IssuanceStatement) -> Entry) -> Receipt {
    let (federation, mut log) = new_log();
    log.admit("School of Example", &issuer_key(1), &["school.certificate"]);
    close_with(&federation, &mut log, LeafIndex(0), entry)
}

fn signed(log: &Log, statement: IssuanceStatement) -> Entry {
    let submission = statement.sign(&log.rules.place(), &issuer_key(1)).unwrap();
    Entry::Issuance(submission.entry(log.state.next_status()))
}

fn not_admitted() -> Receipt {
    let (federation, mut log) = new_log();
    let good = log.admission("School of Example", &issuer_key(1), &["school.certificate"]);
    log.append(&Entry::Issuer(Issuer { admin_signature: [1; 64], ..good }));
    close_with(&federation, &mut log, LeafIndex(0), signed)
}

fn retired() -> Receipt {
    let (federation, mut log) = new_log();
    log.admit("School of Example", &issuer_key(1), &["school.certificate"]);
    let state = log.state.issuer_in_force(LeafIndex(0)).unwrap();
    let admin = crate::world::administration(1);
    let entry = Issuer::retire(&log.rules.place(), state, &admin).unwrap();
    log.push(&Entry::Issuer(entry));
    close_with(&federation, &mut log, LeafIndex(1), signed)
}

/// The issuer's entry stands behind the issuance.
fn admitted_later() -> Receipt {
    let (federation, mut log) = new_log();
    let later = log.admission("School of Example", &issuer_key(1), &["school.certificate"]);
    let issuer = LeafIndex(1);
    let (batch, secrets, submission) = log.prepare(issuer, &issuer_key(1), vec![document(0)]);
    let entry = submission.entry(log.state.next_status());
    let index = log.append(&Entry::Issuance(entry));
    log.append(&Entry::Issuer(later));
    let paper = Paper { documents: vec![document(0)], secrets, batch, entry, index };
    close_unchecked(&mut log);
    log.receipt(&federation, &paper, 0)
}

fn type_out_of_scope() -> Receipt {
    let (federation, mut log) = new_log();
    let issuer = log.admit("School of Example", &issuer_key(1), &["school.certificate"]);
    let permit = document_of(0, "dog.permit", None);
    let paper = log.issue(issuer, &issuer_key(1), vec![permit]);
    log.close(T0);
    log.receipt(&federation, &paper, 0)
}

/// An issuer that commits to two fields of one name.
fn name_twice() -> Receipt {
    let (federation, mut log) = new_log();
    let issuer = log.admit("School of Example", &issuer_key(1), &["school.certificate"]);
    let mut fields = document(0).fields().to_vec();
    fields.push(Field::new("grade", "6.0").unwrap());
    let shown: Vec<ShownField> = (0u32..)
        .zip(fields)
        .map(|(index, field)| ShownField { index, field, salt: salt(&secret(0), index) })
        .collect();
    let leaves: Vec<(u32, Hash)> =
        shown.iter().map(|shown| (shown.index, field_leaf(&shown.salt, &shown.field))).collect();
    let root = root_of_fields(9, &leaves, &[]).unwrap();
    let mut places = vec![batch_leaf(&commitment(9, &root))];
    places.extend((1..16).map(|i| sha256(format!("padding {i}").as_bytes())));
    let batch = Batch::new(&places).unwrap();
    let statement = IssuanceStatement { issuer, batch_root: batch.root(), height: 4 };
    let submission = statement.sign(&log.rules.place(), &issuer_key(1)).unwrap();
    let entry = submission.entry(log.state.next_status());
    let index = log.push(&Entry::Issuance(entry));
    log.close(T0);
    // The receipt of any document of that shape, with the right batch and fields put in.
    let (other, secrets, _) = log.prepare(issuer, &issuer_key(1), vec![document(0)]);
    let stand_in = statement_of(&other, issuer).sign(&log.rules.place(), &issuer_key(1)).unwrap();
    let paper = Paper {
        documents: vec![document(0)],
        secrets,
        batch: other,
        entry: stand_in.entry(entry.first_status),
        index,
    };
    let receipt = log.receipt(&federation, &paper, 0);
    Receipt {
        disclosure: Disclosure::Redacted { count: 9, fields: shown, proof: vec![] },
        batch_path: batch.path(0).unwrap(),
        signature: submission.signature,
        ..receipt
    }
}

fn statement_of(batch: &Batch, issuer: LeafIndex) -> IssuanceStatement {
    IssuanceStatement { issuer, batch_root: batch.root(), height: batch.height() }
}
