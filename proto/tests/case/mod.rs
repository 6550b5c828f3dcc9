//! The files of `tests/testdata`: see `tests/testdata/README.md` for their format.

#![allow(dead_code, reason = "each user needs a part")]

use std::path::{Path, PathBuf};

/// One case.
pub struct Case {
    /// The folder: what is tested.
    pub kind: String,
    /// The file name: what is wrong.
    pub name: String,
    /// What should come out.
    pub expect: String,
    /// The other headers, in order.
    pub headers: Vec<(String, String)>,
    /// The input.
    pub body: Vec<u8>,
}

/// Where the cases are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata")
}

impl Case {
    pub fn new(kind: &str, name: &str, expect: &str, body: &[u8]) -> Case {
        let (kind, name, expect) = (kind.into(), name.into(), expect.into());
        Case { kind, name, expect, headers: Vec::new(), body: body.into() }
    }

    /// The same case with one more header.
    pub fn with(mut self, name: &str, value: impl ToString) -> Case {
        self.headers.push((name.into(), value.to_string()));
        self
    }

    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a header that must be there.
    pub fn one(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or_else(|| panic!("{self}: no header {name}"))
    }

    /// A header that is a number.
    pub fn number(&self, name: &str) -> u64 {
        self.one(name).parse().unwrap_or_else(|_| panic!("{self}: {name} is no number"))
    }

    pub fn to_file(&self) -> Vec<u8> {
        let mut file = format!("expect: {}\n", self.expect);
        for (name, value) in &self.headers {
            file += &format!("{name}: {value}\n");
        }
        let plain = std::str::from_utf8(&self.body).is_ok_and(|text| {
            !text.contains('\r') && text.chars().all(|c| c == '\n' || c == '\t' || !c.is_control())
        });
        if plain {
            file += "\n";
            return [file.as_bytes(), &self.body].concat();
        }
        file += "encoding: hex\n\n";
        for line in self.body.chunks(32) {
            file += &hex::encode(line);
            file.push('\n');
        }
        file.into_bytes()
    }

    pub fn read(kind: &str, path: &Path) -> Case {
        let file = std::fs::read(path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let end = file.windows(2).position(|two| two == b"\n\n").expect("an empty line");
        let head = std::str::from_utf8(&file[..end]).unwrap();
        let mut headers: Vec<(String, String)> = head
            .lines()
            .map(|line| line.split_once(": ").unwrap_or_else(|| panic!("{name}: {line}")))
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let (first, expect) = headers.remove(0);
        assert_eq!(first, "expect", "{name}");
        let mut body = file[end + 2..].to_vec();
        if headers.last().is_some_and(|(n, value)| n == "encoding" && value == "hex") {
            headers.pop();
            let digits: Vec<u8> = body.into_iter().filter(|byte| *byte != b'\n').collect();
            body = hex::decode(digits).unwrap();
        }
        Case { kind: kind.into(), name, expect, headers, body }
    }

    /// All cases of a kind, by name.
    pub fn all_of(kind: &str) -> Vec<Case> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder().join(kind))
            .unwrap_or_else(|error| panic!("{kind}: {error}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        paths.iter().map(|path| Case::read(kind, path)).collect()
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// Writes the cases; what else stands in the folders of these kinds is removed.
pub fn write(cases: &[Case]) -> std::io::Result<()> {
    let kinds: std::collections::BTreeSet<&str> = cases.iter().map(|c| c.kind.as_str()).collect();
    for kind in kinds {
        let folder = folder().join(kind);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
    }
    let mut names = std::collections::BTreeSet::new();
    for case in cases {
        assert!(names.insert(case.to_string()), "two cases are called {case}");
        std::fs::write(folder().join(&case.kind).join(&case.name), case.to_file())?;
    }
    Ok(())
}
