//! The tree of attachments (ISO 32000-1, 7.9.6 and 7.11.4): the same with the receipt in its place.
//! Only the nodes on the way to that place are written anew; all others stay as they are.

use crate::limits;
use crate::object::Pdf;
use crate::refusal::{Fault, Refusal};
use crate::syntax::{Dict, Kind, Value};
use crate::{ATTACHMENT, v1::Out};
use alloc::format;
use alloc::vec::Vec;

/// The catalog's new `/Names`, and the objects below it that are new.
pub struct Names {
    pub value: Vec<u8>,
    /// They are numbered from the first free number on.
    pub nodes: Vec<Vec<u8>>,
}

/// Makes the new `/Names` of a catalog.
pub fn merged(
    pdf: &mut Pdf<'_>,
    catalog: &Dict<'_>,
    filespec: u32,
    free: u32,
) -> Result<Names, Refusal> {
    let mut tree = Tree { filespec, free, nodes: Vec::new() };
    let owned = match catalog.get(b"Names") {
        Some(value) => pdf.resolve(&value)?.into_owned(),
        None => b"<<>>".to_vec(),
    };
    let names = match Value::parse(&owned)? {
        value if value.kind == Kind::Null => Dict { entries: Vec::new() },
        value => value.dict()?,
    };
    let root = match names.get(b"EmbeddedFiles") {
        Some(value) => pdf.resolve(&value)?.into_owned(),
        None => b"null".to_vec(),
    };
    let root = match Value::parse(&root)? {
        value if value.kind == Kind::Null => tree.node(pdf, &Dict { entries: Vec::new() }, 0)?,
        value => tree.node(pdf, &value.dict()?, 0)?,
    };
    let value = replaced(&names, &[(b"EmbeddedFiles", &root)]);
    Ok(Names { value, nodes: tree.nodes })
}

/// A dictionary with some entries replaced, or added at its end; all others keep their bytes.
pub fn replaced(dict: &Dict<'_>, new: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut out = Vec::from(*b"<<\n");
    let mut line = |key: &[u8], value: &[u8]| {
        out.extend_from_slice(key);
        out.push(b' ');
        out.extend_from_slice(value);
        out.push(b'\n');
    };
    for (name, key, value) in &dict.entries {
        let replaced = new.iter().find(|(other, _)| other == name);
        line(key.raw, replaced.map_or(value.raw, |(_, value)| value));
    }
    for (name, value) in new {
        if !dict.entries.iter().any(|(other, ..)| other == name) {
            line(&[b"/", *name].concat(), value);
        }
    }
    out.extend_from_slice(b">>");
    out
}

struct Tree {
    filespec: u32,
    free: u32,
    nodes: Vec<Vec<u8>>,
}

impl Tree {
    /// A node and the receipt in it or below it.
    fn node(
        &mut self,
        pdf: &mut Pdf<'_>,
        node: &Dict<'_>,
        level: usize,
    ) -> Result<Vec<u8>, Refusal> {
        if level > limits::TREE_LEVELS {
            return Err(Refusal::TooIntricate);
        }
        match (node.get(b"Names"), node.get(b"Kids")) {
            (Some(_), Some(_)) => Err(Fault::Names.into()),
            (None, Some(kids)) => {
                let owned = pdf.resolve(&kids)?.into_owned();
                let kids = self.kids(pdf, &Value::parse(&owned)?.items()?, level)?;
                Ok(replaced(node, &[(b"Kids", &kids)]))
            }
            (names, None) => {
                let owned = match names {
                    Some(names) => pdf.resolve(&names)?.into_owned(),
                    None => b"[]".to_vec(),
                };
                let names = self.leaf(&Value::parse(&owned)?.items()?)?;
                Ok(replaced(node, &[(b"Names", &names)]))
            }
        }
    }

    fn own(&self) -> Vec<u8> {
        format!("({ATTACHMENT}) {} 0 R", self.filespec).into_bytes()
    }

    fn leaf(&self, items: &[Value<'_>]) -> Result<Vec<u8>, Refusal> {
        let mut list: Vec<Vec<u8>> = Vec::new();
        let mut place = None;
        for pair in items.chunks(2) {
            let [key, value] = pair else { return Err(Fault::Names.into()) };
            let name = key.text().ok_or(Fault::Names)?;
            if name == ATTACHMENT.as_bytes() {
                return Err(Refusal::NameTaken);
            }
            if name.as_slice() > ATTACHMENT.as_bytes() && place.is_none() {
                place = Some(list.len());
            }
            list.push([key.raw, b" ", value.raw].concat());
        }
        list.insert(place.unwrap_or(list.len()), self.own());
        Ok(Out::array(&list))
    }

    fn kids(
        &mut self,
        pdf: &mut Pdf<'_>,
        kids: &[Value<'_>],
        level: usize,
    ) -> Result<Vec<u8>, Refusal> {
        let mut list: Vec<Vec<u8>> = kids.iter().map(|kid| kid.raw.to_vec()).collect();
        let own = ATTACHMENT.as_bytes();
        for (place, kid) in kids.iter().enumerate() {
            let reference = kid.reference().ok_or(Fault::Names)?;
            let owned = pdf.load(reference)?.ok_or(Fault::Names)?.into_owned();
            let node = Value::parse(&owned)?.dict()?;
            let bounds = node.get(b"Limits").ok_or(Fault::Names)?;
            let bounds = pdf.resolve(&bounds)?.into_owned();
            let bounds = Value::parse(&bounds)?.items()?;
            let [low, high] = bounds.as_slice() else { return Err(Fault::Names.into()) };
            let (low, high) = low.text().zip(high.text()).ok_or(Fault::Names)?;
            if high.as_slice() < own {
                continue;
            }
            if low.as_slice() > own {
                let new = self.new_leaf()?;
                list.insert(place, new);
                return Ok(Out::array(&list));
            }
            // Its number first, so that the objects stand in the order of their numbers.
            let number = self.reserve()?;
            let at = self.nodes.len().saturating_sub(1);
            let node = self.node(pdf, &node, level.saturating_add(1))?;
            if let Some(slot) = self.nodes.get_mut(at) {
                *slot = node;
            }
            if let Some(slot) = list.get_mut(place) {
                *slot = format!("{number} 0 R").into_bytes();
            }
            return Ok(Out::array(&list));
        }
        list.push(self.new_leaf()?);
        Ok(Out::array(&list))
    }

    fn reserve(&mut self) -> Result<u32, Refusal> {
        let count = u32::try_from(self.nodes.len()).map_err(|_| Refusal::TooIntricate)?;
        self.nodes.push(Vec::new());
        self.free.checked_add(count).ok_or(Refusal::TooIntricate)
    }

    fn new_leaf(&mut self) -> Result<Vec<u8>, Refusal> {
        let number = self.reserve()?;
        let own = ATTACHMENT;
        let leaf =
            format!("<<\n/Limits [({own}) ({own})]\n/Names [({own}) {} 0 R]\n>>", self.filespec);
        if let Some(slot) = self.nodes.last_mut() {
            *slot = leaf.into_bytes();
        }
        Ok(format!("{number} 0 R").into_bytes())
    }
}
