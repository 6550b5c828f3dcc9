//! The federation as a C2SP tlog-policy, one per log, so that other people's tools can check
//! receipts without ours.
//!
//! Each operator is a group of `all` of its two keys, and the quorum is a group of k operators.
//! What that form cannot express: proven time, pins (so only the newest version's keys are
//! written), the status age, issuers and their scope.

use alloc::vec::Vec;

use super::{Federation, Operator};
use crate::policy::{Group, Log, Policy, PolicyError, Witness, Word};

impl Federation {
    /// The policy for the log `origin`; none if the newest version does not have it.
    pub fn policy(&self, origin: &str) -> Option<Result<Policy, PolicyError>> {
        let version = self.current();
        let authority = version.authority_by_origin(origin)?;
        let url = Word::new(authority.url.as_bytes()).ok();
        let log = Log { key: authority.log.clone(), url };
        Some(policy(log, &version.operators, version.quorum))
    }
}

fn policy(log: Log, operators: &[Operator], quorum: u64) -> Result<Policy, PolicyError> {
    let (mut witnesses, mut groups, mut members) = (Vec::new(), Vec::new(), Vec::new());
    for operator in operators {
        // No name of an operator holds a slash, so these names cannot meet.
        let name = |part: &str| Word::new(alloc::format!("{part}/{}", operator.name).as_bytes());
        let keys =
            [("ed25519", &operator.cosigner_ed25519), ("ml-dsa-44", &operator.cosigner_ml_dsa)];
        let mut own = Vec::new();
        for (part, key) in keys {
            own.push(name(part)?);
            witnesses.push(Witness { name: name(part)?, key: key.clone(), url: None });
        }
        groups.push(Group { name: name("operator")?, threshold: own.len(), members: own });
        members.push(name("operator")?);
    }
    let threshold = usize::try_from(quorum).unwrap_or(usize::MAX);
    let name = Word::new(b"quorum")?;
    groups.push(Group { name: name.clone(), threshold, members });
    Policy::new(Vec::from([log]), witnesses, groups, Some(name))
}
