//! The batches of an issuer's folder: those that wait, those that are done, those that were
//! refused.
//!
//! ```text
//! batches/ROOT.plan            waits: everything needed to finish it, secrets included
//! batches/done/ROOT.jsonl      finished: what was issued, without secrets and digests
//! batches/refused/ROOT.jsonl   the ledger will not take it; nothing was issued
//! undelivered/                 receipts that could not be put beside their documents
//! ```
//!
//! A batch moves in two steps, first the new file and then the removal of the plan, so a crash
//! between them leaves a plan that is finished once more and changes nothing.

use crate::durable;
use crate::plan::Plan;
use serde::Serialize;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const PLAN: &str = "plan";

/// Where a finished batch stands in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Entered {
    /// Index of its entry.
    pub index: u64,
    /// Status index of the batch's place 0; a document's is this plus its place.
    pub first_status: u64,
}

#[derive(Serialize)]
struct DoneHead<'a> {
    batch: u8,
    origin: &'a str,
    issuer: u64,
    root: String,
    created: u64,
    #[serde(flatten)]
    entered: Option<Entered>,
    documents: usize,
    /// Why the ledger refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
}

#[derive(Serialize)]
struct DoneLine<'a> {
    path: String,
    #[serde(rename = "type")]
    document_type: &'a str,
    unit: &'a str,
    place: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
}

/// The batches under one issuer's folder. The caller holds the folder's lock.
#[derive(Debug)]
pub struct Journal {
    batches: PathBuf,
    undelivered: PathBuf,
}

impl Journal {
    /// Opens the journal, making its folders where they are missing.
    pub fn open(folder: &Path) -> io::Result<Journal> {
        let journal =
            Journal { batches: folder.join("batches"), undelivered: folder.join("undelivered") };
        for folder in ["", "done", "refused"] {
            let folder = journal.batches.join(folder);
            if !folder.is_dir() {
                durable::private_folder(&folder)?;
            }
            durable::sweep(&folder)?;
        }
        if journal.undelivered.is_dir() {
            durable::sweep(&journal.undelivered)?;
        }
        Ok(journal)
    }

    /// The office's folder.
    pub fn office(&self) -> &Path {
        durable::folder_of(&self.batches)
    }

    /// Plans that wait, oldest first.
    pub fn waiting(&self) -> io::Result<Vec<PathBuf>> {
        let mut plans = Vec::new();
        for entry in fs::read_dir(&self.batches)? {
            let path = entry?.path();
            let hidden = path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
            // What begins with a full stop was being written when a run was interrupted.
            if !hidden && path.extension() == Some(OsStr::new(PLAN)) {
                plans.push((fs::metadata(&path)?.modified()?, path));
            }
        }
        plans.sort();
        Ok(plans.into_iter().map(|(_, path)| path).collect())
    }

    /// Puts a plan down, durably: from here the batch is finished, whatever happens.
    pub fn put(&self, plan: &Plan) -> io::Result<()> {
        plan.write(&self.plan_path(plan))
    }

    /// Moves a batch whose receipts are all written; `outcomes` has one word for each document.
    pub fn done(&self, plan: &Plan, entered: Entered, outcomes: &[&str]) -> io::Result<()> {
        self.close("done", plan, Some(entered), None, outcomes)
    }

    /// Moves a batch that the ledger will never take.
    pub fn refused(&self, plan: &Plan, code: &str) -> io::Result<()> {
        self.close("refused", plan, None, Some(code), &[])
    }

    /// The folder for receipts without a place beside their document.
    pub fn undelivered(&self) -> io::Result<&Path> {
        if !self.undelivered.is_dir() {
            durable::private_folder(&self.undelivered)?;
        }
        Ok(&self.undelivered)
    }

    fn plan_path(&self, plan: &Plan) -> PathBuf {
        self.batches.join(format!("{}.{PLAN}", plan.head.root().to_hex()))
    }

    fn close(
        &self,
        place: &str,
        plan: &Plan,
        entered: Option<Entered>,
        refused: Option<&str>,
        outcomes: &[&str],
    ) -> io::Result<()> {
        let head = &plan.head;
        let path = self.batches.join(place).join(format!("{}.jsonl", head.root().to_hex()));
        durable::replace(&path, durable::PRIVATE, |file| {
            let first = DoneHead {
                batch: 1,
                origin: &head.origin,
                issuer: head.issuer,
                root: head.root().to_hex(),
                created: head.created,
                entered,
                documents: plan.documents.len(),
                refused,
            };
            serde_json::to_writer(&mut *file, &first)?;
            file.write_all(b"\n")?;
            for (i, document) in plan.documents.iter().enumerate() {
                let line = DoneLine {
                    path: verifier::shown::path(&document.path).into_owned(),
                    document_type: &document.claims.document_type,
                    unit: &document.claims.unit,
                    place: document.place,
                    status: entered.map(|e| e.first_status + u64::from(document.place)),
                    outcome: outcomes.get(i).copied(),
                };
                serde_json::to_writer(&mut *file, &line)?;
                file.write_all(b"\n")?;
            }
            Ok(())
        })?;
        fs::remove_file(self.plan_path(plan))?;
        durable::sync_folder(&self.batches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::plan;

    #[test]
    fn a_batch_waits_until_it_is_done_and_its_secrets_go() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        assert!(journal.waiting().unwrap().is_empty());
        journal.put(&plan()).unwrap();
        let left = dir.path().join("batches/.left.plan");
        fs::write(&left, b"half").unwrap();
        assert_eq!(journal.waiting().unwrap().len(), 1);
        let waiting = Journal::open(dir.path()).unwrap().waiting().unwrap();
        assert!(!left.exists());
        assert_eq!(waiting.len(), 1);
        assert_eq!(Plan::read(&waiting[0]).unwrap(), plan());

        let entered = Entered { index: 12, first_status: 32 };
        journal.done(&plan(), entered, &["written", "undelivered"]).unwrap();
        assert!(journal.waiting().unwrap().is_empty());
        let done = dir.path().join(format!("batches/done/{}.jsonl", plan().head.root().to_hex()));
        let text = fs::read_to_string(done).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["index"], 12);
        assert_eq!((&lines[1]["status"], &lines[1]["outcome"]), (&41.into(), &"written".into()));
        for secret in [hex::encode([9u8; 32]), hex::encode([2u8; 32]), hex::encode([3u8; 32])] {
            assert!(!text.contains(&secret));
        }
    }

    #[test]
    fn a_refused_batch_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        journal.put(&plan()).unwrap();
        journal.refused(&plan(), "issuer-retired").unwrap();
        assert!(journal.waiting().unwrap().is_empty());
        let refused = fs::read_dir(dir.path().join("batches/refused")).unwrap().next().unwrap();
        let text = fs::read_to_string(refused.unwrap().path()).unwrap();
        assert!(text.contains("issuer-retired") && !text.contains("\"status\""));
    }
}
