//! What the reader brings of clocks outside the federation: headers of the Bitcoin chain, and
//! blocks of EVM chains that a node of theirs calls final. The page asks nobody for any of it.

use crate::refusal::Refusal;
use proto::anchor::Kind;
use proto::anchor::bitcoin::{HEADER_BYTES, Header, Headers};
use proto::anchor::clocks::Bitcoin;
use proto::anchor::evm::KnownBlocks;
use proto::anchor::judge::Outside;

/// What was brought, with the names of the files.
#[derive(Debug, Default)]
pub(crate) struct Brought {
    headers: Option<(Headers, String)>,
    blocks: Option<(KnownBlocks, String)>,
}

impl Brought {
    /// Nothing was.
    pub(crate) const NOTHING: Brought = Brought { headers: None, blocks: None };

    /// Takes headers that begin with the block which the federation names; of two chains the one
    /// with more work stays.
    pub(crate) fn take_headers(
        &mut self,
        base: &Bitcoin,
        bytes: &[u8],
        name: &str,
    ) -> Result<(), Refusal> {
        let headers = Headers::verify(base, bytes)?;
        if self.headers.as_ref().is_none_or(|(kept, _)| kept.work() < headers.work()) {
            self.headers = Some((headers, name.to_owned()));
        }
        Ok(())
    }

    /// Takes blocks in the place of those that were brought before.
    pub(crate) fn take_blocks(&mut self, bytes: &[u8], name: &str) -> Result<(), Refusal> {
        self.blocks = Some((KnownBlocks::parse(bytes)?, name.to_owned()));
        Ok(())
    }

    /// For the judge.
    pub(crate) fn outside(&self) -> Outside<'_> {
        Outside {
            headers: self.headers.as_ref().map(|(headers, _)| headers),
            blocks: self.blocks.as_ref().map_or(&[], |(blocks, _)| blocks.as_slice()),
        }
    }

    /// What each kind of evidence is judged by.
    pub(crate) fn sources(&self) -> Vec<(Kind, String)> {
        let mut sources = vec![(Kind::Tsa, "root certificate from the federation file".to_owned())];
        if let Some((headers, name)) = &self.headers {
            let tip = headers.tip_height();
            sources.push((Kind::Bitcoin, format!("headers from {name}, up to block {tip}")));
        }
        if let Some((_, name)) = &self.blocks {
            sources.push((Kind::Evm, format!("block hash from {name}")));
        }
        sources
    }
}

/// Whether a file of this length begins as headers do: with the block which the federation names.
pub(crate) fn are_headers(base: &Bitcoin, head: &[u8], length: u64) -> bool {
    let first = head.first_chunk::<HEADER_BYTES>();
    length.is_multiple_of(HEADER_BYTES as u64)
        && first.is_some_and(|first| Header::parse(first).hash.0 == base.hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::anchor::clocks::Network;
    use proto::text;

    /// The first three blocks of the main chain.
    const MAIN: &str = "0100000000000000000000000000000000000000000000000000000000000000000000003b\
        a3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c01000\
        0006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e\
        1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299010000004860eb18bf1b1620e37\
        e9490fc8a427514416fd75159ab86688e9a8300000000d5fdcc541e25de1c7a5addedf24858b8bb665c9f36ef74\
        4ee42c316022c90f9bb0bc6649ffff001d08d2bd61";

    #[test]
    fn headers_count_if_they_hold_and_the_longer_chain_stays() {
        let bytes: [u8; 240] = text::hex_array(MAIN).unwrap();
        let hash = Header::parse(bytes.first_chunk().unwrap()).hash.0;
        let base = Bitcoin { network: Network::Main, height: 0, hash };
        assert!(are_headers(&base, &bytes[..128], 240));
        assert!(!are_headers(&base, &bytes[..128], 239));
        assert!(!are_headers(&base, &bytes[80..], 160));
        assert!(!are_headers(&base, &bytes[..79], 80));
        let mut brought = Brought::NOTHING;
        brought.take_headers(&base, &bytes, "long").unwrap();
        let mut broken = bytes;
        broken[239] ^= 1;
        assert_eq!(brought.take_headers(&base, &broken, "x").unwrap_err().code, "headers-refused");
        brought.take_headers(&base, &bytes[..160], "short").unwrap();
        let of_bitcoin = (Kind::Bitcoin, "headers from long, up to block 2".to_owned());
        assert_eq!(brought.sources().last(), Some(&of_bitcoin));
        assert_eq!(brought.take_blocks(b"x", "x").unwrap_err().code, "blocks-refused");
        assert_eq!(brought.outside().blocks, []);
    }
}
