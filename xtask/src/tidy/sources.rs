//! Rules for Rust sources: length, first line, letters, words.

use super::File;

const MAX_LINES: usize = 400;
const MAX_COLUMNS: usize = 100;

/// Words that have a better one in this project: the whole word, or a part of an identifier.
const WHOLE_WORDS: [&str; 1] = ["sth"];
const PARTS: [&str; 7] =
    ["audit_path", "merkle_path", "data_tile", "countersign", "blockchain", "utils", "helper"];

/// What promises to be done later, or hides a test.
const UNFINISHED: [&str; 6] =
    ["TODO", "FIXME", "todo!(", "unimplemented!(", "#[ignore", "#[should_panic"];

/// Complains about one source file.
pub fn check(file: &File, complaints: &mut Vec<String>) {
    // This file has to name what it forbids.
    if !file.path.ends_with(".rs") || file.path == "xtask/src/tidy/sources.rs" {
        return;
    }
    let mut complain = |line: usize, what: String| {
        complaints.push(format!("{}:{line}: {what}", file.path));
    };
    if !file.text.starts_with("//!") {
        complain(1, "a file opens with //! and says what it is".into());
    }
    let length = file.text.lines().count();
    if length > MAX_LINES {
        complain(length, format!("{length} lines, at most {MAX_LINES}: split it by noun"));
    }
    for (number, line) in (1..).zip(file.text.lines()) {
        if let Some(letter) = line.chars().find(|letter| !letter.is_ascii()) {
            complain(number, format!("{letter:?} is not ASCII: write its escape"));
        }
        if line.chars().count() > MAX_COLUMNS {
            complain(number, format!("longer than {MAX_COLUMNS} columns"));
        }
        for word in words(line) {
            let plain = word.to_ascii_lowercase();
            if WHOLE_WORDS.contains(&plain.as_str())
                || PARTS.iter().any(|part| plain.contains(part))
            {
                complain(number, format!("`{word}`: this project has another word for it"));
            }
        }
        for mark in UNFINISHED {
            if line.contains(mark) {
                complain(number, format!("`{mark}`: finish it, or list it with its reason"));
            }
        }
    }
}

/// The identifiers of a line, those in comments included.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(text: &str) -> Vec<String> {
        let mut list = Vec::new();
        check(&File { path: "a.rs".into(), text: text.into() }, &mut list);
        list
    }

    #[test]
    fn a_good_file_passes() {
        assert!(complaints("//! What it is.\nfn size() {}\n").is_empty());
    }

    #[test]
    fn each_fault_is_named_with_its_line() {
        let long = format!("//! A.\n{}\n", "x".repeat(101));
        let cases = [
            ("fn a() {}\n", "a.rs:1: a file opens"),
            (long.as_str(), "a.rs:2: longer"),
            ("//! A.\n\nfn make_helper() {}\n", "a.rs:3: `make_helper`"),
            ("//! A.\nlet sth = 1;\n", "a.rs:2: `sth`"),
            ("//! A.\n// TODO\n", "a.rs:2: `TODO`"),
            ("//! \u{e4}\n", "a.rs:1: '\u{e4}' is not ASCII"),
        ];
        for (text, expected) in cases {
            let found = complaints(text);
            assert!(found[0].starts_with(expected), "{text:?}: {found:?}");
        }
        assert_eq!(complaints(&"//! A.\n".repeat(401)).len(), 1);
    }
}
