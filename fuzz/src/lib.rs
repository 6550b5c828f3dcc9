//! What the fuzz targets share: inputs that come close to good ones.
//!
//! Random bytes rarely get past the first line of a format. So each target runs twice: on the bytes
//! as they are, and on a good vector of `proto/tests/testdata` with the bytes applied to it as
//! edits.

pub mod world;

/// Runs `check` on the bytes and on an edited `vector` (a file of `proto/tests/testdata`).
pub fn run(data: &[u8], vector: &[u8], check: impl Fn(&[u8])) {
    run_on(data, &input_of(vector), check);
}

/// Runs `check` on the bytes and on an edited good input.
pub fn run_on(data: &[u8], good: &[u8], check: impl Fn(&[u8])) {
    check(data);
    check(&edited(good.to_vec(), data));
}

/// The input in a vector file.
pub fn input_of(vector: &[u8]) -> Vec<u8> {
    let end = vector.windows(2).position(|two| two == b"\n\n").expect("an empty line");
    let (head, body) = (&vector[..end], &vector[end + 2..]);
    if !head.ends_with(b"encoding: hex") {
        return body.to_vec();
    }
    let digit = |byte: &u8| (*byte as char).to_digit(16).map(|digit| digit as u8);
    let digits: Vec<u8> = body.iter().filter_map(digit).collect();
    digits.chunks(2).map(|two| two[0] << 4 | two[1]).collect()
}

/// Applies edits: four bytes say where, how much to remove and how much to insert of what follows.
pub fn edited(mut input: Vec<u8>, mut edits: &[u8]) -> Vec<u8> {
    while let [high, low, removed, inserted, rest @ ..] = edits {
        let place = usize::from(u16::from_be_bytes([*high, *low])) % (input.len() + 1);
        let end = (place + usize::from(removed % 16)).min(input.len());
        let (insert, rest) = rest.split_at(usize::from(inserted % 16).min(rest.len()));
        input.splice(place..end, insert.iter().copied());
        edits = rest;
    }
    input
}
