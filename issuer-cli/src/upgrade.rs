//! `beleg-issuer upgrade`: what clocks outside the federation say, added to receipts in their
//! place. The rules are those of `beleg update`; only the nodes are asked by the office's settings.

use crate::args::upgrade::Upgrade as Args;
use crate::office::Office;
use crate::reach;
use crate::report::Said;
use crate::run::{RunError, now};
use verifier::upgrade::{self, Report, Source, Sources};

/// Upgrades everything that was named.
pub fn run(args: &Args) -> Result<Said, RunError> {
    let office = Office::look(&args.dir)?;
    let nodes = reach::sources(&office)?;
    let clocks = &office.federation.current().clocks;
    let asked = nodes.iter().map(|node| {
        let prefix = match node.prefix.trim_end_matches('/') {
            "" => String::new(),
            hash => format!("/{hash}"),
        };
        let get = |path: &str, limit: usize| {
            let path = path.trim_start_matches('/');
            node.client.file(path, limit).map_err(|why| why.to_string())
        };
        Source::new(prefix, clocks, Box::new(get))
    });
    let origin = office.authority.origin().to_owned();
    let mut sources = Sources::from([(origin, asked.collect())]);
    let report = upgrade::all(&args.paths, &office.federation, &mut sources, now());
    let Report { out, err, refused, away } = report;
    let exit = match (refused, away) {
        (0, 0) => 0,
        (0, _) => 3,
        _ => 1,
    };
    Ok(Said { out, err, exit })
}
