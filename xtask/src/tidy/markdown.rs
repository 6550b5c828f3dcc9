//! Rules for documents: links inside the project lead somewhere, some pages stay short.

use super::File;
use e2e::process::workspace;

/// Greatest number of lines.
const SHORT: [(&str, usize); 5] = [
    ("ARCHITECTURE.md", 200),
    ("rust-toolchain.toml", 30),
    ("rustfmt.toml", 30),
    ("clippy.toml", 30),
    ("deny.toml", 30),
];

/// Complains about one page.
pub fn check(file: &File, complaints: &mut Vec<String>) {
    for (_, most) in SHORT.iter().filter(|(path, _)| *path == file.path) {
        let length = file.text.lines().count();
        if length > *most {
            complaints.push(format!("{}: {length} lines, at most {most}", file.path));
        }
    }
    if !file.path.ends_with(".md") {
        return;
    }
    let folder = workspace().join(&file.path);
    for (number, line) in (1..).zip(file.text.lines()) {
        for link in links(line) {
            let target = link.split('#').next().unwrap_or("");
            let local = !target.is_empty() && !target.contains(':');
            if local && !folder.parent().is_some_and(|here| here.join(target).exists()) {
                complaints.push(format!("{}:{number}: {target} is not there", file.path));
            }
        }
    }
}

/// The targets of `[text](target)`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_a_line() {
        let found: Vec<_> = links("see [a](b.md), [c](d/e.md#f) and (g)").collect();
        assert_eq!(found, ["b.md", "d/e.md#f"]);
    }
}
