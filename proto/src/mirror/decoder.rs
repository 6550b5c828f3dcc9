//! Reading an `add-entries` body as it arrives: bytes in, header and packages out.
//!
//! The body has no bound, so nothing waits for its end. The decoder holds at most one package (16.8
//! MB), takes memory only for bytes that have arrived, and refuses a length as soon as it is read.

use alloc::vec::Vec;
use core::mem;

use super::add_entries::{AddEntriesError, Header, Package, PackageRange};
use crate::bytes::Reader;
use crate::hash::Hash;
use crate::limits;

/// What a body holds next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The header; comes first and once.
    Header(Header),
    /// The next package of the upload, not yet authenticated.
    Package(Package),
}

/// Which bytes are awaited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Awaits {
    OriginLength,
    /// Origin, both indexes and the length of the ticket.
    Middle,
    Ticket,
    EntryLength,
    Entry,
    HashCount,
    Hashes,
    Nothing,
}

/// Reads one body.
#[derive(Clone, Debug)]
pub struct Decoder {
    awaits: Awaits,
    /// Bytes needed before the next step.
    want: usize,
    buffer: Vec<u8>,
    header: Option<Header>,
    packages_read: u64,
    range: Option<PackageRange>,
    entries: Vec<Vec<u8>>,
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder {
            awaits: Awaits::OriginLength,
            want: 2,
            buffer: Vec::new(),
            header: None,
            packages_read: 0,
            range: None,
            entries: Vec::new(),
        }
    }
}

impl Decoder {
    /// A decoder at the start of a body.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Takes bytes off the front of `input` until something is complete. `None` means that `input`
    /// is used up and more is needed; call again while there is an event.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Event>, AddEntriesError> {
        loop {
            if self.awaits == Awaits::Nothing {
                return if input.is_empty() {
                    Ok(None)
                } else {
                    Err(AddEntriesError::TrailingBytes)
                };
            }
            let missing = self.want.saturating_sub(self.buffer.len());
            let (taken, rest) = input.split_at(missing.min(input.len()));
            self.buffer.extend_from_slice(taken);
            *input = rest;
            if self.buffer.len() < self.want {
                return Ok(None);
            }
            if let Some(event) = self.step()? {
                return Ok(Some(event));
            }
        }
    }

    /// The packages that were complete.
    pub fn packages_read(&self) -> u64 {
        self.packages_read
    }

    /// Whether the whole upload has arrived.
    pub fn is_complete(&self) -> bool {
        self.awaits == Awaits::Nothing
    }

    /// Whether a body that ends here ends at the end of its header or of a package. If not, the
    /// last bytes are to be forgotten (tlog-mirror#processing).
    pub fn is_between(&self) -> bool {
        self.is_complete()
            || (self.awaits == Awaits::EntryLength
                && self.entries.is_empty()
                && self.buffer.is_empty())
    }

    /// The awaited bytes are in the buffer.
    fn step(&mut self) -> Result<Option<Event>, AddEntriesError> {
        match self.awaits {
            Awaits::OriginLength => {
                let len = usize::from(Reader::new(&self.buffer).u16()?);
                if len == 0 || len > limits::ORIGIN_BYTES {
                    return Err(AddEntriesError::BadOrigin);
                }
                // Two lengths, two indexes and the origin itself.
                self.await_more(Awaits::Middle, len.saturating_add(20));
            }
            Awaits::Middle => {
                let mut tail = Reader::new(&self.buffer);
                tail.take(self.want.saturating_sub(2))?;
                let ticket = usize::from(tail.u16()?);
                self.await_more(Awaits::Ticket, self.want.saturating_add(ticket));
            }
            Awaits::Ticket => {
                let header = Header::parse(&mem::take(&mut self.buffer))?;
                self.header = Some(header.clone());
                self.await_package();
                return Ok(Some(Event::Header(header)));
            }
            Awaits::EntryLength => {
                let len = Reader::new(&mem::take(&mut self.buffer)).u16()?;
                self.await_more(Awaits::Entry, usize::from(len));
            }
            Awaits::Entry => {
                self.entries.push(mem::take(&mut self.buffer));
                self.await_entry();
            }
            Awaits::HashCount => {
                let count = usize::from(Reader::new(&mem::take(&mut self.buffer)).u8()?);
                if count > limits::PROOF_HASHES {
                    return Err(AddEntriesError::TooManyHashes { got: count });
                }
                self.await_more(Awaits::Hashes, count.saturating_mul(32));
            }
            Awaits::Hashes => return Ok(self.package()),
            Awaits::Nothing => {}
        }
        Ok(None)
    }

    fn await_more(&mut self, awaits: Awaits, want: usize) {
        (self.awaits, self.want) = (awaits, want);
    }

    /// After the header or a package: the next package, if the upload has one.
    fn await_package(&mut self) {
        self.range = self.header.as_ref().and_then(|header| header.package(self.packages_read));
        self.await_entry();
    }

    fn await_entry(&mut self) {
        let Some(range) = self.range else { return self.await_more(Awaits::Nothing, 0) };
        let complete = u64::try_from(self.entries.len()).is_ok_and(|n| n >= range.entry_count());
        if complete {
            self.await_more(Awaits::HashCount, 1);
        } else {
            self.await_more(Awaits::EntryLength, 2);
        }
    }

    fn package(&mut self) -> Option<Event> {
        let range = self.range?;
        let bytes = mem::take(&mut self.buffer);
        let (hashes, _) = bytes.as_chunks::<32>();
        let proof = hashes.iter().copied().map(Hash).collect();
        let entries = mem::take(&mut self.entries);
        self.packages_read = self.packages_read.saturating_add(1);
        self.await_package();
        Some(Event::Package(Package { range, entries, proof }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{LeafIndex, TreeSize};
    use alloc::{format, vec};

    fn upload(start: u64, end: u64) -> (Header, Vec<Package>) {
        let header = Header::new("example.com/log", LeafIndex(start), TreeSize(end), b"t").unwrap();
        let package = |range: PackageRange| Package {
            range,
            entries: (range.start..range.end).map(|i| format!("entry {i}").into_bytes()).collect(),
            proof: vec![Hash([9; 32]); (range.start % 3) as usize],
        };
        let packages = header.packages().map(package).collect();
        (header, packages)
    }

    fn body(header: &Header, packages: &[Package]) -> Vec<u8> {
        let mut body = header.to_bytes().unwrap();
        packages.iter().for_each(|package| body.extend(package.to_bytes().unwrap()));
        body
    }

    fn decode(body: &[u8], chunk: usize) -> Result<(Vec<Event>, Decoder), AddEntriesError> {
        let (mut decoder, mut events) = (Decoder::new(), Vec::new());
        for mut input in body.chunks(chunk) {
            while let Some(event) = decoder.decode(&mut input)? {
                events.push(event);
            }
            assert!(input.is_empty());
        }
        Ok((events, decoder))
    }

    #[test]
    fn a_body_is_read_in_any_pieces() {
        for (start, end) in [(0, 0), (5, 5), (0, 1), (3, 256), (250, 600)] {
            let (header, packages) = upload(start, end);
            let body = body(&header, &packages);
            for chunk in [1, 2, 7, 1000, body.len()] {
                let (events, decoder) = decode(&body, chunk).unwrap();
                let mut want = vec![Event::Header(header.clone())];
                want.extend(packages.iter().cloned().map(Event::Package));
                assert_eq!(events, want);
                assert!(decoder.is_complete() && decoder.is_between());
                assert_eq!(decoder.packages_read(), packages.len() as u64);
            }
        }
    }

    #[test]
    fn a_prefix_is_a_request_too() {
        let (header, packages) = upload(250, 600);
        for count in 0..packages.len() {
            let body = body(&header, &packages[..count]);
            let (events, decoder) = decode(&body, 64).unwrap();
            assert_eq!(events.len(), count + 1);
            assert!(!decoder.is_complete() && decoder.is_between());
        }
        let body = body(&header, &packages);
        let (events, decoder) = decode(&body[..body.len() - 1], 64).unwrap();
        assert_eq!(events.len(), packages.len());
        assert!(!decoder.is_between());
    }

    #[test]
    fn lengths_are_refused_as_soon_as_they_are_read() {
        let (header, packages) = upload(0, 1);
        let good = body(&header, &packages);
        let mut input = &[0xffu8, 0xff][..];
        assert_eq!(Decoder::new().decode(&mut input), Err(AddEntriesError::BadOrigin));
        let mut input = &[0u8, 0][..];
        assert_eq!(Decoder::new().decode(&mut input), Err(AddEntriesError::BadOrigin));
        let mut many = good.clone();
        *many.last_mut().unwrap() = 64;
        assert_eq!(decode(&many, 9).unwrap_err(), AddEntriesError::TooManyHashes { got: 64 });
        let longer: Vec<u8> = good.iter().copied().chain([0]).collect();
        assert_eq!(decode(&longer, 9).unwrap_err(), AddEntriesError::TrailingBytes);
    }

    #[test]
    fn a_package_of_the_largest_entries_is_read() {
        let header = Header::new("o", LeafIndex(0), TreeSize(256), b"").unwrap();
        let range = header.package(0).unwrap();
        let entries = vec![vec![7; limits::ENTRY_BYTES]; 256];
        let package = Package { range, entries, proof: vec![Hash([1; 32]); 63] };
        assert_eq!(package.to_bytes().unwrap().len(), limits::PACKAGE_BYTES);
        let (events, _) = decode(&body(&header, std::slice::from_ref(&package)), 65_536).unwrap();
        assert_eq!(events[1], Event::Package(package));
    }
}
