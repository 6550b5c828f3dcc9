//! Keys, coins and transactions: one input, the root in an output that nobody can spend, the rest
//! back to the same key (BIP 143, P2WPKH).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use bitcoin::absolute::LockTime;
use bitcoin::consensus::encode;
use bitcoin::ecdsa::Signature;
use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::transaction::Version;
use bitcoin::{
    Address, Amount, CompressedPublicKey, KnownHrp, OutPoint, ScriptBuf, Sequence, Transaction,
    TxIn, TxOut, Witness,
};
use proto::hash::Hash;
use zeroize::Zeroizing;

/// Below this an output costs more to spend than nodes let through (BIP 141, P2WPKH).
const DUST_SAT: u64 = 294;
/// Bytes of the longest signature with its type.
const SIGNATURE_BYTES: usize = 72;

/// Why there is no key, or no transaction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CoinError {
    /// The file cannot be read.
    #[error("{file}: the Bitcoin key cannot be read: {reason}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the operating system said.
        reason: String,
    },
    /// Others may read it.
    #[error("{file}: others may read the Bitcoin key: run chmod 600")]
    Open {
        /// The file.
        file: String,
    },
    /// It is no key.
    #[error("{file}: the Bitcoin key must be 64 hexadecimal digits, as openssl rand -hex 32 makes")]
    Malformed {
        /// The file.
        file: String,
    },
    /// The coin is too small.
    #[error("{have} sat are left and an anchor costs {fee} sat: send money to {address}")]
    Poor {
        /// What the coin holds.
        have: u64,
        /// What the transaction costs.
        fee: u64,
        /// Where money goes.
        address: String,
    },
    /// It could not be signed.
    #[error("the transaction could not be signed: {reason}")]
    Signing {
        /// What the library said.
        reason: String,
    },
}

/// An output that the key can spend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coin {
    /// Where it is.
    pub place: OutPoint,
    /// What it holds.
    pub sat: u64,
}

/// A signed transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// The transaction.
    pub transaction: Transaction,
    /// What it pays to the miner.
    pub fee: u64,
}

impl Signed {
    /// The change: what the next one spends.
    pub fn change(&self) -> Option<Coin> {
        let (place, output) = (1u32, self.transaction.output.get(1)?);
        let id = self.transaction.compute_txid();
        Some(Coin { place: OutPoint::new(id, place), sat: output.value.to_sat() })
    }

    /// The coin that it spends.
    pub fn spent(&self) -> Option<Coin> {
        let place = self.transaction.input.first()?.previous_output;
        let left: u64 = self.transaction.output.iter().map(|output| output.value.to_sat()).sum();
        Some(Coin { place, sat: left.checked_add(self.fee)? })
    }

    /// Satoshi for a virtual byte, rounded up.
    pub fn rate(&self) -> u64 {
        self.fee.div_ceil(self.vsize())
    }

    /// Virtual bytes.
    pub fn vsize(&self) -> u64 {
        u64::try_from(self.transaction.vsize()).unwrap_or(u64::MAX)
    }

    /// As it is sent.
    pub fn to_hex(&self) -> String {
        encode::serialize_hex(&self.transaction)
    }

    /// Reads what `to_hex` writes.
    pub fn parse(transaction: &str, fee: u64) -> Option<Signed> {
        let transaction = encode::deserialize_hex(transaction).ok()?;
        Some(Signed { transaction, fee })
    }
}

/// The key that pays for anchors.
pub struct Purse {
    key: SecretKey,
    public: CompressedPublicKey,
    hrp: KnownHrp,
}

impl Purse {
    /// Reads the key from a file that only its owner may read.
    pub fn open(file: &Path, hrp: KnownHrp) -> Result<Purse, CoinError> {
        let name = file.display().to_string();
        let failed = |e: std::io::Error| CoinError::Unreadable {
            file: file.display().to_string(),
            reason: e.to_string(),
        };
        let metadata = fs::metadata(file).map_err(failed)?;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(CoinError::Open { file: name });
        }
        let malformed = || CoinError::Malformed { file: file.display().to_string() };
        if metadata.len() > 128 {
            return Err(malformed());
        }
        let text = Zeroizing::new(fs::read_to_string(file).map_err(failed)?);
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim_end(), &mut *bytes).map_err(|_| malformed())?;
        Purse::new(&bytes, hrp).ok_or_else(malformed)
    }

    fn new(bytes: &[u8; 32], hrp: KnownHrp) -> Option<Purse> {
        let key = SecretKey::from_slice(bytes).ok()?;
        let public = CompressedPublicKey(key.public_key(&Secp256k1::signing_only()));
        Some(Purse { key, public, hrp })
    }

    /// Where money for anchors is sent.
    pub fn address(&self) -> String {
        Address::p2wpkh(&self.public, self.hrp).to_string()
    }

    /// What an output of this key pays to.
    pub fn script(&self) -> ScriptBuf {
        ScriptBuf::new_p2wpkh(&self.public.wpubkey_hash())
    }

    /// A transaction that puts the root into a block, at so many satoshi for a virtual byte.
    pub fn sign(&self, root: &Hash, coin: Coin, rate: u64) -> Result<Signed, CoinError> {
        let mut transaction = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: coin.place,
                script_sig: ScriptBuf::new(),
                sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
                witness: Witness::from_slice(&[&[0; SIGNATURE_BYTES][..], &[0; 33]]),
            }],
            output: vec![
                TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new_op_return(root.0) },
                TxOut { value: Amount::ZERO, script_pubkey: self.script() },
            ],
        };
        let vsize = u64::try_from(transaction.vsize()).unwrap_or(u64::MAX);
        let fee = vsize.saturating_mul(rate);
        let change = coin.sat.checked_sub(fee).filter(|change| *change >= DUST_SAT);
        let poor = || CoinError::Poor { have: coin.sat, fee, address: self.address() };
        transaction.output[1].value = Amount::from_sat(change.ok_or_else(poor)?);
        transaction.input[0].witness = self.witness(&transaction, coin)?;
        Ok(Signed { transaction, fee })
    }

    fn witness(&self, transaction: &Transaction, coin: Coin) -> Result<Witness, CoinError> {
        let sighash_type = EcdsaSighashType::All;
        let amount = Amount::from_sat(coin.sat);
        let mut cache = SighashCache::new(transaction);
        let hash = cache.p2wpkh_signature_hash(0, &self.script(), amount, sighash_type);
        let hash = hash.map_err(|e| CoinError::Signing { reason: e.to_string() })?;
        let secp = Secp256k1::signing_only();
        let signature = secp.sign_ecdsa(&Message::from(hash), &self.key);
        Ok(Witness::p2wpkh(&Signature { signature, sighash_type }, &self.public.0))
    }
}

impl std::fmt::Debug for Purse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Purse({})", self.address())
    }
}

#[cfg(test)]
pub(super) fn purse() -> Purse {
    Purse::new(&[7; 32], KnownHrp::Regtest).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::hashes::Hash as _;

    fn coin(sat: u64) -> Coin {
        Coin { place: OutPoint::new(bitcoin::Txid::from_byte_array([1; 32]), 3), sat }
    }

    #[test]
    fn a_transaction_pays_what_it_says() {
        let (purse, root) = (purse(), Hash([9; 32]));
        let signed = purse.sign(&root, coin(100_000), 3).unwrap();
        // 10.5 for the frame, 68 for the input, 43 for the root, 31 for the change.
        assert_eq!(signed.vsize(), 153);
        assert_eq!((signed.fee, signed.rate()), (459, 3));
        assert_eq!(signed.change().unwrap().sat, 99_541);
        assert_eq!(signed.spent(), Some(coin(100_000)));
        assert_eq!(Signed::parse(&signed.to_hex(), 459), Some(signed.clone()));
        let spent = TxOut { value: Amount::from_sat(100_000), script_pubkey: purse.script() };
        assert!(signed.transaction.input[0].witness.len() == 2);
        let hash = SighashCache::new(&signed.transaction)
            .p2wpkh_signature_hash(0, &spent.script_pubkey, spent.value, EcdsaSighashType::All)
            .unwrap();
        let signature = Signature::from_slice(&signed.transaction.input[0].witness[0]).unwrap();
        let secp = Secp256k1::verification_only();
        let message = Message::from(hash);
        assert!(secp.verify_ecdsa(&message, &signature.signature, &purse.public.0).is_ok());
    }

    #[test]
    fn a_coin_that_is_too_small() {
        let poor = purse().sign(&Hash([9; 32]), coin(752), 3);
        assert!(matches!(poor, Err(CoinError::Poor { have: 752, fee: 459, .. })));
        assert!(purse().sign(&Hash([9; 32]), coin(753), 3).is_ok());
    }

    #[test]
    fn keys() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let write = |text: &str, mode| {
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            Purse::open(&file, KnownHrp::Mainnet)
        };
        let good = write(&format!("{}\n", "07".repeat(32)), 0o600).unwrap();
        assert!(good.address().starts_with("bc1q"));
        let digits = "07".repeat(32);
        assert!(matches!(write(&digits, 0o640), Err(CoinError::Open { .. })));
        for bad in ["", "07", &"00".repeat(32), &"0x".repeat(32), &"07".repeat(99)] {
            assert!(matches!(write(bad, 0o600), Err(CoinError::Malformed { .. })), "{bad}");
        }
    }
}
