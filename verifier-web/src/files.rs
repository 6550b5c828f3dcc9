//! What the files are that somebody drops, and which belong together.

use crate::ask::Named;
use crate::host::Host;
use crate::outside::are_headers;
use crate::refusal::Refusal;
use proto::anchor::clocks::Bitcoin;
use proto::anchor::evm::blocks;
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
    Headers,
    Blocks,
}

/// What a file is by its first bytes; a receipt also by its name, Bitcoin headers by the block that
/// the federation names.
pub(crate) fn kind(
    host: &mut dyn Host,
    file: &Named,
    bitcoin: Option<&Bitcoin>,
) -> Result<Kind, Refusal> {
    let head = file.blob.head(host, HEAD)?;
    let begins = |line: &str| head.starts_with(line.as_bytes());
    let small = file.blob.length <= limits::TLOG_PROOF_BYTES as u64;
    Ok(if file.name.ends_with(RECEIPT) || small && begins(tlog_proof::FIRST_LINE) {
        Kind::Receipt
    } else if begins(status_list::FIRST_LINE) {
        Kind::StatusList
    } else if begins(federation::FIRST_LINE) {
        Kind::Federation
    } else if begins(blocks::FIRST_LINE) {
        Kind::Blocks
    } else if bitcoin.is_some_and(|base| are_headers(base, &head, file.blob.length)) {
        Kind::Headers
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
    let paired = |document: &usize| pairs.iter().any(|(other, _)| other == document);
    let lonely =
        contents.iter().map(|(document, _)| *document).filter(|document| !paired(document));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Blob;

    fn named(name: &str) -> Named {
        Named { name: name.into(), blob: Blob { file: 0, length: 1 } }
    }

    fn content(number: u8) -> ContentDigest {
        ContentDigest { sha256: proto::hash::sha256(&[number]), length: 1, sha512: None }
    }

    #[test]
    fn names_that_belong_together_are_paired_and_the_rest_stands_alone() {
        let files = ["b.pdf.tlog-proof", "a.pdf", "b.pdf", "c.tlog-proof", "all.zip"].map(named);
        let kinds = [Kind::Receipt, Kind::Document, Kind::Document, Kind::Receipt, Kind::Dossier];
        let want = [
            Task::Document { document: 1 },
            Task::Pair { document: 2, receipt: 0 },
            Task::Receipt { receipt: 3 },
            Task::Dossier { dossier: 4 },
        ];
        assert_eq!(by_name(&files, &kinds), want);
    }

    #[test]
    fn a_renamed_receipt_finds_its_document_by_the_content() {
        let (first, second) = (Task::Document { document: 0 }, Task::Document { document: 1 });
        let receipts = [Task::Receipt { receipt: 2 }, Task::Receipt { receipt: 3 }];
        let mut tasks = vec![first, second, receipts[0], receipts[1]];
        let said = [(2, Some(content(1))), (3, Some(content(9)))];
        by_content(&mut tasks, &[(0, content(0)), (1, content(1))], &said);
        // What is left of each belongs together, so that the answer says that it does not fit.
        let want = [Task::Pair { document: 0, receipt: 3 }, Task::Pair { document: 1, receipt: 2 }];
        assert_eq!(tasks, want);
        let mut tasks = vec![first, receipts[0], receipts[1]];
        by_content(&mut tasks, &[(0, content(0))], &[(2, Some(content(1))), (3, None)]);
        assert_eq!(tasks, [first, receipts[0], receipts[1]]);
    }
}
