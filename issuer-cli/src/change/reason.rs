//! Why a document is withdrawn: a word of a small vocabulary. It says something about a person, so
//! it stays in the office's journal, sealed, and every sealed reason has the same length.

use crate::book::keys::Part;
use proto::document::Field;

/// The words; `other:` takes a text.
const WORDS: [&str; 6] = ["error", "superseded", "withdrawn", "fraud", "deceased", "key-stolen"];
const OTHER: &str = "other:";
/// Bytes of a reason.
const LONGEST: usize = 200;
/// Bytes of every reason as it is sealed.
const SEALED: usize = 256;

/// What may be said, for people.
pub const VOCABULARY: &str =
    "error, superseded, withdrawn, fraud, deceased, key-stolen, or other: and a text";

/// Whether a text is a reason.
pub fn is_reason(text: &str) -> bool {
    let said = text.strip_prefix(OTHER).is_some_and(|said| !said.trim().is_empty());
    // What can stand in a document's field can stand in a line of a proposal.
    let plain = text.len() <= LONGEST && Field::new("reason", text).is_ok();
    WORDS.contains(&text) || said && plain
}

/// A reason as it is sealed.
pub fn to_bytes(reason: &str) -> Vec<u8> {
    let mut bytes = reason.as_bytes().to_vec();
    bytes.resize(SEALED.max(bytes.len()), b' ');
    bytes
}

/// A sealed reason, for people.
pub fn shown(part: Part) -> String {
    match part {
        Part::Open(bytes) => String::from_utf8_lossy(&bytes).trim_end().to_owned(),
        Part::Erased => "(erased)".to_owned(),
        Part::Damaged => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_words_of_the_vocabulary_or_a_text() {
        for good in ["error", "key-stolen", "other:moved away"] {
            assert!(is_reason(good), "{good}");
            let bytes = to_bytes(good);
            assert_eq!((bytes.len(), shown(Part::Open(bytes)).as_str()), (SEALED, good));
        }
        let long = format!("other:{}", "x".repeat(200));
        for bad in ["", "Error", "other:", "other: ", "other:a\nb", "stolen", &long] {
            assert!(!is_reason(bad), "{bad}");
        }
    }
}
