//! The verifier's page as one HTML file that works from disk, without a network.
//!
//! Style sheets and modules are written into the page, and a content security policy allows exactly
//! those by their hashes. The WASM, the words, the federation file and the worker's code stand in
//! the page as data, which `parts-inline.js` reads. Links to other pages are left out with the list
//! items that hold them.

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

use crate::html::{self, Tag};
use crate::join::{self, JoinError};
use crate::settings::Site;
use crate::tree::{OTHER_PAGES, Tree, WORDS};

const PAGE: &str = "index.html";
const WORKER: &str = "page/worker.js";
const WASM: &str = "page/beleg.wasm";

/// Attributes with which an element leads or loads from elsewhere.
const LOADING: [&str; 6] = ["href", "src", "data", "srcset", "poster", "action"];

/// Why the one file cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SingleError {
    /// A module does not keep the form.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// A file of the tree is missing, or is no text.
    #[error("{path}: this file of the pages is missing\nthis is a fault in the program")]
    Missing {
        /// The file.
        path: String,
    },
    /// Something in the page or a style sheet that would need a server or break the policy.
    #[error("{path}: {what} cannot be part of a single file\nthis is a fault in the program")]
    Refused {
        /// The file.
        path: String,
        /// What it is.
        what: String,
    },
}

/// Makes the file.
pub(crate) fn html(tree: &Tree, site: &Site) -> Result<String, SingleError> {
    // No node stands behind a file on a disk.
    let tree = tree.clone().with_site(&site.clone().with_live(false).with_desk(false));
    let page = text(&tree, PAGE)?;
    let mut file =
        Single { tree: &tree, out: String::new(), scripts: Vec::new(), styles: Vec::new() };
    let (mut at, mut head) = (0, None);
    for tag in html::tags(page) {
        if tag.start < at {
            continue; // inside of an element that was left out
        }
        file.out.push_str(page.get(at..tag.start).unwrap_or_default());
        at = file.element(page, &tag)?;
        if tag.name == "meta" && tag.attribute("charset").is_some() {
            head = Some(file.out.len());
        }
    }
    file.out.push_str(page.get(at..).unwrap_or_default());
    let head = head.ok_or_else(|| refused(PAGE, "a page without <meta charset>"))?;
    let end = file.out.rfind("</body>").ok_or_else(|| refused(PAGE, "a page without </body>"))?;
    let (policy, parts) = (file.policy(), parts(&tree)?);
    file.out.insert_str(end, &parts);
    file.out.insert_str(head, &policy);
    Ok(file.out)
}

struct Single<'a> {
    tree: &'a Tree,
    out: String,
    /// Hashes of what may run.
    scripts: Vec<String>,
    /// Hashes of style sheets.
    styles: Vec<String>,
}

impl Single<'_> {
    /// Writes what takes the place of an element, or its start tag, and gives where to go on.
    fn element(&mut self, page: &str, tag: &Tag<'_>) -> Result<usize, SingleError> {
        let whole = &page[tag.start..tag.end];
        let no_end = || refused(PAGE, whole);
        if tag.attribute("style").is_some() || tag.attribute("http-equiv").is_some() {
            return Err(no_end());
        }
        let leads = |tag: &Tag<'_>| tag.attribute("href").is_some_and(|to| to.ends_with(".html"));
        match tag.name {
            // A list of pages holds links and nothing else.
            "li" => {
                let end = html::element_end(page, tag).ok_or_else(no_end)?;
                let mut inside = html::tags(&page[tag.end..end]);
                if inside.any(|inner| leads(&inner) && inner.attribute("href") != Some(PAGE)) {
                    return Ok(end);
                }
            }
            // To the page itself, whatever its file is called now.
            "a" if tag.attribute("href") == Some(PAGE) => {
                self.out.push_str(&whole.replace(&format!("href=\"{PAGE}\""), "href=\"\""));
                return Ok(tag.end);
            }
            "link" => {
                self.link(tag, whole)?;
                return Ok(tag.end);
            }
            "script" => {
                self.script(tag, whole)?;
                return html::element_end(page, tag).ok_or_else(no_end);
            }
            "style" | "iframe" | "object" | "embed" | "base" | "form" => return Err(no_end()),
            _ => {}
        }
        let elsewhere = |name: &&str| tag.attribute(name).is_some_and(|to| !to.starts_with('#'));
        if LOADING.iter().any(elsewhere) {
            return Err(no_end());
        }
        self.out.push_str(whole);
        Ok(tag.end)
    }

    fn link(&mut self, tag: &Tag<'_>, whole: &str) -> Result<(), SingleError> {
        let target = tag.attribute("href").unwrap_or_default();
        match tag.attribute("rel") {
            Some("stylesheet") => {
                let style = text(self.tree, target)?;
                for mark in ["url(", "@import", "</style"] {
                    if style.to_ascii_lowercase().contains(mark) {
                        return Err(refused(target, mark));
                    }
                }
                self.styles.push(hash(style));
                self.out.push_str(&format!("<style>{style}</style>"));
            }
            Some("icon") => {
                let bytes = self.tree.find(target).ok_or_else(|| missing(target))?;
                let kind = crate::media_type(target).unwrap_or_default();
                let data = Base64::encode_string(bytes);
                self.out
                    .push_str(&format!("<link rel=\"icon\" href=\"data:{kind};base64,{data}\">"));
            }
            // They only matter to a page that a server serves.
            Some("manifest" | "apple-touch-icon" | "modulepreload") => {}
            _ => return Err(refused(PAGE, whole)),
        }
        Ok(())
    }

    fn script(&mut self, tag: &Tag<'_>, whole: &str) -> Result<(), SingleError> {
        match (tag.attribute("type"), tag.attribute("src")) {
            (Some("module"), Some(entry)) => {
                let code = join::join(self.tree, entry)?;
                self.scripts.push(hash(&code));
                self.out.push_str(&format!("<script type=\"module\">{code}</script>"));
                Ok(())
            }
            _ => Err(refused(PAGE, whole)),
        }
    }

    fn policy(&self) -> String {
        let (scripts, styles) = (self.scripts.join(" "), self.styles.join(" "));
        format!(
            "\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             script-src 'wasm-unsafe-eval' {scripts}; style-src {styles}; img-src data: blob:; \
             media-src blob:; worker-src blob:; connect-src 'none'; base-uri 'none'; \
             form-action 'none'; require-trusted-types-for 'script'\">"
        )
    }
}

/// Everything that the page reads, each as one element that is data and does not run.
fn parts(tree: &Tree) -> Result<String, SingleError> {
    let mut parts = String::new();
    let mut part = |name: &str, bytes: &[u8]| {
        let data = Base64::encode_string(bytes);
        let element = format!("<script type=\"text/plain\" id=\"part:{name}\">{data}</script>\n");
        parts.push_str(&element);
    };
    for name in ["page/site.json", "page/federation", WASM] {
        part(name, tree.find(name).ok_or_else(|| missing(name))?);
    }
    for path in tree.paths().filter(|path| path.starts_with(WORDS)) {
        let family = path[WORDS.len()..].split('.').next().unwrap_or_default();
        if !OTHER_PAGES.contains(&family) {
            part(path, tree.find(path).unwrap_or_default());
        }
    }
    part(WORKER, join::join(tree, WORKER)?.as_bytes());
    Ok(parts)
}

fn text<'a>(tree: &'a Tree, path: &str) -> Result<&'a str, SingleError> {
    let bytes = tree.find(path).ok_or_else(|| missing(path))?;
    std::str::from_utf8(bytes).map_err(|_| missing(path))
}

fn missing(path: &str) -> SingleError {
    SingleError::Missing { path: path.to_owned() }
}

fn refused(path: &str, what: &str) -> SingleError {
    SingleError::Refused { path: path.to_owned(), what: what.to_owned() }
}

/// As a content security policy names a script or a style sheet.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", Base64::encode_string(&Sha256::digest(text)))
}

#[cfg(test)]
mod tests;
