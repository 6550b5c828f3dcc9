//! All questions that the page can ask, and how they are answered.

use crate::host::{Blob, Host};
use crate::refusal::Refusal;
use crate::session::Session;
use crate::{explore, judge, make, qr};
use check::SheetView;
use proto::sheet::Sheet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A file with its name.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    pub name: String,
    pub blob: Blob,
}

/// A question. Times are seconds as POSIX counts them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Question {
    Trust {
        file: Blob,
    },
    Renew {
        file: Blob,
    },
    AddList {
        file: Blob,
        #[serde(default)]
        fetched: Option<u64>,
    },
    AddHeaders {
        file: Named,
    },
    AddBlocks {
        file: Named,
    },
    Check {
        files: Vec<Named>,
        now: u64,
        at: Option<u64>,
        sheet: Option<String>,
        layers: bool,
    },
    Extract {
        file: Blob,
    },
    Sheet {
        text: String,
    },
    Qr {
        width: u32,
        height: u32,
        picture: Blob,
    },
    Digest {
        file: Blob,
    },
    Seal {
        file: Blob,
        receipt: Blob,
    },
    Pack {
        files: Vec<Named>,
    },
    Checkpoint {
        origin: String,
        file: Blob,
    },
    PlanEntries {
        size: u64,
        bundle: u64,
    },
    Entries {
        origin: String,
        checkpoint: Blob,
        bundle: u64,
        parts: BTreeMap<String, Blob>,
    },
    PlanConsistency {
        old_size: u64,
        size: u64,
    },
    Consistency {
        origin: String,
        old: Blob,
        checkpoint: Blob,
        parts: BTreeMap<String, Blob>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Answer<T> {
    Ok(T),
    Refused(Refusal),
}

/// Answers one question: `{"ok": ...}` or `{"refused": {"code", "message", "next_step"}}`.
pub fn answer(session: &mut Session, host: &mut dyn Host, question: &[u8]) -> Vec<u8> {
    match serde_json::from_slice(question) {
        Ok(question) => put(session, host, question),
        Err(why) => text::<()>(Err(Refusal::question(why))),
    }
}

fn put(session: &mut Session, host: &mut dyn Host, question: Question) -> Vec<u8> {
    match question {
        Question::Trust { file } => text(session.trust(host, file)),
        Question::Renew { file } => text(session.renew(host, file)),
        Question::AddList { file, fetched } => text(session.add_list(host, file, fetched)),
        Question::AddHeaders { file } => text(session.add_headers(host, &file)),
        Question::AddBlocks { file } => text(session.add_blocks(host, &file)),
        Question::Check { files, now, at, sheet, layers } => {
            let asked = judge::Asked { now, at, sheet: sheet.as_deref(), layers };
            text(judge::check(session, host, &files, asked))
        }
        Question::Extract { file } => text(make::extract(host, file)),
        Question::Sheet { text: said } => {
            text(Sheet::scanned(&said).map(|sheet| SheetView::from(&sheet)).map_err(Refusal::from))
        }
        Question::Qr { width, height, picture } => {
            let read = picture.whole(host, qr::PIXELS);
            text(read.and_then(|grey| qr::read(width, height, &grey)))
        }
        Question::Digest { file } => text(make::digest(host, file)),
        Question::Seal { file, receipt } => text(make::seal(host, file, receipt)),
        Question::Pack { files } => text(make::pack(host, files)),
        Question::Checkpoint { origin, file } => {
            text(explore::checkpoint(session, host, &origin, file))
        }
        Question::PlanEntries { size, bundle } => text(explore::plan_entries(size, bundle)),
        Question::Entries { origin, checkpoint, bundle, parts } => {
            text(explore::entries(session, host, &origin, checkpoint, bundle, &parts))
        }
        Question::PlanConsistency { old_size, size } => {
            text(explore::plan_consistency(old_size, size))
        }
        Question::Consistency { origin, old, checkpoint, parts } => {
            text(explore::consistency(session, host, &origin, old, checkpoint, &parts))
        }
    }
}

fn text<T: Serialize>(answer: Result<T, Refusal>) -> Vec<u8> {
    let answer = match answer {
        Ok(good) => Answer::Ok(good),
        Err(refusal) => Answer::Refused(refusal),
    };
    // Views are made of texts, numbers and lists, which always serialise.
    serde_json::to_vec(&answer).unwrap_or_default()
}
