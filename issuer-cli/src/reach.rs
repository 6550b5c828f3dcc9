//! Which nodes an office talks to, by its settings and its federation file.

use crate::client::Client;
use crate::ledger::Source;
use crate::office::Office;
use crate::run::RunError;
use verifier::input;

/// Bytes of a file with certificate authorities.
const CA_BYTES: usize = 1024 * 1024;

/// The authority's node.
pub fn connect(office: &Office) -> Result<Client, RunError> {
    connect_to(office, office.settings.node.as_deref().unwrap_or(&office.authority.url))
}

/// A node at this address.
pub fn connect_to(office: &Office, address: &str) -> Result<Client, RunError> {
    let settings = &office.settings;
    let ca = settings.ca_file.as_ref().map(|path| {
        let failed = |why| RunError::CaFile { path: path.clone(), why };
        input::read_bounded(path, CA_BYTES).map_err(failed)
    });
    let (ca, proxy) = (ca.transpose()?, settings.proxy.as_deref());
    Ok(Client::new(address, ca.as_deref(), proxy, settings.patience())?)
}

/// Where the office's log can be read: its authority's node first, then every operator's.
pub fn sources(office: &Office) -> Result<Vec<Source>, RunError> {
    let prefix = proto::hash::sha256(office.authority.origin().as_bytes()).to_hex() + "/";
    let client = connect(office)?;
    let mut sources = vec![Source { client, prefix: String::new(), operator: None }];
    for operator in &office.federation.current().operators {
        let client = connect_to(office, &operator.url)?;
        let (prefix, operator) = (prefix.clone(), Some(operator.name.clone()));
        sources.push(Source { client, prefix, operator });
    }
    Ok(sources)
}
