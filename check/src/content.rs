//! A document's content: its digest, and the second one where the issuer committed to it.

use proto::document::{Content, ContentDigest};
use proto::hash::Hash;
use proto::verify::Verdict;
use sha2::{Digest as _, Sha256, Sha512};

/// Digests a content part by part.
#[derive(Clone, Debug)]
pub struct ContentDigester {
    sha256: Sha256,
    sha512: Option<Sha512>,
    length: u64,
}

impl ContentDigester {
    /// Nothing read yet.
    pub fn new(with_sha512: bool) -> ContentDigester {
        let sha512 = with_sha512.then(Sha512::new);
        ContentDigester { sha256: Sha256::new(), sha512, length: 0 }
    }

    /// The next part.
    pub fn update(&mut self, part: &[u8]) {
        self.sha256.update(part);
        if let Some(sha512) = &mut self.sha512 {
            sha512.update(part);
        }
        self.length = self.length.saturating_add(part.len().try_into().unwrap_or(u64::MAX));
    }

    /// Digest and length of everything.
    pub fn finish(self) -> ContentDigest {
        ContentDigest {
            sha256: Hash(self.sha256.finalize().into()),
            length: self.length,
            sha512: self.sha512.map(|hash| hash.finalize().into()),
        }
    }

    /// The same of what is in memory.
    pub fn digest(content: &[u8], with_sha512: bool) -> ContentDigest {
        let mut digester = ContentDigester::new(with_sha512);
        digester.update(content);
        digester.finish()
    }
}

/// Judges the content that `digest` reads, if there is one, by asking `ask`: a second time where
/// the issuer committed to a second digest. Few do, so that costs a second reading of the document,
/// and nothing for all others.
pub fn judge_content<E>(
    mut digest: impl FnMut(bool) -> Result<Option<ContentDigest>, E>,
    mut ask: impl FnMut(Option<&ContentDigest>) -> Verdict,
) -> Result<Verdict, E> {
    let content = digest(false)?;
    let verdict = ask(content.as_ref());
    if content.is_none() || !names_sha512(&verdict) {
        return Ok(verdict);
    }
    let content = digest(true)?;
    Ok(ask(content.as_ref()))
}

fn names_sha512(verdict: &Verdict) -> bool {
    let fields = verdict.facts.document.iter().flat_map(|document| &document.shown);
    let content = fields.filter(|(_, name, _)| name == "content");
    content
        .filter_map(|(_, _, value)| Content::parse(value).ok())
        .any(|content| content.digest.sha512.is_some())
}
