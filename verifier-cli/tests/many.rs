//! Folders and lists: one stable line each, a summary, INVALID before CANNOT TELL.

use crate::desk::{Desk, Issue, text};
use std::fs;
use std::path::Path;

#[test]
fn a_folder_gives_one_line_each_in_the_order_of_names_and_a_summary() {
    let desk = Desk::new();
    let names: Vec<String> = (0..40).map(|i| format!("{i:02}.pdf")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    desk.issue(&names, Issue::default());
    let folder = desk.dir.path().join("in");
    let run = |args: &[&str]| {
        let output = desk.beleg("verify", &[&folder], args);
        (output.status.code().unwrap(), text(&output.stdout))
    };
    let (code, said) = run(&[]);
    assert_eq!(code, 0, "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 41);
    for (line, name) in lines.iter().zip(&names) {
        assert_eq!(*line, format!("VALID\tvalid\t{}", desk.path(name).display()));
    }
    assert_eq!(lines[40], "40 VALID, 0 INVALID, 0 CANNOT TELL");
    assert_eq!(run(&["--quiet"]), (0, String::new()));

    // A document without its receipt, a receipt without its document, a broken link.
    fs::remove_file(desk.receipt_path("03.pdf")).unwrap();
    fs::remove_file(desk.path("04.pdf")).unwrap();
    std::os::unix::fs::symlink("nowhere", desk.path("05.link")).unwrap();
    let (code, said) = run(&["--quiet"]);
    assert_eq!(code, 2, "{said}");
    let codes: Vec<&str> = said.lines().filter_map(|line| line.split('\t').nth(1)).collect();
    assert_eq!(codes, ["receipt-missing", "content-not-given", "file-unreadable"]);
    assert!(said.ends_with("38 VALID, 0 INVALID, 3 CANNOT TELL\n"), "{said}");

    // INVALID wins.
    fs::write(desk.path("07.pdf"), "changed").unwrap();
    let (code, said) = run(&["--json"]);
    assert_eq!(code, 1);
    let lines: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 42);
    let summary = serde_json::json!({
        "summary": { "valid": 37, "invalid": 1, "cannot_tell": 3 },
        "status_lists": [], "superseded": [], "exit": 1
    });
    assert_eq!(lines[41], summary);
    let invalid: Vec<_> = lines.iter().filter(|line| line["verdict"] == "INVALID").collect();
    assert_eq!((invalid.len(), &invalid[0]["code"]), (1, &"content-differs".into()));
}

#[test]
fn an_empty_folder_is_not_valid() {
    let desk = Desk::new();
    let output = desk.beleg("verify", &[&desk.dir.path().join("in")], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "0 VALID, 0 INVALID, 0 CANNOT TELL\n");
}

#[test]
fn the_command_line_says_what_the_exit_codes_mean() {
    let desk = Desk::new();
    for command in ["--help", "verify"] {
        let output = desk.beleg(command, &[Path::new("--help")], &[]);
        assert!(text(&output.stdout).contains("EXIT STATUS"), "{command}");
    }
    let output = desk.beleg("verify", &[], &["--no-such-option"]);
    assert_eq!(output.status.code(), Some(2));
}
