//! The steps of a verdict, in order. Each takes only what the steps before it proved.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::known::Known;
use super::reason::Reason;
use super::status;
use super::verdict::{DocumentFacts, Facts, IssuerFacts, Line, LineState, LogFacts, Verdict};
use super::{Question, anchors};
use crate::checkpoint::SignedCheckpoint;
use crate::document::{Content, DocumentError, batch};
use crate::federation::{Authority, Federation, Link, PublishedCheckpoint, Untrusted};
use crate::hash::leaf_hash;
use crate::ledger::{Entry, Issuance, Place, check_issuer_signatures};
use crate::limits;
use crate::merkle::inclusion;
use crate::receipt::{Receipt, ReceiptError};
use crate::time::Date;

/// A verdict without a receipt that could be judged.
pub(super) fn nothing_known(question: &Question<'_>, reason: Reason) -> Verdict {
    let not_judged = Line::from(Reason::NotJudged);
    let content = Line::from(reason);
    Verdict::new([content, not_judged, not_judged, not_judged], facts(question.federation))
}

/// Judges a receipt.
pub(super) fn judge(known: &mut Known, receipt: &Receipt, question: &Question<'_>) -> Verdict {
    let federation = question.federation;
    known.bind(federation);
    if receipt.federation != federation.id() {
        return nothing_known(question, Reason::FederationUnknown);
    }
    let origin = receipt.checkpoint.checkpoint().origin();
    let Some(authority) = authority(federation, origin) else {
        return nothing_known(question, Reason::LogUnknown);
    };
    let mut facts = facts(federation);
    let issuance = receipt.issuance();
    let content = check_content(receipt, &issuance, question);
    let published = match check_published(known, &receipt.checkpoint, receipt, question) {
        Ok(published) => published,
        Err(reason) => return without_tree(content, reason, facts),
    };
    facts.log = Some(log_facts(federation, authority, &published));
    let (mut issuer, mut time) = (Reason::NotJudged, Reason::NotJudged);
    if let Ok(issuance) = &issuance {
        issuer = match check_issuer(known, receipt, federation, &published, issuance) {
            Ok(()) => Reason::IssuerProven,
            Err(reason) => reason,
        };
        time = check_time(issuance, receipt, &published, question);
    }
    facts.anchors = anchors::check(known, receipt, &published, question);
    let shown = anchors::required(time, &facts.anchors, question);
    if issuer == Reason::IssuerProven {
        facts.issuer = Some(issuer_facts(receipt));
        facts.document = document_facts(receipt);
    }
    let content = match (content, issuer) {
        // Only what the issuer signed is a document to compare with.
        (Reason::ContentMatches, Reason::IssuerProven) => Reason::ContentMatches,
        (Reason::ContentMatches, _) => Reason::NotJudged,
        (reason, _) => reason,
    };
    // Without that the receipt could name any place in a list.
    let in_log = matches!(time, Reason::TimeProven | Reason::NotYetProvenAt);
    let lists = if in_log { question.lists } else { &[] };
    let question = &Question { lists, ..*question };
    let status = status::check(known, receipt, question, &published, &mut facts);
    let status = with_last_day(status, question, &facts);
    let lines = [content, issuer, shown, status].map(Line::from);
    Verdict::new(lines, facts)
}

/// A verdict on a receipt whose tree does not count: only that the file is another can be known.
fn without_tree(content: Reason, time: Reason, facts: Facts) -> Verdict {
    let content = match content.state() {
        LineState::Bad => content,
        _ => Reason::NotJudged,
    };
    let lines = [content, Reason::NotJudged, time, Reason::NotJudged];
    Verdict::new(lines.map(Line::from), facts)
}

/// Step 1: the checkpoint counts, and carries no signature line but those that make it count.
pub(super) fn check_published(
    known: &mut Known,
    checkpoint: &SignedCheckpoint,
    receipt: &Receipt,
    question: &Question<'_>,
) -> Result<PublishedCheckpoint, Reason> {
    let key = (checkpoint.clone(), receipt.links.clone());
    let links = &receipt.links;
    let find_out = |_: &_| check_signatures(question.federation, checkpoint, links);
    let published = known.trees.get(key, find_out)?;
    let latest = question.now.0.saturating_add(limits::VERIFIER_CLOCK_TOLERANCE_S);
    if published.proven_time().0 > latest { Err(Reason::TimeInFuture) } else { Ok(published) }
}

fn check_signatures(
    federation: &Federation,
    checkpoint: &SignedCheckpoint,
    links: &[Link],
) -> Result<PublishedCheckpoint, Reason> {
    let lines = checkpoint.note().signatures();
    let repeated = (1..).zip(lines).any(|(next, line)| {
        lines.iter().skip(next).any(|other| other.name() == line.name() && other.id() == line.id())
    });
    let published = federation.verify_checkpoint(checkpoint, links);
    let published = published.map_err(|error| match error {
        Untrusted::UnknownLog => Reason::LogUnknown,
        Untrusted::LogUnsigned => Reason::LogSignatureMissing,
        Untrusted::LogSignature => Reason::LogSignatureBad,
        Untrusted::Cosignature => Reason::CosignatureBad,
        Untrusted::QuorumMissing { .. } if repeated => Reason::OperatorTwice,
        Untrusted::QuorumMissing { have, need } => Reason::QuorumMissing { have, need },
        Untrusted::OldKeys => Reason::KeysDropped,
    })?;
    if repeated {
        return Err(Reason::OperatorTwice);
    }
    // A key that no version knows has no business here. Fewer lines are not asked for: the quorum
    // of the day may have been larger than today's.
    let known = federation.names_each_line_once(checkpoint);
    if known { Ok(published) } else { Err(Reason::SignatureLinesUnexpected) }
}

/// Step 2: the fields that may not be hidden are there, and the file is the one they describe.
fn check_content(
    receipt: &Receipt,
    issuance: &Result<Issuance, ReceiptError>,
    question: &Question<'_>,
) -> Reason {
    match receipt.disclosure.check_fields() {
        Ok(()) => {}
        Err(DocumentError::NameTwice) => return Reason::FieldTwice,
        Err(_) => return Reason::MandatoryFieldHidden,
    }
    let content = receipt.value("content").and_then(|value| Content::parse(value).ok());
    let Some(content) = content else { return Reason::MandatoryFieldHidden };
    if question.content.is_some_and(|file| !content.is(file)) {
        return Reason::ContentDiffers;
    }
    match issuance {
        Err(ReceiptError::Batch(_)) => Reason::BatchPathBad,
        Err(_) => Reason::FieldsProofBad,
        Ok(_) if question.content.is_none() => Reason::ContentNotGiven,
        Ok(_) => Reason::ContentMatches,
    }
}

/// Step 3: the issuer's entry is in the tree, the authority admitted it for this type, and the
/// issuer signed what the fields lead to.
fn check_issuer(
    known: &mut Known,
    receipt: &Receipt,
    federation: &Federation,
    published: &PublishedCheckpoint,
    issuance: &Issuance,
) -> Result<(), Reason> {
    let (size, root) = (published.size(), published.root());
    let (index, statement) = (receipt.issuer_index, &receipt.issuer.statement);
    let origin = published.origin();
    let signed = (origin.to_string(), issuance.submission, *statement.key());
    known
        .issuances
        .get(signed, |_| check_issuance(federation, origin, issuance, statement.key()))?;
    let leaf = leaf_hash(&receipt.issuer.to_bytes());
    let in_tree = inclusion::verify(&leaf, index, size, root, &receipt.issuer_proof).is_ok();
    if !in_tree || index >= receipt.index {
        return Err(Reason::IssuerUnknown);
    }
    let admitted = (origin.to_string(), index.0, receipt.issuer.clone());
    known.issuers.get(admitted, |_| check_admitted(federation, origin, receipt))?;
    if statement.retired() {
        return Err(Reason::IssuerRetired);
    }
    let covered =
        receipt.value("type").is_some_and(|document_type| statement.covers(document_type));
    if covered { Ok(()) } else { Err(Reason::TypeOutOfScope) }
}

/// The authority's administration key and the issuer's own key signed the issuer's entry. A quorum
/// has checked that before; a verifier that can check it itself need not believe it.
fn check_admitted(federation: &Federation, origin: &str, receipt: &Receipt) -> Result<(), Reason> {
    let rules = federation.rules_for(origin).ok_or(Reason::LogUnknown)?;
    check_issuer_signatures(&rules, receipt.issuer_index, &receipt.issuer)
        .map_err(|_| Reason::IssuerNotAdmitted)
}

/// The issuer signed the batch for this log, or for another one of the federation.
fn check_issuance(
    federation: &Federation,
    origin: &str,
    issuance: &Issuance,
    key: &[u8; 32],
) -> Result<(), Reason> {
    let here = Place { federation: federation.id(), origin };
    let counts = |origin| issuance.submission.verify(&Place { origin, ..here }, key).is_ok();
    let mut others = federation.current().authorities.iter().map(Authority::origin);
    if counts(origin) {
        Ok(())
    } else if others.any(counts) {
        Err(Reason::SignatureMoved)
    } else {
        Err(Reason::IssuanceSignatureBad)
    }
}

/// Step 4: the issuance is in the tree, and was at the moment that is asked about.
fn check_time(
    issuance: &Issuance,
    receipt: &Receipt,
    published: &PublishedCheckpoint,
    question: &Question<'_>,
) -> Reason {
    let leaf = leaf_hash(&Entry::Issuance(*issuance).to_bytes());
    let (size, root) = (published.size(), published.root());
    match inclusion::verify(&leaf, receipt.index, size, root, &receipt.proof) {
        Ok(()) if question.moment() < published.proven_time() && question.at.is_some() => {
            Reason::NotYetProvenAt
        }
        Ok(()) => Reason::TimeProven,
        Err(_) => Reason::InclusionProofBad,
    }
}

/// Step 6: the last day of the document is not over. What was withdrawn stays withdrawn.
fn with_last_day(status: Reason, question: &Question<'_>, facts: &Facts) -> Reason {
    let last_day = facts.document.as_ref().and_then(|document| document.valid_until);
    let over = last_day.is_some_and(|day| question.moment() >= day.end());
    if over && status.state() != LineState::Bad { Reason::Expired } else { status }
}

fn quorum(federation: &Federation, published: &PublishedCheckpoint) -> u64 {
    federation.version(published.version()).map_or(u64::MAX, |version| version.quorum)
}

/// The authority of a log, as the newest version that has it says.
fn authority<'a>(federation: &'a Federation, origin: &str) -> Option<&'a Authority> {
    federation.versions().rev().find_map(|version| version.authority_by_origin(origin))
}

fn facts(federation: &Federation) -> Facts {
    let version = federation.current();
    Facts {
        federation: version.name.clone(),
        federation_version: version.number,
        federation_expires: version.expires,
        log: None,
        issuer: None,
        document: None,
        status: None,
        anchors: Vec::new(),
    }
}

fn log_facts(
    federation: &Federation,
    authority: &Authority,
    published: &PublishedCheckpoint,
) -> LogFacts {
    LogFacts {
        origin: published.origin().to_string(),
        authority: authority.name.clone(),
        authority_name: authority.display_name.clone(),
        tree_size: published.size(),
        proven_time: published.proven_time(),
        operators: published.cosigners().iter().map(|(name, _)| name.clone()).collect(),
        quorum: quorum(federation, published),
        version: published.version(),
    }
}

fn issuer_facts(receipt: &Receipt) -> IssuerFacts {
    let statement = &receipt.issuer.statement;
    let (name, key) = (statement.name().to_string(), *statement.key());
    IssuerFacts { name, entry: receipt.issuer_index, key }
}

fn document_facts(receipt: &Receipt) -> Option<DocumentFacts> {
    let text = |name: &str| receipt.value(name).map(String::from);
    let day = |name: &str| receipt.value(name).and_then(|value| Date::parse(value).ok());
    let content = Content::parse(receipt.value("content")?).ok()?;
    let shown: Vec<_> = (receipt.disclosure.shown())
        .map(|(index, field)| (index, field.name().to_string(), field.value().to_string()))
        .collect();
    let hidden =
        u32::try_from(shown.len()).map_or(0, |n| receipt.disclosure.count().saturating_sub(n));
    let height = u8::try_from(receipt.batch_path.len()).ok()?;
    Some(DocumentFacts {
        document_type: text("type")?,
        unit: text("unit")?,
        valid_until: day("valid-until"),
        claimed_date: day("date"),
        reference: text("reference"),
        media_type: content.media_type().to_string(),
        length: content.digest.length,
        shown,
        hidden,
        commitment: receipt.disclosure.commitment().ok()?,
        entry: receipt.index,
        batch_width: batch::width(height)?,
    })
}
