//! Timestamps joined, upgraded, and cut down to what is needed.

use alloc::vec::Vec;

use super::{Attestation, Op, OtsError, Timestamp, Uri};

impl Timestamp {
    /// Everything that two timestamps of one message hold.
    pub fn merged(mut self, other: Timestamp) -> Result<Timestamp, OtsError> {
        if self.message != other.message {
            return Err(OtsError::OtherMessage);
        }
        self.join(other);
        self.checked()
    }

    /// The timestamp with what a calendar answers about a message that it has pending. The pending
    /// attestation goes when the answer names a block.
    pub fn upgraded(mut self, calendar: &Uri, answer: &Timestamp) -> Result<Timestamp, OtsError> {
        let pending = Attestation::Pending(calendar.clone());
        if self.put(&pending, answer) { self.checked() } else { Err(OtsError::NotAwaited) }
    }

    /// The timestamp with the shortest path to a wanted attestation and nothing else; `None` if
    /// none is wanted.
    pub fn shortest(&self, wanted: impl Fn(&[u8], &Attestation) -> bool) -> Option<Timestamp> {
        let mut search = Search { wanted, path: Vec::new(), best: None };
        search.visit(self);
        let (ops, attestation, _) = search.best?;
        let ops: Vec<Op> = ops.into_iter().cloned().collect();
        let end = Op::apply_all(&ops, &self.message).ok()?;
        let end = Timestamp::new(&end, attestation.clone()).ok()?;
        Timestamp::leading_to(end, &self.message, &ops).ok()
    }

    fn join(&mut self, other: Timestamp) {
        for attestation in other.attestations {
            if let Err(place) = self.attestations.binary_search(&attestation) {
                self.attestations.insert(place, attestation);
            }
        }
        for (op, next) in other.branches {
            match self.branches.binary_search_by(|(known, _)| known.cmp(&op)) {
                // One operation on one message: the messages of both are the same.
                Ok(place) => {
                    if let Some((_, known)) = self.branches.get_mut(place) {
                        known.join(next);
                    }
                }
                Err(place) => self.branches.insert(place, (op, next)),
            }
        }
    }

    fn put(&mut self, pending: &Attestation, answer: &Timestamp) -> bool {
        let place = self.attestations.iter().position(|it| it == pending);
        if let (true, Some(place)) = (self.message == answer.message, place) {
            let is_block = |it: &Attestation| matches!(it, Attestation::Bitcoin { .. });
            if answer.attestations().iter().any(|(_, it)| is_block(it)) {
                self.attestations.remove(place);
            }
            self.join(answer.clone());
            // Not further down: an answer that leads back to its own message would never end.
            return true;
        }
        self.branches.iter_mut().fold(false, |any, (_, next)| next.put(pending, answer) || any)
    }
}

struct Search<'a, W> {
    wanted: W,
    path: Vec<&'a Op>,
    best: Option<(Vec<&'a Op>, &'a Attestation, usize)>,
}

impl<'a, W: Fn(&[u8], &Attestation) -> bool> Search<'a, W> {
    fn visit(&mut self, timestamp: &'a Timestamp) {
        for attestation in &timestamp.attestations {
            if !(self.wanted)(&timestamp.message, attestation) {
                continue;
            }
            let mut bytes = Vec::new();
            self.path.iter().for_each(|op| op.write(&mut bytes));
            attestation.write(&mut bytes);
            if self.best.as_ref().is_none_or(|(_, _, best)| bytes.len() < *best) {
                self.best = Some((self.path.clone(), attestation, bytes.len()));
            }
        }
        for (op, next) in &timestamp.branches {
            self.path.push(op);
            self.visit(next);
            self.path.pop();
        }
    }
}
