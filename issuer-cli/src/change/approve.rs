//! The second pair of eyes: who may approve, and approving.
//!
//! It protects against a slip and against one person alone at the office's program. It does not
//! protect against somebody who has the key file and another program: the ledger knows the office's
//! key and nobody behind it.

use super::outcome::Changed;
use super::proposal::{Proposal, ProposalError};
use super::{ChangeError, Counter, order};
use crate::args::change::{Approve, Approver, ApproverCommand};
use crate::book::Book;
use crate::book::line::{Approval, What};
use crate::chance;
use crate::office::{Office, read_key, slug, write_key};
use crate::outcome::Why;
use crate::run::{RunError, now};
use crate::watch::Watch;
use proto::document::Field;
use proto::hash::Hash;
use proto::limits;
use proto::note::{KeyType, SigningKey, VerifierKey};
use std::path::Path;
use verifier::input;

/// Bytes of an approver's name.
const NAME_BYTES: usize = 100;

/// Registers, removes or lists those who may approve; what to say about it.
pub fn approver(args: &Approver) -> Result<Vec<String>, RunError> {
    let office = Office::open(&args.dir)?;
    let mut book = Book::open(&office.folder)?;
    let orders = order::read_orders(&office.folder)?;
    match &args.what {
        ApproverCommand::List => {
            let shown = |(name, key): (&String, &String)| format!("{name}\t{key}");
            Ok(orders.approvers.iter().map(shown).collect())
        }
        ApproverCommand::Remove { name } => {
            if !orders.approvers.contains_key(name) {
                return Err(change_error(ProposalError::NotAnApprover { name: name.clone() }));
            }
            book.note(What::Approver { name: name.clone(), key: None }, now())?;
            Ok(vec![format!("{name} approves nothing more.")])
        }
        ApproverCommand::Add { name, key, public } => {
            let plain = name.len() <= NAME_BYTES && Field::new("name", name).is_ok();
            if !plain || name.trim().is_empty() || orders.approvers.contains_key(name) {
                return Err(change_error(ProposalError::BadName));
            }
            let known = match (key, public) {
                (Some(path), _) => make_key(&office, name, path)?,
                (None, Some(path)) => read_public(path)?,
                (None, None) => return Err(change_error(ProposalError::BadName)),
            };
            let ours = known.ed25519_public_key().is_none_or(|key| {
                office.public_keys().contains(key)
                    || orders.approvers.values().any(|other| same_key(other, key))
            });
            if ours {
                return Err(change_error(ProposalError::SameKey));
            }
            let what = What::Approver { name: name.clone(), key: Some(known.to_string()) };
            book.note(what, now())?;
            Ok(vec![format!("{name} may approve what somebody else has proposed.")])
        }
    }
}

fn make_key(office: &Office, name: &str, path: &Path) -> Result<VerifierKey, RunError> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    if absolute(path).starts_with(absolute(&office.folder)) {
        return Err(change_error(ProposalError::KeyInOffice));
    }
    let write = |why| ProposalError::Write { path: path.to_path_buf(), why };
    let seed = chance::secret().map_err(|why| change_error(write(why)))?;
    let key = SigningKey::from_seed(&slug(name), KeyType::Ed25519, &seed);
    let key = key.map_err(|why| change_error(why.into()))?;
    write_key(path, &key)?;
    Ok(key.verifier_key().clone())
}

fn read_public(path: &Path) -> Result<VerifierKey, RunError> {
    let input = |why| ProposalError::Input { path: path.to_path_buf(), why };
    let bytes = input::read_bounded(path, limits::KEY_LINE_BYTES);
    let bytes = bytes.map_err(|why| change_error(input(why)))?;
    let text = String::from_utf8_lossy(&bytes);
    VerifierKey::parse(text.trim_end()).map_err(|why| change_error(why.into()))
}

fn same_key(line: &str, key: &[u8; 32]) -> bool {
    VerifierKey::parse(line).is_ok_and(|known| known.ed25519_public_key() == Some(key))
}

fn change_error(error: ProposalError) -> RunError {
    RunError::Change(ChangeError::Proposal(error))
}

/// Checks and shows a proposal; with `--yes` signs it and carries it out.
pub fn approve(args: &Approve, watch: &dyn Watch) -> Result<Changed, RunError> {
    let proposal = Proposal::read(&args.proposal).map_err(change_error)?;
    let mut changed = Changed::default();
    let mut counter = Counter::at(&args.dir, watch)?;
    if args.yes {
        counter.finish_open(&mut changed)?;
    }
    proposal.check(&counter).map_err(change_error)?;
    let key = read_key(&args.key)?;
    let public = key.verifier_key().ed25519_public_key().copied().unwrap_or_default();
    let known = counter.orders.approvers.get(&args.name);
    if !known.is_some_and(|line| same_key(line, &public)) {
        return Err(change_error(ProposalError::NotAnApprover { name: args.name.clone() }));
    }
    if counter.office.public_keys().contains(&public) {
        return Err(change_error(ProposalError::SameKey));
    }
    let list = counter.status_list()?;
    let judged = counter.judge(&proposal.asked, &list, &mut changed)?;
    if changed.exit() == 1 {
        let sentence = "The proposal does not fit the ledger any more. Make a new one.";
        changed.refusals.push(Why::new("proposal-does-not-fit", sentence));
        return Ok(changed);
    }
    if !args.yes {
        counter.plan(&proposal.asked, &judged, &list, &mut changed)?;
        changed.notes.push("Nothing was approved. To approve and send it add --yes.".to_owned());
        return Ok(changed);
    }
    let approval = Approval {
        proposal: proposal.hash,
        approver: args.name.clone(),
        key: Hash(public),
        signature: proposal.approve(&key).map_err(change_error)?.to_vec(),
    };
    counter.carry_out(&proposal.asked, judged, &list, Some(approval), &mut changed)?;
    Ok(changed)
}
