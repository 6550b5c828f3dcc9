//! Judging what was dropped: documents beside their receipts, sealed, in dossiers, or without one.

use crate::ask::Named;
use crate::files::{self, Kind, Task};
use crate::host::{Blob, Host};
use crate::open::{Carried, Hindrance, SEALED, hindrance, opened, part, part_digest, sealed};
use crate::refusal::Refusal;
use crate::session::Session;
use check::{ContentDigester, Judged, LayersView, Obstacle, VerdictView};
use proto::document::ContentDigest;
use proto::dossier::{Dossier, Paired};
use proto::federation::Federation;
use proto::hash::Timestamp;
use proto::limits;
use proto::receipt::Receipt;
use proto::sheet::Sheet;
use proto::verify::{Known, Question, StatusSource, Verdict, Word, verify_finding};
use serde::Serialize;

/// What else was said with the question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub now: u64,
    pub at: Option<u64>,
    pub sheet: Option<&'a str>,
    pub layers: bool,
}

/// The page has a next step of its own for each code; this one is for the JSON.
const ASK: &str = "Ask whoever gave it to you for the file and its receipt, unchanged.";

#[derive(Debug, Serialize)]
pub(crate) struct Results {
    results: Vec<One>,
    taken: Vec<Taken>,
}

/// One document.
#[derive(Debug, Serialize)]
struct One {
    kind: &'static str,
    #[serde(flatten)]
    verdict: VerdictView,
    layers: Option<LayersView>,
}

/// A file that was not judged but used.
#[derive(Debug, Serialize)]
struct Taken {
    name: String,
    kind: &'static str,
    refused: Option<Refusal>,
}

/// Judges everything that was dropped, and uses what serves to judge it.
pub(crate) fn check(
    session: &mut Session,
    host: &mut dyn Host,
    files: &[Named],
    asked: Asked<'_>,
) -> Result<Results, Refusal> {
    let mut kinds = kinds_of(session, host, files);
    let mut taken = take(session, host, files, &kinds, &[Kind::Federation]);
    if !taken.is_empty() {
        // It says by which block headers are known.
        kinds = kinds_of(session, host, files);
    }
    let others = [Kind::StatusList, Kind::Headers, Kind::Blocks];
    taken.extend(take(session, host, files, &kinds, &others));
    let sheet = asked.sheet.map(Sheet::scanned).transpose()?;
    let mut judge = Judge {
        session,
        federation: session.federation()?,
        sheet,
        asked,
        known: Known::default(),
        digests: Vec::new(),
        results: Vec::new(),
    };
    let mut tasks = files::by_name(files, &kinds);
    judge.digests = pair_the_rest(host, files, &mut tasks);
    for task in tasks {
        judge.task(host, files, task);
    }
    Ok(Results { results: judge.results, taken })
}

/// What each file is; what cannot be read is judged as a document, which says so.
fn kinds_of(session: &Session, host: &mut dyn Host, files: &[Named]) -> Vec<Kind> {
    let kind = |file| files::kind(host, file, session.bitcoin()).unwrap_or(Kind::Document);
    files.iter().map(kind).collect()
}

/// Takes the files of these kinds into use.
fn take(
    session: &mut Session,
    host: &mut dyn Host,
    files: &[Named],
    kinds: &[Kind],
    wanted: &[Kind],
) -> Vec<Taken> {
    let mut taken = Vec::new();
    for (file, kind) in files.iter().zip(kinds).filter(|(_, kind)| wanted.contains(kind)) {
        let (word, refused) = match kind {
            Kind::Federation if session.federation().is_err() => {
                ("federation", session.trust(host, file.blob).err())
            }
            Kind::Federation => ("federation", session.renew(host, file.blob).err()),
            Kind::Headers => ("headers", session.add_headers(host, file).err()),
            Kind::Blocks => ("blocks", session.add_blocks(host, file).err()),
            _ => ("status-list", session.add_list(host, file.blob, None).err()),
        };
        taken.push(Taken { name: file.name.clone(), kind: word, refused });
    }
    taken
}

/// Finds receipts that were renamed, and gives the digests of the documents, by place, that were
/// read for it: none where no receipt is without its document.
fn pair_the_rest(
    host: &mut dyn Host,
    files: &[Named],
    tasks: &mut Vec<Task>,
) -> Vec<(usize, ContentDigest)> {
    let alone = tasks.iter().filter_map(|task| match task {
        Task::Receipt { receipt } => Some(*receipt),
        _ => None,
    });
    let mut said = Vec::new();
    for receipt in alone {
        let bytes = files[receipt].blob.whole(host, limits::TLOG_PROOF_BYTES);
        said.push((receipt, bytes.ok().and_then(|bytes| files::content_of(&bytes))));
    }
    let mut found = Vec::new();
    if said.is_empty() {
        return found;
    }
    for task in tasks.iter() {
        if let Task::Document { document } = *task
            && let Ok(digest) = files[document].blob.digest(host, false)
        {
            found.push((document, digest));
        }
    }
    files::by_content(tasks, &found, &said);
    found
}

struct Judge<'a> {
    session: &'a Session,
    federation: &'a Federation,
    sheet: Option<Sheet>,
    asked: Asked<'a>,
    /// Receipts of one batch share their checkpoint; its signatures are checked once.
    known: Known,
    /// Digests of documents, by place, that were read already.
    digests: Vec<(usize, ContentDigest)>,
    results: Vec<One>,
}

impl Judge<'_> {
    fn task(&mut self, host: &mut dyn Host, files: &[Named], task: Task) {
        match task {
            Task::Pair { document, receipt } => {
                let known = self.digests.iter().find(|(place, _)| *place == document);
                let digest = known.map(|(_, digest)| *digest);
                self.pair(host, &files[document], &files[receipt], digest);
            }
            Task::Document { document } => self.document(host, &files[document]),
            Task::Receipt { receipt } => {
                let receipt = &files[receipt];
                let read = self.read_receipt(host, receipt.blob);
                let answer = read.and_then(|bytes| {
                    self.judge(&bytes, |_| Ok(None)).map(|verdict| (verdict, bytes))
                });
                self.say("receipt", &receipt.name, Some(&receipt.name), answer);
            }
            Task::Dossier { dossier } => self.dossier(host, &files[dossier]),
        }
    }

    fn pair(
        &mut self,
        host: &mut dyn Host,
        document: &Named,
        receipt: &Named,
        mut known: Option<ContentDigest>,
    ) {
        let answer = self.read_receipt(host, receipt.blob).and_then(|bytes| {
            let digest = |with| match known.take() {
                Some(digest) => Ok(Some(digest)),
                None => Ok(Some(document.blob.digest(host, with)?)),
            };
            self.judge(&bytes, digest).map(|verdict| (verdict, bytes))
        });
        self.say("pair", &document.name, Some(&receipt.name), answer);
    }

    /// A document without a receipt beside it: judged by the one in it, if it is sealed.
    fn document(&mut self, host: &mut dyn Host, document: &Named) {
        let name = &document.name;
        match sealed(host, document.blob) {
            Ok(Some((bytes, carried))) => {
                let answer = self.carried(&bytes, carried);
                self.say("sealed", name, Some(name), answer);
            }
            Ok(None) => {
                let missing = "There is no receipt with the document.";
                self.say("document", name, None, Err(hindrance(Obstacle::ReceiptMissing, missing)));
            }
            Err(why) => self.say("sealed", name, Some(name), Err(why)),
        }
    }

    fn dossier(&mut self, host: &mut dyn Host, file: &Named) {
        let read = Dossier::read(file.blob.length, |from, length| {
            file.blob.at(host, from, length).map_err(Hindrance::from)
        });
        match read {
            Ok(dossier) => {
                for pair in &dossier.documents {
                    self.listed(host, file, &dossier, *pair);
                }
            }
            Err(why) => self.say("dossier", &file.name, None, Err(why)),
        }
    }

    /// A document in a dossier, by its own receipt, beside it or in it.
    fn listed(&mut self, host: &mut dyn Host, file: &Named, dossier: &Dossier, pair: Paired) {
        let name = |at: usize| format!("{}/{}", file.name, dossier.parts[at].listed.name);
        let (document, receipt) = (pair.document, pair.receipt.unwrap_or(pair.document));
        let answer = match pair.receipt {
            None => part(host, file.blob, dossier, document, SEALED).and_then(|bytes| {
                let missing = || hindrance(Obstacle::ReceiptMissing, "It carries no receipt.");
                let carried = opened(&bytes)?.ok_or_else(missing)?;
                self.carried(&bytes, carried)
            }),
            Some(at) => {
                let bytes = part(host, file.blob, dossier, at, limits::TLOG_PROOF_BYTES);
                bytes.and_then(|bytes| {
                    let digest =
                        |with| part_digest(host, file.blob, dossier, document, with).map(Some);
                    self.judge(&bytes, digest).map(|verdict| (verdict, bytes))
                })
            }
        };
        self.say("listed", &name(document), Some(&name(receipt)), answer);
    }

    /// Judges the original in a sealed PDF by the receipt in it.
    fn carried(&mut self, bytes: &[u8], carried: Carried) -> Result<(Verdict, Vec<u8>), Hindrance> {
        let original = bytes.get(carried.original).unwrap_or_default();
        let digest = |with| Ok(Some(ContentDigester::digest(original, with)));
        let verdict = self.judge(&carried.receipt, digest)?;
        Ok((verdict, carried.receipt))
    }

    fn read_receipt(&self, host: &mut dyn Host, receipt: Blob) -> Result<Vec<u8>, Hindrance> {
        let read = receipt.whole(host, limits::TLOG_PROOF_BYTES);
        read.map_err(|why| hindrance(Obstacle::ReceiptUnreadable, why.message))
    }

    fn judge(
        &mut self,
        receipt: &[u8],
        digest: impl FnMut(bool) -> Result<Option<ContentDigest>, Hindrance>,
    ) -> Result<Verdict, Hindrance> {
        let (session, now) = (self.session, Timestamp(self.asked.now));
        let ask = |content: Option<&ContentDigest>| {
            let question = Question::new(content, receipt, self.federation, now);
            let question = Question { at: self.asked.at.map(Timestamp), ..question };
            verify_finding(&mut self.known, &question, |receipt| {
                let origin = receipt.checkpoint.checkpoint().origin();
                (session.lists(origin), session.brought().outside())
            })
        };
        let verdict = check::judge_content(digest, ask)?;
        match self.sheet.as_ref().filter(|_| verdict.word != Word::Invalid) {
            Some(sheet) => check::compare(sheet, receipt)
                .map(|()| verdict)
                .map_err(|obstacle| hindrance(obstacle, "The paper is not of this document.")),
            None => Ok(verdict),
        }
    }

    fn say(
        &mut self,
        kind: &'static str,
        file: &str,
        receipt: Option<&str>,
        answer: Result<(Verdict, Vec<u8>), Hindrance>,
    ) {
        let now = Timestamp(self.asked.now);
        let one = match &answer {
            Ok((verdict, bytes)) => {
                let (reason, sources) = (verdict.reason, self.session.brought().sources());
                let judged = Judged {
                    word: verdict.word,
                    code: reason.code(),
                    message: &reason.sentence(),
                    next_step: reason.next_step(),
                    file,
                    receipt,
                    verdict: Some(verdict),
                    list_fetched: self.list_fetched(verdict),
                    sources: &sources,
                    now,
                };
                let parsed = Receipt::parse(bytes).ok().filter(|_| self.asked.layers);
                let name = receipt.unwrap_or(file);
                let layers = parsed.map(|parsed| LayersView::new(name, bytes.len(), &parsed));
                One { kind, verdict: VerdictView::from(&judged), layers }
            }
            Err(Hindrance { obstacle, message }) => {
                let judged = Judged {
                    word: obstacle.word(),
                    code: obstacle.code(),
                    message,
                    next_step: ASK,
                    file,
                    receipt,
                    verdict: None,
                    list_fetched: None,
                    sources: &[],
                    now,
                };
                One { kind, verdict: VerdictView::from(&judged), layers: None }
            }
        };
        self.results.push(one);
    }

    fn list_fetched(&self, verdict: &Verdict) -> Option<Timestamp> {
        let (log, status) = (verdict.facts.log.as_ref()?, verdict.facts.status.as_ref()?);
        let listed = status.source == StatusSource::List;
        listed.then(|| self.session.fetched(&log.origin, status.as_of))?
    }
}
