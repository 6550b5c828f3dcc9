//! The pages of the federation as this node serves them: made once at the start, plain and
//! compressed. What they are is decided in the package `site`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use axum::body::Bytes;
use flate2::Compression;
use site::{Settings, Site, SiteError};

use crate::gzip;

/// Entries of a folder of words that are looked at.
const MOST_ENTRIES: usize = 256;

/// Why the pages cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PagesError {
    /// The settings.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The folder of words.
    #[error("{folder}: the words in this folder cannot be read: {source}\ncheck the option folder")]
    Words {
        /// The folder, or a file in it.
        folder: String,
        /// What the operating system said.
        source: io::Error,
    },
}

/// A file as it is sent.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its media type.
    pub media_type: &'static str,
    /// The tag of the plain bytes, with its quotation marks.
    pub etag: String,
    /// The bytes.
    pub plain: Bytes,
    /// The same with gzip, if that is smaller.
    pub gzip: Option<Bytes>,
}

/// The files by path.
#[derive(Default)]
pub struct Pages(BTreeMap<String, Page>);

impl Pages {
    /// Makes all files of a site. Takes a moment: everything is compressed as far as it goes.
    pub fn of(site: &Site) -> Pages {
        let page = |file: site::File| {
            let gzip = gzip::pack(&file.bytes, Compression::best()).ok();
            let gzip = gzip.filter(|gzip| gzip.len() < file.bytes.len());
            let plain = match file.bytes {
                std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                std::borrow::Cow::Owned(bytes) => bytes.into(),
            };
            let (media_type, etag) = (file.media_type, file.etag);
            (file.path, Page { media_type, etag, plain, gzip: gzip.map(Bytes::from) })
        };
        Pages(site::files(site).into_iter().map(page).collect())
    }

    /// A file.
    pub fn find(&self, path: &str) -> Option<&Page> {
        self.0.get(path)
    }

    /// The paths of all files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// A site from settings, with the words of its folder.
pub fn site(settings: &Settings, name: &str, federation: Vec<u8>) -> Result<Site, PagesError> {
    let words = match &settings.folder {
        Some(folder) => words(folder)?,
        None => BTreeMap::new(),
    };
    Ok(Site::new(settings, name, words, federation)?)
}

/// The files of a folder of words, by name. A file that is too large is cut and then refused.
fn words(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, PagesError> {
    let unreadable =
        |path: &Path, source| PagesError::Words { folder: path.display().to_string(), source };
    let most = u64::try_from(site::MOST_WORDS_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut words = BTreeMap::new();
    let entries = fs::read_dir(folder).map_err(|e| unreadable(folder, e))?;
    for entry in entries.take(MOST_ENTRIES) {
        let path = entry.map_err(|e| unreadable(folder, e))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|open| open.take(most).read_to_end(&mut bytes))
            .map_err(|e| unreadable(&path, e))?;
        words.insert(name, bytes);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_words_come_from_the_folder_and_strangers_in_it_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { folder: Some(folder.path().to_owned()), ..Settings::default() };
        site(&settings, "Four towns", Vec::new()).unwrap();
        fs::write(folder.path().join("notes.txt"), "x").unwrap();
        let refused = site(&settings, "Four towns", Vec::new()).unwrap_err().to_string();
        assert!(refused.starts_with("notes.txt: not a words file"), "{refused}");
        let gone = Settings { folder: Some(folder.path().join("gone")), ..Settings::default() };
        let refused = site(&gone, "Four towns", Vec::new()).unwrap_err().to_string();
        assert!(refused.contains("gone: the words in this folder cannot be read"), "{refused}");
        assert_eq!(refused.lines().count(), 2);
    }
}
