//! `journal check`: the whole journal read again, every line against the one before, every sealed
//! part against its key.

use super::keys::{Part, Ring};
use super::line::What;
use super::{BookError, keys_path, lines_path, read};
use proto::hash::Hash;
use std::collections::BTreeSet;
use std::path::Path;

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub lines: u64,
    pub documents: u64,
    pub erased: u64,
    /// Hash of the last line: who wrote it down elsewhere sees when lines were cut off the end.
    pub last: Option<Hash>,
    /// What is wrong, in sentences.
    pub faults: Vec<String>,
}

/// Checks the journal of an office. A broken chain is an error, everything else a finding.
pub fn check(office: &Path) -> Result<Findings, BookError> {
    let ring = Ring::read(&keys_path(office))?;
    let mut findings = Findings::default();
    let mut gone = Vec::new();
    let mut said = BTreeSet::new();
    let last = read::walk(&lines_path(office), &mut |hashed| {
        let line = hashed.line;
        findings.lines += 1;
        if let What::Erased { slot, .. } = &line.what {
            said.insert(*slot);
        }
        findings.documents += u64::from(matches!(line.what, What::Document(_)));
        let status = line.what.about();
        let Some(sealed) = line.what.sealed() else { return Ok(()) };
        match ring.open(sealed, status) {
            Part::Open(_) => {}
            Part::Erased => gone.push((sealed.slot, line.number)),
            Part::Damaged => findings.faults.push(format!(
                "The sealed part of line {} does not open with its key.",
                line.number
            )),
        }
        Ok(())
    })?;
    findings.erased = gone.len() as u64;
    for (slot, number) in &gone {
        if !said.remove(slot) {
            findings.faults.push(format!(
                "The key of line {number} is destroyed and no line says so; \
                 run `journal erase` for it again."
            ));
        }
    }
    for slot in said {
        findings.faults.push(format!(
            "A line says that slot {slot} was erased, and its key is there: \
             the keys were taken from a backup. Erase it again."
        ));
    }
    findings.last = last.map(|(_, hash)| hash);
    Ok(findings)
}
