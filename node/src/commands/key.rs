//! `key new`: keys that never come to a node.

use std::io::Write;

use proto::note::KeyType;

use super::{CommandError, Output};
use crate::args::{Key, Purpose};
use crate::keys;

pub(super) fn run(args: &Key, out: &mut dyn Write) -> Result<(), CommandError> {
    let Key::New { purpose, name, out: file } = args;
    let made = keys::create(file, name, KeyType::Ed25519)?;
    let public = keys::public_file(file);
    let mut out = Output(out);
    out.line(&format!("wrote {}: keep it off-line, and a copy on paper or a card", file.display()));
    out.line(&format!("wrote {}: hand this on", public.display()));
    let use_of_it = match purpose {
        Purpose::Governance => "signs versions of the federation file for one operator",
        Purpose::Administration => "admits and retires issuers of one authority",
    };
    out.line(&format!("{made} {use_of_it}"));
    Ok(())
}
