//! The files by path: those of the table, and those that are made for one site.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::settings::Site;
use crate::table;

/// The folder of the words.
pub(crate) const WORDS: &str = "page/words/";
/// Pages that need a node: what their files are called begins so.
pub(crate) const OTHER_PAGES: [&str; 2] = ["live", "desk"];
/// What describes the site to its pages.
const SITE: &str = "page/site.json";
/// The start page, which is kept under the address of the folder.
const START: &str = "index.html";
/// Files that no page asks for by itself.
const NEVER_ASKED: [&str; 3] = [START, "sw.js", crate::join::PARTS.1];
/// The file that the installed page is described in.
const MANIFEST: &str = "manifest.webmanifest";

/// Files by path.
#[derive(Clone, Default)]
pub(crate) struct Tree(BTreeMap<String, Cow<'static, [u8]>>);

impl Tree {
    /// What is part of the program.
    pub(crate) fn built_in() -> Tree {
        let part = |part: &table::Part| (part.path.to_owned(), Cow::Borrowed(part.bytes));
        Tree(table::PARTS.iter().chain([&table::WASM]).map(part).collect())
    }

    /// The bytes of a file.
    pub(crate) fn find(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(AsRef::as_ref)
    }

    /// The paths, in order.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Adds a file, or takes the place of one.
    pub(crate) fn put(&mut self, path: &str, bytes: impl Into<Cow<'static, [u8]>>) {
        self.0.insert(path.to_owned(), bytes.into());
    }

    /// The same with what is made for one site.
    pub(crate) fn with_site(mut self, site: &Site) -> Tree {
        for (name, bytes) in site.own_words() {
            self.put(&format!("{WORDS}{name}"), bytes.clone());
        }
        self.put("page/site.css", site.colours_css().into_bytes());
        self.put("page/federation", site.federation().to_vec());
        if let Some(manifest) = self.find(MANIFEST).and_then(|bytes| manifest(bytes, site)) {
            self.put(MANIFEST, manifest);
        }
        let body = self.site_json(site);
        self.put(SITE, body);
        self
    }

    fn site_json(&self, site: &Site) -> Vec<u8> {
        let (accent, dark) = (site.accent().to_string(), site.accent_dark().to_string());
        let body = json!({
            "name": site.name(),
            "contact": site.contact(),
            "languages": site.languages(),
            "colours": { "accent": accent, "accent_dark": dark },
            "federation": true,
            "live": site.live(),
            "desk": site.desk(),
            "keep": self.keep(),
        });
        format!("{body:#}\n").into_bytes()
    }

    /// What a browser keeps for the verifier to work without a network, the start page aside.
    fn keep(&self) -> Vec<&str> {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let elsewhere = |path: &&str| OTHER_PAGES.iter().any(|page| name(path).starts_with(page));
        let asked = self.paths().filter(|path| !elsewhere(path) && !NEVER_ASKED.contains(path));
        asked.chain([SITE]).collect()
    }

    /// All files.
    pub(crate) fn into_parts(self) -> impl Iterator<Item = (String, Cow<'static, [u8]>)> {
        self.0.into_iter()
    }

    /// The first part of the names of the words files: `check` for `check.en.json`.
    pub(crate) fn word_families(&self) -> impl Iterator<Item = &str> {
        let family = |path| str::strip_prefix(path, WORDS)?.strip_suffix(".en.json");
        self.paths().filter_map(family)
    }
}

/// The installed page has the site's name and colour.
fn manifest(bytes: &[u8], site: &Site) -> Option<Vec<u8>> {
    let mut manifest: Value = serde_json::from_slice(bytes).ok()?;
    let members = manifest.as_object_mut()?;
    members.insert("name".to_owned(), site.name().into());
    members.insert("theme_color".to_owned(), site.accent().to_string().into());
    Some(format!("{manifest:#}\n").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::site;

    #[test]
    fn a_site_adds_its_files_and_names_the_installed_page() {
        let mut tree = Tree::default();
        tree.put(MANIFEST, br#"{"name": "Beleg", "start_url": "./"}"#.to_vec());
        for path in
            ["index.html", "sw.js", "page/check.js", "page/live.js", "page/words/desk.en.json"]
        {
            tree.put(path, Vec::new());
        }
        let tree = tree.with_site(&site().with_live(true));
        let json = |path: &str| serde_json::from_slice::<Value>(tree.find(path).unwrap()).unwrap();
        assert_eq!(
            json("page/site.json"),
            json!({
                "name": "Four towns",
                "contact": null,
                "languages": ["de", "en"],
                "colours": { "accent": "#0b4f9e", "accent_dark": site().accent_dark().to_string() },
                "federation": true, "live": true, "desk": false,
                "keep": [
                    MANIFEST, "page/check.js", "page/federation", "page/site.css", "page/site.json",
                ],
            })
        );
        let manifest = json(MANIFEST);
        assert_eq!(
            (&manifest["name"], &manifest["start_url"]),
            (&json!("Four towns"), &json!("./"))
        );
        assert_eq!(manifest["theme_color"], "#0b4f9e");
    }
}
