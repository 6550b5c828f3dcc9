//! `docs/specs.md` says for each clause of a spec which test shows it. The tests must exist.
//!
//! A row is `| clause | level | answer |`. In the answer, a name in backquotes is a test function
//! or, with a slash in it, a file of this project; without any the answer says why not.

use super::File;
use std::collections::BTreeSet;

const PAGE: &str = "docs/specs.md";

/// Complains about rows that name a test or file which is not there, or say nothing.
pub fn check(files: &[File], complaints: &mut Vec<String>) {
    let Some(page) = files.iter().find(|file| file.path == PAGE) else {
        complaints.push(format!("{PAGE} is missing"));
        return;
    };
    let tests: BTreeSet<&str> = files.iter().flat_map(|file| test_names(&file.text)).collect();
    for (number, line) in (1..).zip(page.text.lines()) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, clause, level, answer, _] = cells.as_slice() else { continue };
        if !["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "rule"].contains(level) {
            continue;
        }
        if answer.is_empty() {
            complaints.push(format!("{PAGE}:{number}: no answer to: {clause}"));
        }
        for name in answer.split('`').skip(1).step_by(2) {
            let there = if name.contains('/') {
                files.iter().any(|file| file.path.starts_with(name))
            } else {
                tests.contains(name.rsplit("::").next().unwrap_or(name))
            };
            if !there {
                complaints.push(format!("{PAGE}:{number}: there is no test or file `{name}`"));
            }
        }
    }
}

/// The functions that follow a test attribute, those inside `proptest!` included.
fn test_names(text: &str) -> impl Iterator<Item = &str> {
    let mut armed = false;
    text.lines().filter_map(move |line| {
        let line = line.trim_start();
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            armed = true;
            return None;
        }
        let line = line.strip_prefix("async ").unwrap_or(line);
        let name = line.strip_prefix("fn ")?.split(['(', '<']).next()?;
        std::mem::take(&mut armed).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(row: &str) -> Vec<String> {
        let code = "//! A.\n#[test]\nfn good() {}\nfn no_test() {}\n";
        let files = [
            File { path: PAGE.into(), text: row.into() },
            File { path: "a/b.rs".into(), text: code.into() },
        ];
        let mut list = Vec::new();
        check(&files, &mut list);
        list
    }

    #[test]
    fn a_row_names_tests_and_files_that_exist() {
        assert!(complaints("| must be so | MUST | `x::good`, `a/b.rs` |\n").is_empty());
        assert!(complaints("| must be so | MUST | not done: no reader needs it |\n").is_empty());
        assert_eq!(complaints("| must be so | MUST | `no_test` |\n").len(), 1);
        assert_eq!(complaints("| must be so | SHOULD | `a/c.rs` |\n").len(), 1);
        assert_eq!(complaints("| must be so | MUST |  |\n").len(), 1);
    }
}
