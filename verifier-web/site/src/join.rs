//! ES modules joined into one, for the file that has no server to load them from.
//!
//! It is no bundler: it takes modules of one plain form and refuses all others. Imports stand at
//! the top, one line each, `import { a, b } from "./x.js";`. An export is a declaration with
//! `export` before it at the start of a line. A name at the start of a line belongs to one module
//! only. Then joining is: put what is imported first, and leave `import` and `export` out.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::Tree;

/// The module that says how the parts of a page are fetched, and the one that takes its place where
/// they stand in the page itself.
pub(crate) const PARTS: (&str, &str) = ("page/parts.js", "page/parts-inline.js");

/// What may be declared.
const DECLARATIONS: [&str; 6] =
    ["async function* ", "async function ", "function* ", "function ", "class ", "const "];

/// Imports that are no lines of their own.
const LATE: [&str; 2] = ["import(", "import.meta"];

/// A module that cannot be joined.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{path}, line {line}: {fault}\nmodules have one plain form; ARCHITECTURE.md describes it")]
pub struct JoinError {
    /// The module.
    pub path: String,
    /// 1-based.
    pub line: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a module.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// There is no such module, or it is no text.
    #[error("there is no module {0}")]
    Missing(String),
    /// An import of another form.
    #[error("an import must read: import {{ a, b }} from \"./x.js\";")]
    Import,
    /// An import below the first line of code, or one that is called.
    #[error("imports stand at the top of a module")]
    LateImport,
    /// An export of another form.
    #[error("an export must begin: export function, async function, const or class")]
    Export,
    /// A declaration whose name cannot be read.
    #[error("a declaration at the start of a line must give one name")]
    Declaration,
    /// A name that the other module does not export.
    #[error("{from} exports no {name}")]
    NotExported {
        /// The name.
        name: String,
        /// The module.
        from: String,
    },
    /// A name at the start of a line in two modules.
    #[error("{name} is declared in {other} too")]
    Twice {
        /// The name.
        name: String,
        /// The other module.
        other: String,
    },
    /// Modules that import each other.
    #[error("{0} is imported in a circle")]
    Circle(String),
    /// What would end the element that the module stands in.
    #[error("{0} must not stand in a module")]
    Mark(&'static str),
}

/// One module, read.
struct Module {
    /// Module and names that it imports, with the line.
    imports: Vec<(usize, String, Vec<String>)>,
    /// Names at the start of a line, with the line and whether it is exported.
    names: BTreeMap<String, (usize, bool)>,
    /// Without imports and the word `export`.
    code: String,
}

/// Joins a module with everything that it imports.
pub(crate) fn join(tree: &Tree, entry: &str) -> Result<String, JoinError> {
    let mut joiner =
        Joiner { tree, done: BTreeMap::new(), open: Vec::new(), owners: BTreeMap::new() };
    let start = |fault| JoinError { path: entry.to_owned(), line: 1, fault };
    let mut code = String::new();
    joiner.add(entry, &start, &mut code)?;
    Ok(code)
}

struct Joiner<'a> {
    tree: &'a Tree,
    /// Modules that are in the code already, with what they export.
    done: BTreeMap<String, BTreeSet<String>>,
    /// The way from the entry to the module in hand.
    open: Vec<String>,
    /// Which module a name belongs to.
    owners: BTreeMap<String, String>,
}

impl Joiner<'_> {
    fn add(
        &mut self,
        path: &str,
        blame: &dyn Fn(Fault) -> JoinError,
        code: &mut String,
    ) -> Result<(), JoinError> {
        if self.done.contains_key(path) {
            return Ok(());
        }
        if self.open.iter().any(|open| open == path) {
            return Err(blame(Fault::Circle(path.to_owned())));
        }
        let missing = || blame(Fault::Missing(path.to_owned()));
        let text = self.tree.find(path).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let module = read(path, text.ok_or_else(missing)?)?;
        self.open.push(path.to_owned());
        for (line, from, names) in &module.imports {
            let here = |fault| JoinError { path: path.to_owned(), line: *line, fault };
            self.add(from, &here, code)?;
            let exported = &self.done[from];
            if let Some(name) = names.iter().find(|name| !exported.contains(*name)) {
                let (name, from) = (name.clone(), from.clone());
                return Err(here(Fault::NotExported { name, from }));
            }
        }
        self.open.pop();
        for (name, (line, _)) in &module.names {
            if let Some(other) = self.owners.insert(name.clone(), path.to_owned()) {
                let (path, line) = (path.to_owned(), *line);
                return Err(JoinError {
                    path,
                    line,
                    fault: Fault::Twice { name: name.clone(), other },
                });
            }
        }
        let exported = module.names.into_iter().filter(|(_, (_, exported))| *exported);
        self.done.insert(path.to_owned(), exported.map(|(name, _)| name).collect());
        code.push_str(&module.code);
        Ok(())
    }
}

/// Reads one module and checks its form.
fn read(path: &str, text: &str) -> Result<Module, JoinError> {
    let mut module = Module { imports: Vec::new(), names: BTreeMap::new(), code: String::new() };
    let (mut top, mut comment) = (true, false);
    for (number, line) in (1..).zip(text.lines()) {
        let fail = |fault| Err(JoinError { path: path.to_owned(), line: number, fault });
        for mark in ["</script", "<!--"] {
            if line.to_ascii_lowercase().contains(mark) {
                return fail(Fault::Mark(mark));
            }
        }
        let begins = !comment && line.trim_start().starts_with("/*");
        if comment || begins || line.trim_start().starts_with("//") {
            comment = (comment || begins) && !line.contains("*/");
        } else if top && starts_with_word(line, "import") {
            match import(path, line) {
                Some((from, names)) => module.imports.push((number, from, names)),
                None => return fail(Fault::Import),
            }
            continue;
        } else if LATE.iter().any(|late| line.contains(late)) || starts_with_word(line, "import") {
            return fail(Fault::LateImport);
        } else {
            top &= line.trim().is_empty();
            match declared(line) {
                Ok(Some((name, exported))) => {
                    module.names.insert(name, (number, exported));
                }
                Ok(None) => {}
                Err(fault) => return fail(fault),
            }
        }
        module.code.push_str(line.strip_prefix("export ").unwrap_or(line));
        module.code.push('\n');
    }
    Ok(module)
}

/// The module and the names of `import { a, b } from "./x.js";`.
fn import(path: &str, line: &str) -> Option<(String, Vec<String>)> {
    let (names, from) = line.strip_prefix("import { ")?.split_once(" } from \"./")?;
    let from = from.strip_suffix("\";").filter(|from| from.ends_with(".js"))?;
    if !from.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b)) {
        return None;
    }
    let names: Vec<String> = names.split(", ").map(str::to_owned).collect();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let from = format!("{folder}/{from}");
    let from = if from == PARTS.0 { PARTS.1.to_owned() } else { from };
    names.iter().all(|name| is_name(name)).then_some((from, names))
}

/// The name that a line declares at its start, and whether it is exported.
fn declared(line: &str) -> Result<Option<(String, bool)>, Fault> {
    let exported = starts_with_word(line, "export");
    let rest = line.strip_prefix("export ").unwrap_or(line);
    let known = DECLARATIONS.iter().find_map(|start| rest.strip_prefix(start));
    let local = || ["let ", "var "].iter().find_map(|start| rest.strip_prefix(start));
    let Some(rest) = known.or_else(|| if exported { None } else { local() }) else {
        return if exported { Err(Fault::Export) } else { Ok(None) };
    };
    let end = rest.find(|letter: char| !is_letter(letter)).unwrap_or(rest.len());
    match rest.get(..end) {
        Some(name) if is_name(name) => Ok(Some((name.to_owned(), exported))),
        _ => Err(Fault::Declaration),
    }
}

fn starts_with_word(line: &str, word: &str) -> bool {
    line.strip_prefix(word).is_some_and(|rest| !rest.starts_with(is_letter))
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '$'
}

fn is_name(name: &str) -> bool {
    name.chars().all(is_letter) && name.starts_with(|letter: char| !letter.is_ascii_digit())
}

#[cfg(test)]
mod tests;
