//! The page tree as part of the program: one line for each file of `verifier-web/page`, and the
//! module that `cargo xtask web` makes.

/// A file as it stands in the source tree.
pub(crate) struct Part {
    /// Its path in the folder that is served.
    pub(crate) path: &'static str,
    /// Its bytes.
    pub(crate) bytes: &'static [u8],
}

macro_rules! table {
    ($($path:literal),* $(,)?) => {
        &[$(Part { path: $path, bytes: include_bytes!(concat!("../../page/", $path)) }),*]
    };
}

/// The verifier's module.
pub(crate) const WASM: Part =
    Part { path: "page/beleg.wasm", bytes: include_bytes!("../../built/beleg.wasm") };

/// All files that somebody wrote.
pub(crate) const PARTS: &[Part] = table![
    "accessibility.html",
    "desk.html",
    "index.html",
    "live.html",
    "manifest.webmanifest",
    "sw.js",
    "page/accessibility.js",
    "page/base.css",
    "page/check-camera.js",
    "page/check-claims.js",
    "page/check-details.css",
    "page/check-details.js",
    "page/check-dialogs.js",
    "page/check-input.js",
    "page/check-list.js",
    "page/check-result.css",
    "page/check-save.js",
    "page/check-session.js",
    "page/check-tree.js",
    "page/check-trust-view.js",
    "page/check-trust.js",
    "page/check-verdict.js",
    "page/check.css",
    "page/check.js",
    "page/controls.css",
    "page/desk-calls.js",
    "page/desk-change.js",
    "page/desk-csv.js",
    "page/desk-issue.js",
    "page/desk-list.js",
    "page/desk-rows.js",
    "page/desk-waiting.js",
    "page/desk.css",
    "page/desk.js",
    "page/element.js",
    "page/icon.svg",
    "page/icons.js",
    "page/live-chain.js",
    "page/live-days.js",
    "page/live-drawings.css",
    "page/live-entry.js",
    "page/live-explore.js",
    "page/live-growth.js",
    "page/live-logs.js",
    "page/live-node.js",
    "page/live-reader.js",
    "page/live-time.js",
    "page/live-trouble.js",
    "page/live-watch.js",
    "page/live.css",
    "page/live.js",
    "page/parts-inline.js",
    "page/parts.js",
    "page/table.js",
    "page/verifier.js",
    "page/wasm.js",
    "page/words.js",
    "page/worker.js",
    "page/words/accessibility.de.json",
    "page/words/accessibility.en.json",
    "page/words/check.de.json",
    "page/words/check.en.json",
    "page/words/desk.de.json",
    "page/words/desk.en.json",
    "page/words/live.de.json",
    "page/words/live.en.json",
    "page/words/shared.de.json",
    "page/words/shared.en.json",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn walk(root: &Path, folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }

    #[test]
    fn the_table_holds_every_file_of_the_folder() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../page");
        let mut found = BTreeSet::new();
        walk(&root, &root, &mut found);
        let listed: BTreeSet<String> = PARTS.iter().map(|part| part.path.to_owned()).collect();
        let missing: Vec<_> = found.difference(&listed).collect();
        assert!(
            missing.is_empty(),
            "add to the table in verifier-web/site/src/table.rs: {missing:?}"
        );
        assert_eq!(listed.len(), PARTS.len(), "a file stands there twice");
    }
}
