//! The key that pays: 64 hex digits in a file that nobody else may read, or a key in a PKCS#11
//! module that never leaves it.

use std::path::{Path, PathBuf};

use alloy_primitives::{Address, B256, Signature};
use k256::ecdsa::{RecoveryId, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

#[cfg(feature = "pkcs11")]
pub mod pkcs11;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvmKeyError {
    /// The file cannot be read, or others may read it.
    #[error(transparent)]
    File(#[from] crate::keys::KeyError),
    /// The file is not a key.
    #[error("{}: this is no key\ngive a file with 64 hexadecimal digits", file.display())]
    NoKey {
        /// The file.
        file: PathBuf,
    },
    /// The module did not do it.
    #[error("the PKCS#11 module: {reason}\nlook at its settings, the token's label and the PIN")]
    Module {
        /// What it said.
        reason: String,
    },
}

/// A key.
pub enum Key {
    /// In memory, from a file.
    File(SigningKey),
    /// In a module.
    #[cfg(feature = "pkcs11")]
    Module(pkcs11::Module),
}

impl Key {
    /// Reads a key file.
    pub fn load(file: &Path) -> Result<Key, EvmKeyError> {
        let text = crate::keys::read_secret(file)?;
        let no_key = || EvmKeyError::NoKey { file: file.to_owned() };
        let digits = text.trim_end();
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        let mut bytes = Zeroizing::new([0u8; 32]);
        hex::decode_to_slice(digits, bytes.as_mut_slice()).map_err(|_| no_key())?;
        let key = SigningKey::from_slice(bytes.as_slice()).map_err(|_| no_key())?;
        Ok(Key::File(key))
    }

    /// The account that pays.
    pub fn address(&self) -> Address {
        match self {
            Key::File(key) => Address::from_public_key(key.verifying_key()),
            #[cfg(feature = "pkcs11")]
            Key::Module(module) => Address::from_public_key(module.public()),
        }
    }

    /// Signs the hash of a transaction.
    pub fn sign(&self, hash: &B256) -> Result<Signature, EvmKeyError> {
        let failed = |reason: String| EvmKeyError::Module { reason };
        match self {
            Key::File(key) => key
                .sign_prehash_recoverable(hash.as_slice())
                .map(Signature::from)
                .map_err(|error| failed(error.to_string())),
            #[cfg(feature = "pkcs11")]
            Key::Module(module) => {
                let signature = module.sign(hash)?;
                recoverable(module.public(), hash, &signature)
                    .ok_or_else(|| failed("its signature is not by its key".to_owned()))
            }
        }
    }
}

/// Modules give r and s alone. Chains take the lower of two possible s (EIP-2), and want to know
/// which of the points it is: found by trying.
#[cfg_attr(not(any(test, feature = "pkcs11")), expect(dead_code, reason = "modules need it"))]
fn recoverable(public: &VerifyingKey, hash: &B256, signature: &[u8]) -> Option<Signature> {
    let signature = k256::ecdsa::Signature::from_slice(signature).ok()?;
    let signature = signature.normalize_s().unwrap_or(signature);
    let id = RecoveryId::trial_recovery_from_prehash(public, hash.as_slice(), &signature).ok()?;
    Some(Signature::from((signature, id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// The key and account that every tool for tests knows.
    const DIGITS: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    const ADDRESS: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

    fn load(text: &str, mode: u32) -> Result<Key, EvmKeyError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        Key::load(&file)
    }

    #[test]
    fn a_key_file_is_64_digits_that_nobody_else_reads() {
        for text in [DIGITS.to_owned(), format!("0x{DIGITS}\n")] {
            assert_eq!(load(&text, 0o600).unwrap().address().to_string(), ADDRESS);
        }
        assert!(matches!(load(DIGITS, 0o640), Err(EvmKeyError::File(_))));
        for text in ["", "00", &DIGITS[1..], &"0".repeat(64), &"f".repeat(64)] {
            assert!(matches!(load(text, 0o600), Err(EvmKeyError::NoKey { .. })), "{text}");
        }
    }

    #[test]
    fn a_signature_of_a_module_becomes_one_for_chains() {
        let Key::File(key) = load(DIGITS, 0o600).unwrap() else { panic!("a file") };
        for n in 0..64u8 {
            let hash = alloy_primitives::keccak256([n]);
            let (low, id) = key.sign_prehash_recoverable(hash.as_slice()).unwrap();
            let want = Signature::from((low, id));
            // The other s is as good a signature, and modules give either.
            let high = k256::ecdsa::Signature::from_scalars(low.r(), -*low.s()).unwrap();
            for either in [low, high] {
                let got = recoverable(key.verifying_key(), &hash, &either.to_bytes());
                assert_eq!(got, Some(want), "{n}");
            }
            let other = alloy_primitives::keccak256([n, 1]);
            assert_eq!(recoverable(key.verifying_key(), &other, &low.to_bytes()), None);
        }
    }
}
