//! A federation file in words.

use proto::anchor::clocks::{Algorithm, Clocks};
use proto::federation::{Federation, FederationError, Version};

use proto::hash::sha256;

use super::draft::Draft;
use crate::commands::Output;

/// Everything.
pub(super) fn all(draft: &Draft, out: &mut Output<'_>) -> Result<(), FederationError> {
    head(draft, out);
    members(draft.version(), out);
    progress(draft, out)
}

/// What is being signed, in a few lines.
pub(super) fn head(draft: &Draft, out: &mut Output<'_>) {
    let v = draft.version();
    out.line(&format!("{}, version {}", v.name, v.number));
    let id = match draft.before() {
        Some(before) => before.id().to_string(),
        None => v.hash().to_hex(),
    };
    out.line(&format!("federation id: {id}"));
    out.line(&format!(
        "quorum: {} of {} operators, of which {} may fail or lie",
        v.quorum,
        v.operators.len(),
        v.faults
    ));
    out.line(&format!("a status may be {} old", duration(v.status_age_s)));
    out.line(&format!("fresh until the end of {}", v.expires));
}

fn members(v: &Version, out: &mut Output<'_>) {
    for o in &v.operators {
        out.line(&format!("operator {} at {}", o.name, o.url));
        out.line(&format!("  governance {}", o.governance));
        out.line(&format!("  cosigner   {} (Ed25519)", o.cosigner_ed25519));
        out.line(&format!("             {} (ML-DSA-44)", o.cosigner_ml_dsa.name()));
    }
    for a in &v.authorities {
        out.line(&format!("authority {}: {}", a.name, a.display_name));
        out.line(&format!("  at {}, run by {}", a.url, a.operator));
        out.line(&format!("  log            {}", a.log));
        out.line(&format!("  administration {}", a.administration));
    }
    for pin in &v.pins {
        out.line(&format!("pinned {} at {} entries, root {}", pin.origin, pin.size, pin.root));
    }
    clocks(&v.clocks, out);
}

fn clocks(clocks: &Clocks, out: &mut Output<'_>) {
    if let Some(bitcoin) = &clocks.bitcoin {
        let network = bitcoin.network.name();
        out.line(&format!("Bitcoin counts: {network}, from block {}", bitcoin.height));
    }
    for chain in &clocks.chains {
        let contract = hex::encode(chain.contract);
        out.line(&format!("chain {} counts: id {}, contract 0x{contract}", chain.name, chain.id));
    }
    for authority in &clocks.authorities {
        let certificate = sha256(&authority.certificate);
        out.line(&format!("time-stamps of {} count: root {certificate}", authority.name));
    }
    for Algorithm { name, until } in &clocks.algorithms {
        match until {
            Some(day) => out.line(&format!("  in them, {name} until {day}")),
            None => out.line(&format!("  in them, {name}")),
        }
    }
}

/// Who has signed and whether that is enough.
pub(super) fn progress(draft: &Draft, out: &mut Output<'_>) -> Result<(), FederationError> {
    let signed = draft.signed_by()?;
    let names: Vec<&str> = signed.iter().map(|operator| operator.name.as_str()).collect();
    let (have, need) = (signed.len() as u64, draft.signers().quorum);
    let names = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    out.line(&format!("signed by {names}: {have} governance keys, {need} are needed"));
    if have >= need {
        // The whole chain, as everybody else will read it.
        Federation::parse(&draft.to_bytes()?)?;
        out.line("complete: hand the file to everybody");
    } else {
        out.line(&format!("not in force: {} more must sign", need - have));
    }
    Ok(())
}

fn duration(seconds: u64) -> String {
    match (seconds / 86_400, seconds % 86_400) {
        (days, 0) if days > 0 => format!("{days} days"),
        _ => format!("{seconds} seconds"),
    }
}
