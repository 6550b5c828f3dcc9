//! `page`: a federation's pages as a folder for any web server, and as one HTML file.
//!
//! What it overwrites it has written itself, and nobody has changed since: the folder holds a list
//! of its files with their SHA-256 (`sha256sum -c` reads it), and the one file says its own.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use proto::hash::sha256;
use site::{Settings, Site};

use super::{CommandError, Output, federation, io_error, read_bounded};
use crate::args;
use crate::pages::{self, PagesError};
use crate::store::sync_folder;

/// The list in the folder.
const LIST: &str = "files.sha256";
/// Largest file of settings, and largest list.
const SETTINGS_BYTES: usize = 64 * 1024;
/// Largest file that can be one of ours.
const PAGE_BYTES: usize = 16 * 1024 * 1024;
/// What the one file says behind its first line.
const MARK: (&str, &str) = ("<!-- made by beleg-node page; SHA-256 of the rest: ", " -->\n");

/// Why the pages are not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// The settings.
    #[error(transparent)]
    Pages(#[from] PagesError),
    /// The settings file is none.
    #[error("{file}, line {line}: {message}\ncompare with the section [page] in docs/pages.md")]
    Settings {
        /// The file.
        file: String,
        /// 1-based.
        line: usize,
        /// What the reader said.
        message: String,
    },
    /// A file that this command has not written, or that was changed since.
    #[error(
        "{file}: this file was not written by this command, or was changed since\n\
         move it away, or choose another place"
    )]
    NotOurs {
        /// The file.
        file: String,
    },
    /// The pages of the program do not go into one file.
    #[error(transparent)]
    Single(#[from] site::SingleError),
}

pub(super) fn run(args: &args::page::Page, out: &mut dyn Write) -> Result<(), CommandError> {
    let mut out = Output(out);
    let federation = federation::read(&args.federation)?;
    let settings = settings(args)?;
    let name = &federation.current().name;
    let site = pages::site(&settings, name, federation.to_bytes()).map_err(PageError::from)?;
    if let Some(folder) = &args.out {
        let count = write_folder(folder, &site)?;
        out.line(&format!("wrote {count} files into {}", folder.display()));
    }
    if let Some(file) = &args.single {
        write_single(file, &site)?;
        out.line(&format!("wrote {}", file.display()));
    }
    Ok(())
}

fn settings(args: &args::page::Page) -> Result<Settings, CommandError> {
    let Some(file) = &args.config else {
        let colours = site::Colours { accent: args.accent.clone(), accent_dark: None };
        let languages = (!args.language.is_empty()).then(|| args.language.clone());
        let (name, folder) = (args.name.clone(), args.words.clone());
        return Ok(Settings { name, languages, colours, folder, contact: None });
    };
    let bytes = read_bounded(file, SETTINGS_BYTES)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut settings: Settings = toml::from_str(&text).map_err(|e| PageError::Settings {
        file: file.display().to_string(),
        line: crate::config::line_of(&text, e.span().map_or(0, |span| span.start)),
        message: e.message().to_owned(),
    })?;
    let beside = file.parent().unwrap_or(Path::new(""));
    settings.folder = settings.folder.map(|words| beside.join(words));
    Ok(settings)
}

/// Writes all files, or none if one of them would overwrite something that is not ours.
fn write_folder(folder: &Path, site: &Site) -> Result<usize, CommandError> {
    let files = site::files(site);
    let ours = read_list(&folder.join(LIST))?;
    let mut now = BTreeSet::new();
    for file in &files {
        check_ours(folder, &file.path, &ours)?;
        now.insert((file.path.clone(), sha256(&file.bytes).to_hex()));
    }
    fs::create_dir_all(folder).map_err(|e| io_error(folder, "create folder", e))?;
    // While files are replaced, the list has the old ones and the new ones, so that a run that was
    // interrupted is taken up by the next one.
    write_list(folder, ours.union(&now))?;
    let mut folders = BTreeSet::from([folder.to_owned()]);
    for file in &files {
        let path = folder.join(&file.path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|e| io_error(parent, "create folder", e))?;
        federation::replace(&path, &file.bytes)?;
        folders.insert(parent.to_owned());
    }
    let kept: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for (path, _) in ours.iter().filter(|(path, _)| !kept.contains(path.as_str())) {
        // One that was changed since stays.
        if check_ours(folder, path, &ours).is_ok() {
            let _gone_already = fs::remove_file(folder.join(path));
        }
    }
    for folder in folders {
        sync_folder(&folder).map_err(|e| io_error(&folder, "write", std::io::Error::other(e)))?;
    }
    write_list(folder, now.iter())?;
    Ok(files.len())
}

/// Whether there is no such file, or one that the list has as it is.
fn check_ours(
    folder: &Path,
    path: &str,
    ours: &BTreeSet<(String, String)>,
) -> Result<(), CommandError> {
    let file = folder.join(path);
    let bytes = match fs::symlink_metadata(&file) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Ok(found) if found.is_file() => read_bounded(&file, PAGE_BYTES)?,
        _ => Vec::new(),
    };
    if ours.contains(&(path.to_owned(), sha256(&bytes).to_hex())) {
        return Ok(());
    }
    Err(PageError::NotOurs { file: file.display().to_string() }.into())
}

/// Paths with their digests. Lines that this command would not write are nobody's word.
fn read_list(file: &Path) -> Result<BTreeSet<(String, String)>, CommandError> {
    if !file.exists() {
        return Ok(BTreeSet::new());
    }
    let text = read_bounded(file, SETTINGS_BYTES)?;
    let text = String::from_utf8_lossy(&text);
    let pairs = text.lines().filter_map(|line| line.split_once("  "));
    let pairs = pairs.filter(|(_, path)| is_inside(path));
    Ok(pairs.map(|(digest, path)| (path.to_owned(), digest.to_owned())).collect())
}

/// Whether a path of a list stays in the folder.
fn is_inside(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn write_list<'a>(
    folder: &Path,
    files: impl Iterator<Item = &'a (String, String)>,
) -> Result<(), CommandError> {
    let lines: String = files.map(|(path, digest)| format!("{digest}  {path}\n")).collect();
    federation::replace(&folder.join(LIST), lines.as_bytes())
}

fn write_single(file: &Path, site: &Site) -> Result<(), CommandError> {
    if file.symlink_metadata().is_ok() && !is_our_single(&read_bounded(file, PAGE_BYTES)?) {
        return Err(PageError::NotOurs { file: file.display().to_string() }.into());
    }
    let html = site::single_html(site).map_err(PageError::from)?;
    let (first, rest) = html.split_once('\n').unwrap_or(("", &html));
    let digest = sha256(rest.as_bytes());
    let marked = format!("{first}\n{}{digest}{}{rest}", MARK.0, MARK.1);
    federation::replace(file, marked.as_bytes())
}

fn is_our_single(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let marked = text.split_once('\n').and_then(|(_, rest)| rest.strip_prefix(MARK.0));
    let parts = marked.and_then(|rest| rest.split_once(MARK.1));
    parts.is_some_and(|(digest, rest)| sha256(rest.as_bytes()).to_hex() == digest)
}

#[cfg(test)]
mod tests;
