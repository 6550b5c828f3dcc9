//! Words in further languages that a federation brings: `check.fr.json` and its sisters.
//!
//! A file has the keys of the English one of its page, and a text under each. So a page never shows
//! the name of a key, and a words file brings words and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::settings::SiteError;
use crate::tree::{Tree, WORDS};

/// Files that a federation brings.
pub(crate) const MOST_FILES: usize = 64;
/// Bytes of one of them.
pub const MOST_BYTES: usize = 256 * 1024;

/// The forms of `Intl.PluralRules`.
const FORMS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

/// Whether this can be a language tag here: a short one, in lower case.
pub(crate) fn is_language(tag: &str) -> bool {
    let letters = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    matches!(first.len(), 2 | 3)
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| matches!(part.len(), 1..=8) && letters(part))
        && tag.len() <= 32
}

/// Checks the files that a federation brings, by name, against the tree's own.
pub(crate) fn check(tree: &Tree, own: &BTreeMap<String, Vec<u8>>) -> Result<(), SiteError> {
    if own.len() > MOST_FILES {
        return Err(SiteError::TooManyWords { limit: MOST_FILES });
    }
    for (name, bytes) in own {
        let unknown = || SiteError::UnknownWords { name: name.clone() };
        let stem = name.strip_suffix(".json").ok_or_else(unknown)?;
        let (family, tag) = stem.split_once('.').ok_or_else(unknown)?;
        if !is_language(tag) || !tree.word_families().any(|known| known == family) {
            return Err(unknown());
        }
        if bytes.len() > MOST_BYTES {
            return Err(SiteError::WordsTooLarge { name: name.clone(), limit: MOST_BYTES });
        }
        let ours = tree.find(&format!("{WORDS}{family}.en.json")).unwrap_or_default();
        let malformed = || SiteError::WordsMalformed { name: name.clone() };
        let (ours, theirs) = (keys(ours).unwrap_or_default(), keys(bytes).ok_or_else(malformed)?);
        if let Some(key) = ours.difference(&theirs).next() {
            return Err(SiteError::WordMissing { name: name.clone(), key: key.clone() });
        }
        if let Some(key) = theirs.difference(&ours).next() {
            return Err(SiteError::WordUnknown { name: name.clone(), key: key.clone() });
        }
    }
    Ok(())
}

/// The keys of a words file, if it holds nothing but texts: plain ones, and such with a form for
/// each number of the language, of which `other` is always there.
pub(crate) fn keys(bytes: &[u8]) -> Option<BTreeSet<String>> {
    let is_text = |value: &Value| match value {
        Value::String(_) => true,
        Value::Object(forms) => {
            let known = |(name, form): (&String, &Value)| {
                form.is_string() && FORMS.contains(&name.as_str())
            };
            forms.contains_key("other") && forms.iter().all(known)
        }
        _ => false,
    };
    let members: BTreeMap<String, Value> = serde_json::from_slice(bytes).ok()?;
    members.values().all(is_text).then(|| members.into_keys().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let mut tree = Tree::default();
        tree.put(
            "page/words/check.en.json",
            br#"{"a": "A", "b": {"one": "B", "other": "C"}}"#.to_vec(),
        );
        tree
    }

    fn checked(name: &str, text: &str) -> Result<(), SiteError> {
        check(&tree(), &BTreeMap::from([(name.to_owned(), text.as_bytes().to_vec())]))
    }

    #[test]
    fn a_words_file_has_the_keys_of_ours_and_texts_under_them() {
        for b in ["\"y\"", r#"{"other": "y"}"#, r#"{"few": "x", "many": "y", "other": "z"}"#] {
            checked("check.pl.json", &format!(r#"{{"a": "x", "b": {b}}}"#)).unwrap();
        }
        let refused = |name: &str, text: &str| checked(name, text).unwrap_err().to_string();
        for name in ["check.json", "other.fr.json", "check.FR.json", "../check.fr.json", "a.txt"] {
            assert!(refused(name, "{}").contains("not a words file"), "{name}");
        }
        let forms =
            [r#"{"a": {"one": "x"}}"#, r#"{"a": {"other": 1}}"#, r#"{"a": {"others": "x"}}"#];
        for text in ["", "[]", r#"{"a": 1}"#, r#"{"a": ["y"]}"#, "\"a\""].iter().chain(&forms) {
            assert!(refused("check.fr.json", text).contains("holds something else"), "{text}");
        }
        assert!(refused("check.fr.json", r#"{"a": "x"}"#).contains("no text for b"));
        let extra = r#"{"a": "x", "b": "y", "d": "z"}"#;
        assert!(refused("check.fr.json", extra).contains("no page shows d"));
        let large = format!(r#"{{"a": "{}"}}"#, "x".repeat(MOST_BYTES));
        assert!(refused("check.fr.json", &large).contains("larger than"));
    }

    #[test]
    fn our_own_words_have_the_same_keys_in_every_language() {
        let tree = Tree::built_in();
        for path in tree.paths().filter(|path| path.starts_with(WORDS)) {
            let family = path[WORDS.len()..].split('.').next().unwrap();
            let english = tree.find(&format!("{WORDS}{family}.en.json")).unwrap();
            assert_eq!(keys(tree.find(path).unwrap()).unwrap(), keys(english).unwrap(), "{path}");
        }
    }

    #[test]
    fn language_tags_are_short_and_harmless() {
        for tag in ["de", "en", "hsb", "de-x-leicht", "pt-br"] {
            assert!(is_language(tag), "{tag}");
        }
        for tag in ["", "d", "DE", "de_at", "de-", "-de", "../x", "de.json", "d\u{e9}", "german"] {
            assert!(!is_language(tag), "{tag}");
        }
    }
}
