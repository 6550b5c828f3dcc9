//! Streams that the structure itself needs: Flate with or without a predictor, within a bound.

use crate::limits;
use crate::refusal::{Fault, Refusal};
use crate::syntax::{Dict, Kind, Value};
use alloc::vec;
use alloc::vec::Vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};

/// The content of a stream; `left` is what all streams of a file may still unfold to.
pub fn content(dict: &Dict<'_>, data: &[u8], left: &mut usize) -> Result<Vec<u8>, Refusal> {
    if dict.get(b"F").is_some() {
        return Err(Fault::Stream.into());
    }
    let plain = match lone(dict.get(b"Filter"))? {
        None => data.to_vec(),
        Some(filter) if filter.is_name(b"FlateDecode") => {
            let most = (*left).min(limits::UNFOLDED_BYTES);
            decompress_to_vec_zlib_with_limit(data, most).map_err(|error| match error.status {
                TINFLStatus::HasMoreOutput => Refusal::TooIntricate,
                _ => Fault::Stream.into(),
            })?
        }
        Some(_) => return Err(Fault::Stream.into()),
    };
    *left = left.checked_sub(plain.len()).ok_or(Refusal::TooIntricate)?;
    let parameters = match lone(dict.get(b"DecodeParms"))? {
        Some(value) if dict.get(b"Filter").is_some() => value.dict()?,
        _ => return Ok(plain),
    };
    let number = |name: &[u8], otherwise: usize| match parameters.get(name) {
        None => Ok(otherwise),
        Some(value) => value.size().ok_or(Fault::Stream),
    };
    match number(b"Predictor", 1)? {
        1 => Ok(plain),
        10..=15 => {
            let bits = number(b"Colors", 1)?.checked_mul(number(b"BitsPerComponent", 8)?);
            let whole = bits.filter(|bits| *bits == 8).ok_or(Fault::Stream)?;
            predicted(&plain, number(b"Columns", 1)?, whole.div_euclid(8))
        }
        _ => Err(Fault::Stream.into()),
    }
}

/// A value that may stand alone in an array.
fn lone(value: Option<Value<'_>>) -> Result<Option<Value<'_>>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    if value.kind != Kind::Array {
        return Ok(Some(value));
    }
    match value.items()?.as_slice() {
        [] => Ok(None),
        [one] if one.kind == Kind::Null => Ok(None),
        [one] => Ok(Some(*one)),
        _ => Err(Fault::Stream.into()),
    }
}

/// Undoes the PNG predictors (PNG, 9.2); a pixel has one byte here.
fn predicted(data: &[u8], columns: usize, pixel: usize) -> Result<Vec<u8>, Refusal> {
    let row_bytes = columns.checked_add(1).filter(|_| columns > 0).ok_or(Fault::Stream)?;
    if columns > limits::OBJECT_BYTES || pixel != 1 {
        return Err(Fault::Stream.into());
    }
    let mut out = Vec::with_capacity(data.len());
    let mut above = vec![0_u8; columns];
    for row in data.chunks(row_bytes) {
        let (&filter, row) = row.split_first().ok_or(Fault::Stream)?;
        if row.len() != columns {
            return Err(Fault::Stream.into());
        }
        let (mut left, mut corner) = (0_u8, 0_u8);
        for (byte, up) in row.iter().zip(above.iter_mut()) {
            let guess = match filter {
                0 => 0,
                1 => left,
                2 => *up,
                3 => u8::midpoint(left, *up),
                4 => paeth(left, *up, corner),
                _ => return Err(Fault::Stream.into()),
            };
            left = byte.wrapping_add(guess);
            corner = *up;
            *up = left;
            out.push(left);
        }
    }
    Ok(out)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let guess = i16::from(left).saturating_add(i16::from(up)).saturating_sub(i16::from(corner));
    let far = |byte: u8| guess.saturating_sub(i16::from(byte)).unsigned_abs();
    if far(left) <= far(up) && far(left) <= far(corner) {
        left
    } else if far(up) <= far(corner) {
        up
    } else {
        corner
    }
}
