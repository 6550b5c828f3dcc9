//! A list as JSON: an array of objects whose members are texts.

use super::{Mistake, Row, column_fault, line_at};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::fmt;

/// An object with all its members, also those that come twice.
pub struct Members(pub Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with the fields of a document")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

pub(super) fn read(text: &str, rows: &mut Vec<Row>, mistakes: &mut Vec<Mistake>) {
    let objects: Vec<&RawValue> = match serde_json::from_str(text) {
        Ok(objects) => objects,
        Err(error) => {
            let line = (error.line() as u64).max(1);
            mistakes.push(Mistake::new(line, "list-malformed", format!("{error}.")));
            return;
        }
    };
    let (mut line, mut counted) = (1, 0);
    for object in objects {
        // The object is a part of the text, so that the distance is its place there.
        let offset = object.get().as_ptr().addr() - text.as_ptr().addr();
        line += line_at(&text.as_bytes()[counted..], offset - counted) - 1;
        counted = offset;
        row(line, object.get(), rows, mistakes);
    }
}

fn row(line: u64, object: &str, rows: &mut Vec<Row>, mistakes: &mut Vec<Mistake>) {
    let members = match serde_json::from_str::<Members>(object) {
        Ok(Members(members)) => members,
        Err(error) => {
            mistakes.push(Mistake::new(line, "list-malformed", format!("{error}.")));
            return;
        }
    };
    let mut row = Row { line, file: String::new(), values: Vec::new() };
    for (name, value) in texts(members, |code, sentence| {
        mistakes.push(Mistake::new(line, code, sentence));
    }) {
        match name.as_str() {
            "file" => row.file = value,
            _ => row.values.push((name, value)),
        }
    }
    if row.file.is_empty() {
        mistakes.push(Mistake::new(line, "list-line-without-file", "It names no file."));
    } else {
        rows.push(row);
    }
}

/// The members that are texts under good names; the others are named.
pub fn texts(
    members: Vec<(String, Value)>,
    mut mistake: impl FnMut(&'static str, String),
) -> Vec<(String, String)> {
    let mut seen = BTreeSet::new();
    let mut texts = Vec::new();
    for (name, value) in members {
        if !seen.insert(name.clone()) {
            mistake("list-column-twice", format!("The member {name:?} stands there twice."));
            continue;
        }
        if let Some(sentence) = column_fault(&name) {
            mistake("list-column-unknown", sentence);
        }
        match value {
            Value::String(text) if !text.is_empty() => texts.push((name, text)),
            Value::String(_) | Value::Null => {}
            _ => mistake(
                "list-value-not-text",
                format!("The member {name:?} is no text. Write it between quotation marks."),
            ),
        }
    }
    texts
}
