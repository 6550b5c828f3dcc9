//! Writes sealed PDFs and attacks on them to `tests/testdata`, from fixed seeds and fixed times.
//!
//! What `beleg` must say of each is written here by hand and not computed. The good ones show that
//! the attacks are refused for what is wrong in them and for nothing else. `tests/attacks.rs` runs
//! the verifier over all of them.

mod appended;
mod forge;
mod inside;
#[path = "../../../seal/tests/maker/mod.rs"]
mod maker;
mod scene;
#[path = "../../../proto/tests/world/mod.rs"]
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// The seal is not what the builder makes.
const CHANGED: &str = "INVALID sealed-file-changed";
/// The seal is sound, and the receipt is of another original.
const OTHER_CONTENT: &str = "INVALID content-differs";
/// No seal is left, and no receipt lies beside it.
const UNSEALED: &str = "CANNOT TELL receipt-missing";
const VALID: &str = "VALID valid";

/// A file and what is said of it.
struct Case {
    name: String,
    expect: &'static str,
    file: Vec<u8>,
}

fn case(name: impl Into<String>, expect: &'static str, file: impl Into<Vec<u8>>) -> Case {
    Case { name: name.into(), expect, file: file.into() }
}

/// Where something stands for the last time.
fn find(file: &[u8], what: &str) -> usize {
    let found = file.windows(what.len()).rposition(|window| window == what.as_bytes());
    found.unwrap_or_else(|| panic!("{what} is there"))
}

/// Replaces what stands there for the last time.
fn replaced(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = find(file, from);
    [&file[..at], to.as_bytes(), &file[at + from.len()..]].concat()
}

fn main() -> io::Result<()> {
    let scene = scene::scene();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata");
    let sealed = folder.join("sealed");
    if sealed.exists() {
        fs::remove_dir_all(&sealed)?;
    }
    fs::create_dir_all(&sealed)?;
    fs::write(folder.join("federation"), scene.federation.to_bytes())?;
    let mut expected = BTreeMap::new();
    for case in [appended::cases(&scene), inside::cases(&scene)].into_iter().flatten() {
        fs::write(sealed.join(format!("{}.pdf", case.name)), case.file)?;
        let before = expected.insert(case.name.clone(), case.expect);
        assert_eq!(before, None, "two cases are called {}", case.name);
    }
    let lines = expected.iter().map(|(name, expect)| format!("{name} {expect}\n"));
    fs::write(folder.join("sealed.expected"), lines.collect::<String>())
}
