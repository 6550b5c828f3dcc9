//! Headers of all forks, and what is none.

use alloc::vec;
use alloc::vec::Vec;

use alloy_rlp::{Encodable, Header as Rlp};

use super::*;

fn list(fields: &[Vec<u8>]) -> Vec<u8> {
    let mut payload = Vec::new();
    fields.iter().for_each(|field| field.as_slice().encode(&mut payload));
    let mut bytes = Vec::new();
    Rlp { list: true, payload_length: payload.len() }.encode(&mut bytes);
    bytes.extend_from_slice(&payload);
    bytes
}

/// A header with this many fields: twelve have a meaning here; Frontier has 15, Prague 21.
fn fields(count: usize) -> Vec<Vec<u8>> {
    let lengths = [32, 32, 20, 32, 32, 32, 256, 9, 3, 4, 1, 4, 5, 32, 8, 2, 32, 1, 1, 32, 32];
    (0..count).map(|at| vec![9; lengths.get(at).copied().unwrap_or(32)]).collect()
}

#[test]
fn headers_of_all_forks_are_read() {
    for count in [12, 15, 16, 17, 20, 21, 40, limits::EVM_HEADER_ITEMS] {
        let bytes = list(&fields(count));
        let header = BlockHeader::parse(&bytes).unwrap();
        let want = BlockHeader {
            hash: keccak256(&bytes),
            state_root: [9; 32],
            number: 0x09_09_09,
            time: Timestamp(0x0909_0909),
        };
        assert_eq!(header, want, "{count}");
    }
}

#[test]
fn every_field_is_there_and_as_long_as_it_is() {
    for missing in 0..12 {
        let bad = Err(HeaderError::BadField { field: missing });
        assert_eq!(BlockHeader::parse(&list(&fields(missing))), bad);
    }
    for at in [0, 1, 2, 3, 4, 5, 6] {
        for length in [0, fields(12)[at].len() - 1, fields(12)[at].len() + 1] {
            let mut other = fields(16);
            other[at] = vec![9; length];
            let bad = Err(HeaderError::BadField { field: at });
            assert_eq!(BlockHeader::parse(&list(&other)), bad, "{at} {length}");
        }
    }
    for at in [8, 9, 10, 11] {
        for number in [vec![0], vec![0, 9], vec![9; 9]] {
            let mut other = fields(16);
            other[at] = number;
            let bad = Err(HeaderError::BadField { field: at });
            assert_eq!(BlockHeader::parse(&list(&other)), bad, "{at}");
        }
    }
}

#[test]
fn what_is_no_header() {
    let good = list(&fields(16));
    for bytes in [&[][..], b"x", &good[..good.len() - 1], &[&good[..], &[0]].concat()] {
        assert_eq!(BlockHeader::parse(bytes), Err(HeaderError::NotAList));
    }
    let many = list(&fields(limits::EVM_HEADER_ITEMS + 1));
    let limit = limits::EVM_HEADER_ITEMS;
    assert_eq!(BlockHeader::parse(&many), Err(HeaderError::TooManyFields { limit }));
    // A list where a string belongs.
    let mut payload = Vec::new();
    fields(12).iter().for_each(|field| field.as_slice().encode(&mut payload));
    payload.push(0xc0);
    let mut nested = Vec::new();
    Rlp { list: true, payload_length: payload.len() }.encode(&mut nested);
    nested.extend_from_slice(&payload);
    assert_eq!(BlockHeader::parse(&nested), Err(HeaderError::BadField { field: 12 }));
}
