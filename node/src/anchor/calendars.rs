//! OpenTimestamps calendars: they take a digest at once and say later in which Bitcoin block it is.
//!
//! Each calendar gets a digest of its own, the root salted, so that it learns nothing and none can
//! be taken for another. If the operator has a Bitcoin node, one block that it knows is enough.
//! Without one nothing is checked here: the evidence then holds the blocks that as many calendars
//! name as must have taken the root, and whoever verifies it with headers judges. Calendars are
//! asked only at addresses that the config file names, whatever their answers say.

use proto::anchor::Kind;
use proto::anchor::ots::{Attestation, DetachedFile, Op, OtsError, Timestamp as Stamp, Uri};
use proto::hash::{Hash, Timestamp};
use proto::limits;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bitcoin::rpc::{Rpc, deep_enough};
use super::outside::{Outside, Step, StepError, Work};
use crate::client::{Body, Client, ClientError, Timeouts};

/// What the config file says of them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where roots are sent.
    pub calendars: Vec<String>,
    /// Where answers are fetched too: pools hand on to these.
    pub also: Vec<String>,
    /// How many must take a root.
    pub need: usize,
    /// Seconds between two looks for an answer.
    pub poll_s: u64,
    /// How long a calendar may take. It answers a digest when its next commitment is made, which is
    /// seconds later.
    pub timeouts: Timeouts,
}

/// The calendars of a node.
#[derive(Debug)]
pub struct Calendars {
    calendars: Vec<Client>,
    known: Vec<(Uri, Client)>,
    need: usize,
    poll_s: u64,
    node: Option<Rpc>,
}

/// Why an address cannot be one of a calendar.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalendarError {
    /// Not for HTTP.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Not for `.ots` files.
    #[error("{url}: {error}")]
    Uri {
        /// The address.
        url: String,
        /// What is wrong.
        error: OtsError,
    },
}

#[derive(Serialize, Deserialize)]
struct State {
    /// A timestamp of the root for each calendar that took it.
    stamps: Vec<String>,
}

impl Calendars {
    /// These calendars, and the operator's Bitcoin node, if there is one.
    pub fn new(settings: &Settings, node: Option<Rpc>) -> Result<Calendars, CalendarError> {
        let client = |url: &String| Client::new(url, settings.timeouts);
        let calendars = settings.calendars.iter().map(client).collect::<Result<Vec<_>, _>>()?;
        let also = settings.also.iter().map(client).collect::<Result<Vec<_>, _>>()?;
        let known = calendars.iter().chain(&also).map(|client| {
            let url = client.base();
            let uri = Uri::new(url);
            let uri = uri.map_err(|error| CalendarError::Uri { url: url.to_owned(), error })?;
            Ok((uri, client.clone()))
        });
        let known = known.collect::<Result<Vec<_>, CalendarError>>()?;
        let (need, poll_s) = (settings.need, settings.poll_s);
        Ok(Calendars { calendars, known, need, poll_s, node })
    }

    /// Sends the root to every calendar.
    async fn submit(&self, root: &Hash) -> Result<Step, StepError> {
        let (mut stamps, mut faults) = (Vec::new(), Vec::new());
        for calendar in &self.calendars {
            match self.submit_to(calendar, root).await {
                Ok(stamp) => stamps.push(hex::encode(stamp.to_bytes())),
                Err(fault) => faults.push(format!("{}: {fault}", calendar.base())),
            }
        }
        let (took, of) = (stamps.len(), self.calendars.len());
        if took < self.need {
            let (need, faults) = (self.need, faults.join("; "));
            let words = format!("{took} of {of} calendars took the root, {need} must: {faults}");
            return Err(StepError::Later(words));
        }
        let mut words = format!("{took} of {of} calendars have it");
        if !faults.is_empty() {
            words = format!("{words}; {}", faults.join("; "));
        }
        self.open(State { stamps }, words)
    }

    async fn submit_to(&self, calendar: &Client, root: &Hash) -> Result<Stamp, String> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|e| format!("no randomness: {e}"))?;
        let ops = [Op::Append(salt.to_vec()), Op::Sha256];
        let digest = Op::apply_all(&ops, &root.0).map_err(|e| e.to_string())?;
        let bytes = digest.clone().into();
        let body = Body { bytes, content_type: "application/octet-stream", gzip: false };
        let answer = calendar.post("/digest", body, limits::OTS_ANSWER_BYTES).await;
        let answer = answer.map_err(|e| e.to_string())?;
        if answer.status != 200 {
            return Err(format!("it answers {}", answer.status));
        }
        let stamp = Stamp::parse(&answer.body, &digest).map_err(|e| e.to_string())?;
        let useful = |(_, it): &(&[u8], &Attestation)| match it {
            Attestation::Pending(uri) => self.at(uri).is_some(),
            Attestation::Bitcoin { .. } => true,
            _ => false,
        };
        if !stamp.attestations().iter().any(useful) {
            return Err("it names no block, and no calendar that the config file names".to_owned());
        }
        Stamp::leading_to(stamp, &root.0, &ops).map_err(|e| e.to_string())
    }

    fn at(&self, uri: &Uri) -> Option<&Client> {
        self.known.iter().find(|(known, _)| known == uri).map(|(_, client)| client)
    }

    /// Asks what has become of it.
    async fn look(&self, root: &Hash, state: &Value) -> Result<Step, StepError> {
        let damaged = || StepError::Refused("the ledger's state cannot be read".to_owned());
        let state = State::deserialize(state).map_err(|_| damaged())?;
        let (mut stamps, mut done, mut words) = (Vec::new(), Vec::new(), Vec::new());
        for stamp in &state.stamps {
            let bytes = hex::decode(stamp).map_err(|_| damaged())?;
            let before = Stamp::parse(&bytes, &root.0).map_err(|_| damaged())?;
            let after = self.upgraded(&before, &mut words).await;
            match self.judge(&after).await {
                Ok(complete) => done.push(complete),
                Err(fault) => words.push(fault),
            }
            // A block that may be a lie, or may go again, does not end the asking.
            let kept = if names_a_block(&after) { before } else { after };
            stamps.push(hex::encode(kept.to_bytes()));
        }
        let enough = if self.node.is_some() { 1 } else { self.need };
        if done.len() >= enough {
            return self.finish(done);
        }
        let words = format!("not complete: {}", words.join("; "));
        self.open(State { stamps }, words)
    }

    /// Fetches what the calendars say by now. What is not an answer is put in words.
    async fn upgraded(&self, before: &Stamp, words: &mut Vec<String>) -> Stamp {
        let mut after = before.clone();
        for (message, attestation) in before.attestations() {
            let Attestation::Pending(uri) = attestation else { continue };
            let Some(calendar) = self.at(uri) else { continue };
            match fetch(calendar, message).await {
                Ok(None) => words.push(format!("{} is not ready", uri.as_str())),
                Ok(Some(answer)) => match after.clone().upgraded(uri, &answer) {
                    Ok(more) => after = more,
                    Err(error) => words.push(format!("{}: {error}", uri.as_str())),
                },
                Err(fault) => words.push(fault),
            }
        }
        after
    }

    /// What is complete in a timestamp; otherwise what is missing, in words.
    async fn judge(&self, stamp: &Stamp) -> Result<Stamp, String> {
        let mut faults = Vec::new();
        for (message, attestation) in stamp.attestations() {
            let Attestation::Bitcoin { height } = attestation else { continue };
            if let Some(node) = &self.node {
                match node.holds(*height, message).await.map_err(|e| e.to_string())? {
                    Some((true, depth)) if deep_enough(depth) => {}
                    Some((true, depth)) => {
                        faults.push(format!("block {height} has {depth} blocks on top of it"));
                        continue;
                    }
                    Some((false, _)) => {
                        faults.push(format!("block {height} does not hold what is said of it"));
                        continue;
                    }
                    None => {
                        faults.push(format!("our Bitcoin node has no block {height} yet"));
                        continue;
                    }
                }
            }
            let this = |at: &[u8], it: &Attestation| at == message && it == attestation;
            if let Some(complete) = stamp.shortest(this) {
                return Ok(complete);
            }
        }
        Err(if faults.is_empty() { "no block yet".to_owned() } else { faults.join("; ") })
    }

    fn finish(&self, done: Vec<Stamp>) -> Result<Step, StepError> {
        let refused = |error: OtsError| StepError::Refused(error.to_string());
        let mut blocks = Vec::new();
        for stamp in &done {
            blocks.extend(stamp.attestations().into_iter().filter_map(|(_, it)| match it {
                Attestation::Bitcoin { height } => Some(format!("{height}")),
                _ => None,
            }));
        }
        let checked = if self.node.is_some() {
            "as our own Bitcoin node has it"
        } else {
            "as the calendars say; not checked here"
        };
        let words = format!("in Bitcoin block {}, {checked}", blocks.join(" and "));
        let merged = done.into_iter().map(Ok).reduce(|all, next| all?.merged(next?));
        let merged = merged.unwrap_or(Err(OtsError::NotAwaited)).map_err(refused)?;
        let evidence = DetachedFile::new(merged).map_err(refused)?.to_bytes();
        Ok(Step::Done { evidence, words, cost: None })
    }

    fn open(&self, state: State, words: String) -> Result<Step, StepError> {
        let state = serde_json::to_value(&state).unwrap_or_default();
        Ok(Step::Open { state, again_s: self.poll_s, words, cost: None })
    }
}

fn names_a_block(stamp: &Stamp) -> bool {
    let is_block = |it: &Attestation| matches!(it, Attestation::Bitcoin { .. });
    stamp.attestations().iter().any(|(_, it)| is_block(it))
}

/// What a calendar says of a message; `None` if it says that there is nothing yet.
async fn fetch(calendar: &Client, message: &[u8]) -> Result<Option<Stamp>, String> {
    let path = format!("/timestamp/{}", hex::encode(message));
    let answer = calendar.get(&path, limits::OTS_ANSWER_BYTES).await;
    let answer = answer.map_err(|e| e.to_string())?;
    match answer.status {
        200 => {
            let stamp = Stamp::parse(&answer.body, message);
            stamp.map(Some).map_err(|e| format!("{}: {e}", calendar.base()))
        }
        404 => Ok(None),
        status => Err(format!("{}: it answers {status}", calendar.base())),
    }
}

impl Outside for Calendars {
    fn name(&self) -> &str {
        "ots"
    }

    fn kind(&self) -> Kind {
        Kind::Bitcoin
    }

    fn step<'a>(
        &'a self,
        root: &'a Hash,
        state: Option<&'a Value>,
        _now: Timestamp,
    ) -> Work<'a, Result<Step, StepError>> {
        Box::pin(async move {
            match state {
                None => self.submit(root).await,
                Some(state) => self.look(root, state).await,
            }
        })
    }
}

#[cfg(test)]
mod tests;
