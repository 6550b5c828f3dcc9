//! What a list says, given to the documents that a folder holds.

use super::{List, Row};
use crate::collect::{Collection, Fault};
use crate::outcome::Why;
use crate::plan::Claims;
use crate::prepare;
use proto::time::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use verifier::input::Stamp;

/// What the call says of documents of which their line does not.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    pub claims: &'a Claims,
    /// What the office may issue.
    pub types: &'a [String],
    pub today: Option<Date>,
    /// Documents that are not asked for any more, because an earlier run was just finished.
    pub finished: &'a BTreeSet<PathBuf>,
}

type Faults = BTreeMap<PathBuf, Vec<(&'static str, String)>>;

/// Gives each document of the folder what its line says. Returns what is wrong with the list; what
/// is wrong with a document goes to the collection's faults.
pub fn assign(list: &List, folder: &Path, base: Base<'_>, found: &mut Collection) -> Vec<Why> {
    // The list may lie in the folder itself.
    let own = std::fs::metadata(&list.path).ok().map(|metadata| Stamp::of(&metadata).file);
    found.candidates.retain(|candidate| Some(candidate.stamp.file) != own);
    let mut faults = Faults::new();
    let mut said: HashMap<PathBuf, (u64, Arc<Claims>, Option<String>)> = HashMap::new();
    let mut last: Option<Arc<Claims>> = None;
    for row in &list.rows {
        let Some(path) = inside(folder, &row.file) else {
            let sentence = "Name a file of the folder, without .. and not from the root.";
            let fault = ("file-outside", format!("{}: {sentence}", list.at(row.line)));
            faults.entry(PathBuf::from(&row.file)).or_default().push(fault);
            continue;
        };
        let (claims, media_type) = claims(row, base.claims);
        for (code, sentence) in check(&claims, media_type.as_deref(), &base) {
            let sentence = format!("{}: {sentence}", list.at(row.line));
            faults.entry(path.clone()).or_default().push((code, sentence));
        }
        // Documents of which the same is said share it.
        let claims = match last.filter(|before| **before == claims) {
            Some(before) => before,
            None => Arc::new(claims),
        };
        last = Some(Arc::clone(&claims));
        if let Some((line, ..)) = said.get(&path) {
            let sentence = format!("{}: Line {line} names this file too.", list.at(row.line));
            faults.entry(path).or_default().push(("list-file-twice", sentence));
        } else {
            said.insert(path, (row.line, claims, media_type));
        }
    }
    let refusals = list.refusals();
    if refusals.is_empty() {
        unmatched(list, &said, base.finished, found, &mut faults);
    }
    for candidate in &mut found.candidates {
        if let Some((_, claims, media_type)) = said.get(&candidate.path) {
            candidate.claims = Arc::clone(claims);
            candidate.media_type =
                media_type.clone().unwrap_or_else(|| std::mem::take(&mut candidate.media_type));
        }
    }
    found.candidates.retain(|candidate| !faults.contains_key(&candidate.path));
    for (path, all) in faults {
        let code = all.first().map_or("bad-field", |(code, _)| code);
        let sentences: Vec<String> = all.into_iter().map(|(_, sentence)| sentence).collect();
        let fault = Fault::Listed { code, sentence: sentences.join(" ") };
        found.faults.push((path, fault));
    }
    refusals
}

/// Files without a line, lines without a file.
fn unmatched(
    list: &List,
    said: &HashMap<PathBuf, (u64, Arc<Claims>, Option<String>)>,
    finished: &BTreeSet<PathBuf>,
    found: &Collection,
    faults: &mut Faults,
) {
    let candidates = found.candidates.iter().map(|candidate| &candidate.path);
    let known: BTreeSet<&PathBuf> =
        candidates.chain(&found.skipped).chain(found.faults.iter().map(|(path, _)| path)).collect();
    for candidate in &found.candidates {
        if !said.contains_key(&candidate.path) {
            let place = verifier::shown::path(&list.path);
            let sentence = format!("{place} has no line for this file. Add one, or move the file.");
            faults.entry(candidate.path.clone()).or_default().push(("not-in-list", sentence));
        }
    }
    for (path, (line, ..)) in said {
        let done = || std::path::absolute(path).is_ok_and(|path| finished.contains(&path));
        if !known.contains(path) && !done() {
            let sentence = format!("{}: There is no such file in the folder.", list.at(*line));
            faults.entry(path.clone()).or_default().push(("file-missing", sentence));
        }
    }
}

/// The path that a line means, if it leads into the folder.
fn inside(folder: &Path, file: &str) -> Option<PathBuf> {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    let path = Path::new(file);
    path.components().all(plain).then(|| folder.join(path))
}

/// What a line says, and what the call says where the line does not.
fn claims(row: &Row, base: &Claims) -> (Claims, Option<String>) {
    overlay(&row.values, base)
}

/// What `values` say over what `base` says; the media type if it is among them.
pub fn overlay(values: &[(String, String)], base: &Claims) -> (Claims, Option<String>) {
    let (mut claims, mut media_type) = (base.clone(), None);
    for (name, value) in values {
        let value = value.clone();
        match name.as_str() {
            "type" => claims.document_type = value,
            "unit" => claims.unit = value,
            "valid-until" => claims.valid_until = value,
            "date" => claims.date = Some(value),
            "reference" => claims.reference = Some(value),
            "media-type" => media_type = Some(value),
            _ => match claims.others.iter_mut().find(|(other, _)| other == name) {
                Some((_, before)) => *before = value,
                None => claims.others.push((name.clone(), value)),
            },
        }
    }
    (claims, media_type)
}

/// Everything wrong with what is said of one document.
pub fn check(
    claims: &Claims,
    media_type: Option<&str>,
    base: &Base<'_>,
) -> Vec<(&'static str, String)> {
    let mut wrong = Vec::new();
    if claims.document_type.is_empty() {
        let sentence = "No type is named. Fill in the column type, or add --type.";
        wrong.push(("type-missing", sentence.to_owned()));
    } else if !base.types.contains(&claims.document_type) {
        let types = base.types.join(", ");
        let kind = &claims.document_type;
        let sentence = format!("This office may not issue the type {kind}, only {types}.");
        wrong.push(("type-not-allowed", sentence));
    }
    for fault in prepare::check(claims, media_type, base.today) {
        if !(fault.field == "type" && claims.document_type.is_empty()) {
            wrong.push(("bad-field", format!("{}: {}", fault.field, fault.why)));
        }
    }
    wrong
}
