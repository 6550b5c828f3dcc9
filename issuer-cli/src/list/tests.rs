//! Lists as spreadsheets and programs write them, and every mistake in them.

use super::*;
use std::fs;

fn read(name: &str, bytes: &[u8]) -> List {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    List::read(&path)
}

fn codes(list: &List) -> Vec<(Option<u64>, &'static str)> {
    list.mistakes.iter().map(|mistake| (mistake.line, mistake.code)).collect()
}

#[test]
fn the_same_list_in_every_form_gives_the_same_rows() {
    let want = [
        ("a b.pdf", vec![("type", "by-law"), ("pages", "2; or 3")]),
        ("sub/c.pdf", vec![("valid-until", "2027-12-31")]),
    ];
    let cases: [(&str, &str, [u64; 2]); 5] = [
        (
            "a.csv",
            "file;type;valid-until;pages\na b.pdf;by-law;;\"2; or 3\"\nsub/c.pdf;;2027-12-31;\n",
            [2, 3],
        ),
        (
            "b.csv",
            "\u{feff}file,type,pages,valid-until\r\na b.pdf,by-law,2; or 3,\r\n,,,\r\n\
             sub/c.pdf,,,2027-12-31\r\n",
            [2, 4],
        ),
        (
            "c.txt",
            "file;type;pages;valid-until;\n\na b.pdf; by-law ;\"2; or 3\";;\n\
                   sub/c.pdf;;;2027-12-31;\n",
            [3, 4],
        ),
        (
            "d.json",
            "[{\"file\":\"a b.pdf\",\"type\":\"by-law\",\n\"pages\":\"2; or 3\"},\n\
             {\"file\":\"sub/c.pdf\", \"type\":null, \"valid-until\":\"2027-12-31\"}]",
            [1, 3],
        ),
        (
            "E.JSON",
            "\u{feff}[\n{\"file\":\"a b.pdf\",\"type\":\"by-law\",\"pages\":\"2; or 3\"},\n\n\
             {\"file\":\"sub/c.pdf\",\"valid-until\":\"2027-12-31\",\"unit\":\"\"}\n]\n",
            [2, 4],
        ),
    ];
    for (name, text, lines) in cases {
        let list = read(name, text.as_bytes());
        assert_eq!(list.mistakes, [], "{name}");
        assert_eq!(list.rows.len(), 2, "{name}");
        for ((row, (file, values)), line) in list.rows.iter().zip(&want).zip(lines) {
            let values: Vec<_> =
                values.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
            assert_eq!((row.line, row.file.as_str()), (line, *file), "{name}");
            assert_eq!(row.values, values, "{name}");
        }
    }
}

#[test]
fn every_mistake_of_a_list_is_named_with_its_line() {
    let list =
        read("a.csv", b"file;unit;unit;Valid_Until;content;\n;x\na.pdf;b;;;;;;over\nb.pdf;c\n");
    let want = [
        (Some(1), "list-column-twice"),
        (Some(1), "list-column-unknown"),
        (Some(1), "list-column-unknown"),
        (Some(2), "list-line-without-file"),
        (Some(3), "list-cell-without-column"),
    ];
    assert_eq!(codes(&list), want);
    assert!(list.mistakes[1].sentence.contains("Did you mean valid-until?"), "{list:?}");
    let named = list.refusals()[3].sentence.clone();
    assert!(named.ends_with("a.csv, line 2: The line names no file."), "{named}");

    let latin = read("a.csv", b"file;unit\na.pdf;B\xfcro\n");
    assert_eq!(codes(&latin), [(Some(2), "list-not-utf8")]);
    assert_eq!(codes(&read("a.csv", b"name;unit\na;b\n")), [(Some(1), "list-without-files")]);
    assert_eq!(codes(&read("a.csv", b"")), [(None, "list-empty")]);
    assert_eq!(codes(&read("a.csv", b"file;unit\n")), [(None, "list-empty")]);

    let json = "[{\"file\":\"a\",\"unit\":\"x\",\"unit\":\"y\"},\n{\"unit\":\"z\"},\n\
                {\"file\":\"b\",\"pages\":2,\"Pages\":\"2\"},\n7]";
    let want = [
        (Some(1), "list-column-twice"),
        (Some(2), "list-line-without-file"),
        (Some(3), "list-value-not-text"),
        (Some(3), "list-column-unknown"),
        (Some(4), "list-malformed"),
    ];
    assert_eq!(codes(&read("a.json", json.as_bytes())), want);
    assert_eq!(codes(&read("a.json", b"[\n{\"file\":}]")), [(Some(2), "list-malformed")]);
    let gone = List::read(Path::new("/nowhere/list.csv"));
    assert_eq!(codes(&gone), [(None, "list-unreadable")]);
}
