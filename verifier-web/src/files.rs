//! What the files are that somebody drops, and which belong together.

use crate::ask::Named;
use crate::host::Host;
use crate::refusal::Refusal;
use proto::document::{Content, ContentDigest};
use proto::receipt::Receipt;
use proto::{dossier, federation, limits, status_list, tlog_proof};
use std::collections::BTreeMap;

/// What a receipt's name ends with.
const RECEIPT: &str = ".tlog-proof";
/// Enough of a file to tell what it is.
const HEAD: usize = 128;

/// What a file is. Only its first bytes were looked at, and its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Document,
    Receipt,
    Dossier,
    StatusList,
    Federation,
}

/// What a file is by its first bytes; a receipt also by its name.
pub(crate) fn kind(host: &mut dyn Host, file: &Named) -> Result<Kind, Refusal> {
    let head = file.blob.head(host, HEAD)?;
    let begins = |line: &str| head.starts_with(line.as_bytes());
    let small = file.blob.length <= limits::TLOG_PROOF_BYTES as u64;
    Ok(if file.name.ends_with(RECEIPT) || small && begins(tlog_proof::FIRST_LINE) {
        Kind::Receipt
    } else if begins(status_list::FIRST_LINE) {
        Kind::StatusList
    } else if begins(federation::FIRST_LINE) {
        Kind::Federation
    } else if dossier::claims(&head) {
        Kind::Dossier
    } else {
        Kind::Document
    })
}

/// What is to be judged: places in the list of files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Task {
    /// A document and its receipt.
    Pair { document: usize, receipt: usize },
    /// A document that may carry its receipt.
    Document { document: usize },
    /// A receipt alone.
    Receipt { receipt: usize },
    /// All that is in a dossier.
    Dossier { dossier: usize },
}

impl Task {
    /// The file that it stands for in the order of the answers.
    pub(crate) fn place(self) -> usize {
        match self {
            Task::Pair { document: place, .. }
            | Task::Document { document: place }
            | Task::Receipt { receipt: place }
            | Task::Dossier { dossier: place } => place,
        }
    }
}

/// Documents and receipts that are called so, and all dossiers; what is left over is paired by
/// [`by_content`].
pub(crate) fn by_name(files: &[Named], kinds: &[Kind]) -> Vec<Task> {
    let of = |kind: Kind| (0..files.len()).filter(move |place| kinds[*place] == kind);
    let mut receipts: BTreeMap<&str, usize> =
        of(Kind::Receipt).map(|place| (files[place].name.as_str(), place)).collect();
    let mut tasks: Vec<Task> = of(Kind::Dossier).map(|dossier| Task::Dossier { dossier }).collect();
    for document in of(Kind::Document) {
        let name = format!("{}{RECEIPT}", files[document].name);
        tasks.push(match receipts.remove(name.as_str()) {
            Some(receipt) => Task::Pair { document, receipt },
            None => Task::Document { document },
        });
    }
    let paired: Vec<usize> = tasks.iter().filter_map(|task| receipt_of(*task)).collect();
    let alone = of(Kind::Receipt).filter(|place| !paired.contains(place));
    tasks.extend(alone.map(|receipt| Task::Receipt { receipt }));
    tasks.sort_by_key(|task| task.place());
    tasks
}

fn receipt_of(task: Task) -> Option<usize> {
    match task {
        Task::Pair { receipt, .. } => Some(receipt),
        _ => None,
    }
}

/// The content that a receipt is of, by its own word.
pub(crate) fn content_of(receipt: &[u8]) -> Option<ContentDigest> {
    let receipt = Receipt::parse(receipt).ok()?;
    let said = receipt.disclosure.shown().find(|(_, field)| field.name() == "content");
    said.and_then(|(_, field)| Content::parse(field.value()).ok()).map(|content| content.digest)
}

/// Pairs documents with receipts that were renamed: `contents` are the digests of the documents
/// that have no receipt, `receipts` what the receipts without documents are of. One document and
/// one receipt that are left belong together, so that the answer can say that they do not fit.
pub(crate) fn by_content(
    tasks: &mut Vec<Task>,
    contents: &[(usize, ContentDigest)],
    receipts: &[(usize, Option<ContentDigest>)],
) {
    let fits = |said: &ContentDigest, found: &ContentDigest| {
        (said.sha256, said.length) == (found.sha256, found.length)
    };
    let mut left: Vec<_> = receipts.to_vec();
    let mut pairs = Vec::new();
    for (document, found) in contents {
        let place = left.iter().position(|(_, said)| said.as_ref().is_some_and(|s| fits(s, found)));
        if let Some(place) = place {
            pairs.push((*document, left.remove(place).0));
        }
    }
    let lonely: Vec<usize> = contents.iter().map(|(document, _)| *document).collect();
    let lonely = lonely.into_iter().filter(|document| pairs.iter().all(|(d, _)| d != document));
    if let ([document], [(receipt, _)]) = (lonely.collect::<Vec<_>>().as_slice(), left.as_slice()) {
        pairs.push((*document, *receipt));
    }
    for (document, receipt) in pairs {
        tasks.retain(|task| *task != Task::Receipt { receipt });
        for task in tasks.iter_mut().filter(|task| **task == Task::Document { document }) {
            *task = Task::Pair { document, receipt };
        }
    }
}
