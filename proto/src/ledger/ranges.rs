//! Status indexes as the ranges of revocations: as few as possible, in as many entries as needed.

use alloc::vec::Vec;

use crate::hash::StatusIndex;
use crate::limits;

use super::revocation::Range;
use super::successor::POINTER_BYTES;

/// Bytes of a revocation without ranges and pointers.
const FIXED_BYTES: usize = 2 + 8 + 8 + 1 + 1 + 2 + 2 + 64;
const RANGE_BYTES: usize = 16;

/// Ascending indexes as ranges; neighbours merge.
pub fn ranges(indexes: impl Iterator<Item = u64>) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for index in indexes.map(StatusIndex) {
        match ranges.last_mut() {
            Some(range) if range.last.0.saturating_add(1) == index.0 => range.last = index,
            _ => ranges.push(Range { first: index, last: index }),
        }
    }
    ranges
}

/// Ranges in portions that fit into an entry each, with a pointer for each document or without.
pub fn portions(ranges: &[Range], pointers: bool) -> Vec<Vec<Range>> {
    let mut rest: Vec<Range> = ranges.iter().rev().copied().collect();
    let mut portions = Vec::new();
    let mut open = Portion::default();
    while let Some(range) = rest.pop() {
        let fits = open.fits(pointers);
        if fits == 0 {
            rest.push(range);
            portions.push(core::mem::take(&mut open).ranges);
            continue;
        }
        let end = range.first.0.saturating_add(fits.saturating_sub(1));
        let last = range.last.min(StatusIndex(end));
        open.take(Range { last, ..range }, pointers);
        if last < range.last {
            // What follows touches this range, so that it goes into the next entry.
            let first = StatusIndex(last.0.saturating_add(1));
            rest.push(Range { first, ..range });
            portions.push(core::mem::take(&mut open).ranges);
        }
    }
    if !open.ranges.is_empty() {
        portions.push(open.ranges);
    }
    portions
}

#[derive(Default)]
struct Portion {
    ranges: Vec<Range>,
    documents: u64,
    bytes: usize,
}

impl Portion {
    /// How many documents of one more range fit.
    fn fits(&self, pointers: bool) -> u64 {
        if self.ranges.len() >= limits::REVOCATION_RANGES {
            return 0;
        }
        let used = FIXED_BYTES.saturating_add(self.bytes).saturating_add(RANGE_BYTES);
        let room = limits::ENTRY_BYTES.saturating_sub(used);
        let named = u64::try_from(room.div_euclid(POINTER_BYTES)).unwrap_or(0);
        let most = if pointers { named } else { limits::REVOCATION_DOCUMENTS };
        most.min(limits::REVOCATION_DOCUMENTS.saturating_sub(self.documents))
    }

    fn take(&mut self, range: Range, pointers: bool) {
        let count = usize::try_from(range.documents()).unwrap_or(usize::MAX);
        let named = if pointers { count.saturating_mul(POINTER_BYTES) } else { 0 };
        self.bytes = self.bytes.saturating_add(RANGE_BYTES).saturating_add(named);
        self.documents = self.documents.saturating_add(range.documents());
        self.ranges.push(range);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: u64, last: u64) -> Range {
        Range { first: StatusIndex(first), last: StatusIndex(last) }
    }

    fn count(portions: &[Vec<Range>]) -> u64 {
        portions.iter().flatten().map(Range::documents).sum()
    }

    #[test]
    fn neighbours_merge() {
        let found = ranges([0, 1, 2, 5, 7, 8].into_iter());
        assert_eq!(found, [range(0, 2), range(5, 5), range(7, 8)]);
        assert!(portions(&ranges(core::iter::empty()), false).is_empty());
    }

    #[test]
    fn entries_stay_within_their_bounds() {
        let apart = ranges((0..9000).map(|i| i * 3));
        let all = portions(&apart, false);
        assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [4000, 4000, 1000]);
        assert_eq!(count(&all), 9000);
        let most = limits::REVOCATION_DOCUMENTS;
        let all = portions(&[range(5, most * 2 + 9)], false);
        assert_eq!((all.len(), count(&all)), (3, most * 2 + 5));
        let all = portions(&[range(0, 4999), range(6000, 6001)], true);
        assert_eq!(count(&all), 5002);
        for portion in all {
            let size = FIXED_BYTES
                + portion.len() * 16
                + 40 * count(core::slice::from_ref(&portion)) as usize;
            assert!(size <= limits::ENTRY_BYTES, "{size}");
        }
    }
}
