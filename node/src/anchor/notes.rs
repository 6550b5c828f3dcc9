//! The signed checkpoints under a root, one after the other in one file.

use proto::anchor::statement::Head;
use proto::checkpoint::SignedCheckpoint;

/// The signed checkpoint of a head, among those that were kept with its statement.
pub fn note_of(notes: &[u8], head: &Head) -> Option<SignedCheckpoint> {
    let text = std::str::from_utf8(notes).ok()?;
    let first = head.checkpoint().to_text();
    let start = text.match_indices(&first).map(|(at, _)| at);
    let mut start = start.filter(|at| *at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n'));
    let rest = text.get(start.next()?..)?;
    // A note ends before the next line that belongs to no signature.
    let (body, lines) = rest.split_at_checked(first.len() + 1)?;
    let signatures = lines.split_inclusive('\n').take_while(|line| line.starts_with('\u{2014}'));
    let note: String = std::iter::once(body).chain(signatures).collect();
    let signed = SignedCheckpoint::parse(note.as_bytes()).ok()?;
    (Head::of(&signed).as_ref() == Ok(head)).then_some(signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::signed_checkpoint;
    use proto::hash::sha256;

    #[test]
    fn each_note_is_found_and_nothing_else() {
        let notes: Vec<SignedCheckpoint> =
            (0..3).map(|log| signed_checkpoint(log, 5, sha256(b"x"))).collect();
        let file: Vec<u8> = notes.iter().flat_map(SignedCheckpoint::to_bytes).collect();
        for note in &notes {
            let head = Head::of(note).unwrap();
            assert_eq!(note_of(&file, &head).as_ref(), Some(note));
            assert_eq!(note_of(&file[1..], &head).is_some(), *note != notes[0]);
        }
        let other = Head::of(&signed_checkpoint(0, 6, sha256(b"x"))).unwrap();
        assert_eq!(note_of(&file, &other), None);
        assert_eq!(note_of(b"", &other), None);
    }
}
