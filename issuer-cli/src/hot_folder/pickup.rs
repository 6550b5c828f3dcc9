//! Which files of IN are ready to be taken.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What programs call files that they are still writing.
const TEMPORARY: [&str; 8] =
    [".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".swp", ".lock"];

/// A file that may be taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Ready {
    pub kind: String,
    pub name: String,
}

/// What the last look has seen: size and time of the last write.
type Seen = BTreeMap<PathBuf, (u64, SystemTime)>;

/// Looks at IN again and again.
#[derive(Debug, Default)]
pub struct Eye {
    seen: Seen,
}

impl Eye {
    /// The files that stand still since `settle`, `limit` at most. A file whose last write is older
    /// than that when it comes (by rename, say) is taken at the first look.
    pub fn look(&mut self, input: &Path, settle: Duration, limit: usize) -> io::Result<Vec<Ready>> {
        let mut ready = Vec::new();
        let mut seen = Seen::new();
        let mut folders = vec![(String::new(), input.to_path_buf())];
        for entry in fs::read_dir(input)? {
            let entry = entry?;
            if let (true, Ok(name)) = (entry.file_type()?.is_dir(), entry.file_name().into_string())
                && !name.starts_with('.')
            {
                folders.push((name, entry.path()));
            }
        }
        folders.sort();
        for (kind, folder) in folders {
            let mut names: Vec<String> = Vec::new();
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                // What has no name in UTF-8 cannot be named in a receipt's place; it stays.
                if let (false, Ok(name)) =
                    (entry.file_type()?.is_dir(), entry.file_name().into_string())
                {
                    names.push(name);
                }
            }
            names.sort();
            for name in names.into_iter().filter(|name| !is_passed_over(name)) {
                let path = folder.join(&name);
                let fields = folder.join(format!("{name}.json"));
                // Both are looked at each time, so that a change of either is seen.
                let document = stands_still(&path, settle, &self.seen, &mut seen);
                let said = stands_still(&fields, settle, &self.seen, &mut seen);
                if document && (said || !fields.exists()) && ready.len() < limit {
                    ready.push(Ready { kind: kind.clone(), name });
                }
            }
        }
        self.seen = seen;
        Ok(ready)
    }
}

fn stands_still(path: &Path, settle: Duration, before: &Seen, now: &mut Seen) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else { return false };
    let Ok(written) = metadata.modified() else { return false };
    let state = (metadata.len(), written);
    now.insert(path.to_path_buf(), state);
    // A time in the future (another machine's clock) counts as just now.
    let old = written.elapsed().is_ok_and(|age| age >= settle);
    old && before.get(path).is_none_or(|before| *before == state)
}

/// Temporary and hidden names, and the fields beside a document.
fn is_passed_over(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.starts_with(['.', '~'])
        || name.ends_with('~')
        || lower.ends_with(".json")
        || TEMPORARY.iter().any(|end| lower.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, FileTimes};

    #[test]
    fn only_what_stands_still_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path();
        fs::create_dir_all(top.join("by-law")).unwrap();
        for name in ["by-law/a.pdf", "by-law/b.pdf.part", "by-law/.c", "by-law/d~", "e.pdf"] {
            fs::write(top.join(name), name).unwrap();
        }
        fs::write(top.join("by-law/a.pdf.json"), "{}").unwrap();
        let hour = Duration::from_secs(3600);
        let mut eye = Eye::default();
        assert_eq!(eye.look(top, hour, 9).unwrap(), []);
        let old = FileTimes::new().set_modified(SystemTime::now() - 2 * hour);
        let set = |name| File::options().write(true).open(top.join(name)).unwrap().set_times(old);
        set("by-law/a.pdf").unwrap();
        set("e.pdf").unwrap();
        // Changed since the last look; and the fields are still being written.
        assert_eq!(eye.look(top, hour, 9).unwrap(), []);
        set("by-law/a.pdf.json").unwrap();
        let names = |ready: Vec<Ready>| ready.into_iter().map(|r| r.name).collect::<Vec<_>>();
        assert_eq!(names(eye.look(top, hour, 9).unwrap()), ["e.pdf"]);
        assert_eq!(names(eye.look(top, hour, 9).unwrap()), ["e.pdf", "a.pdf"]);
        assert_eq!(names(Eye::default().look(top, hour, 1).unwrap()), ["e.pdf"]);
    }
}
