//! The pages of a federation, as files: the page tree that stands beside this package, with a name,
//! colours, languages and the federation file that the pages trust from the start.
//!
//! It gives the files of a static folder, which any web server or a node serves, and one HTML file
//! that works from disk without a network. It reads and writes no file and serves nothing: the tree
//! is part of the program, and everything else comes in as bytes.

mod colour;
mod html;
mod join;
mod settings;
mod single;
mod table;
#[cfg(test)]
mod testing;
mod tree;
mod words;

pub use colour::Colour;
pub use join::{Fault, JoinError};
pub use settings::{Colours, Settings, Site, SiteError};
pub use single::SingleError;
pub use words::MOST_BYTES as MOST_WORDS_BYTES;

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use tree::Tree;

/// One file of the folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// Where it lies, relative to the folder, such as `page/base.css`.
    pub path: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// A strong entity tag, with its quotation marks: the SHA-256 of the bytes.
    pub etag: String,
}

/// The files of the folder, in the order of their paths.
pub fn files(site: &Site) -> Vec<File> {
    let tree = Tree::built_in().with_site(site);
    let file = |(path, bytes): (String, Cow<'static, [u8]>)| File {
        media_type: media_type(&path).unwrap_or("application/octet-stream"),
        etag: format!("\"{}\"", hex::encode(Sha256::digest(&bytes))),
        path,
        bytes,
    };
    tree.into_parts().map(file).collect()
}

/// The verifier's page as one HTML file.
///
/// # Errors
/// If the page tree does not keep the form that allows it, which the tests of this package exclude.
pub fn single_html(site: &Site) -> Result<String, SingleError> {
    single::html(&Tree::built_in(), site)
}

/// What a file is, by the end of its name.
fn media_type(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    Some(match name.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("wasm") => "application/wasm",
        // The federation file is a signed note.
        None => "text/plain; charset=utf-8",
        Some(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::site;

    #[test]
    fn every_file_has_a_type_and_a_tag_of_its_bytes() {
        let files = files(&site());
        for file in &files {
            assert!(media_type(&file.path).is_some(), "{}: of what type?", file.path);
            assert!(file.etag.len() == 66 && file.etag.starts_with('"'), "{}", file.etag);
        }
        for made in ["page/federation", "page/site.css", "page/site.json"] {
            assert!(files.iter().any(|file| file.path == made), "{made}");
        }
        let federation = files.iter().find(|file| file.path == "page/federation").unwrap();
        assert_eq!(federation.bytes, site().federation());
        assert_eq!(federation.media_type, "text/plain; charset=utf-8");
    }

    #[test]
    fn other_bytes_have_another_tag() {
        let tag = |site: &Site| {
            let json = files(site).into_iter().find(|file| file.path == "page/site.json");
            json.unwrap().etag
        };
        assert_eq!(tag(&site()), tag(&site()));
        assert_ne!(tag(&site()), tag(&site().with_live(true)));
    }
}
