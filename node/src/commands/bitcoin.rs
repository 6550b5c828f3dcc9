//! `bitcoin`: where money for a node's own transactions goes.

use std::io::Write;

use super::{CommandError, Output};
use crate::anchor::bitcoin::{CoinError, Purse, hrp};
use crate::args::bitcoin::Bitcoin;

/// Why there is no address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BitcoinError {
    /// The key.
    #[error("{0}\ncorrect the option --key, or the file")]
    Key(#[from] CoinError),
}

pub(super) fn run(args: Bitcoin, out: &mut dyn Write) -> Result<(), CommandError> {
    let Bitcoin::Address { key, network } = args;
    let purse = Purse::open(&key, hrp(network)).map_err(BitcoinError::from)?;
    Output(out).line(&purse.address());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::anchor::clocks::Network;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_address_is_that_of_bip_173() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        std::fs::write(&key, format!("{:064x}\n", 1)).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        let address = |network| {
            let (mut out, key) = (Vec::new(), key.clone());
            run(Bitcoin::Address { key, network }, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(address(Network::Main), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4\n");
        assert!(address(Network::Regtest).starts_with("bcrt1q"));
    }
}
