//! A secp256k1 key in a PKCS#11 module: the module signs the hash, and keeps the key.

use std::sync::Mutex;

use alloy_primitives::B256;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use k256::ecdsa::VerifyingKey;

use super::EvmKeyError;
use crate::config::Pkcs11Config;

/// The key.
pub struct Module {
    // Sessions are not for several threads at once.
    session: Mutex<Session>,
    private: ObjectHandle,
    public: VerifyingKey,
}

impl Module {
    /// Finds the key.
    pub fn open(place: &Pkcs11Config) -> Result<Module, EvmKeyError> {
        let pin = crate::keys::read_secret(&place.pin)?;
        let context = Pkcs11::new(&place.module).map_err(failed)?;
        let locks = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        match context.initialize(locks) {
            // Another chain uses the same module.
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(failed(error)),
        }
        let mut slots = context.get_slots_with_token().map_err(failed)?.into_iter();
        let named = |slot: &_| {
            context.get_token_info(*slot).is_ok_and(|token| token.label() == place.token)
        };
        let slot = slots.find(named).ok_or_else(|| missing("no token has this label"))?;
        let session = context.open_ro_session(slot).map_err(failed)?;
        let pin = AuthPin::new(pin.trim_end().into());
        session.login(UserType::User, Some(&pin)).map_err(failed)?;
        let public = find(&session, &place.label, ObjectClass::PUBLIC_KEY)?;
        let public = public_key(&session, public)?;
        let private = find(&session, &place.label, ObjectClass::PRIVATE_KEY)?;
        Ok(Module { session: Mutex::new(session), private, public })
    }

    /// The public half.
    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// Signs a hash: r and s, 32 bytes each.
    pub fn sign(&self, hash: &B256) -> Result<Vec<u8>, EvmKeyError> {
        let session = self.session.lock().map_err(|_| missing("it failed before"))?;
        session.sign(&Mechanism::Ecdsa, self.private, hash.as_slice()).map_err(failed)
    }
}

fn find(session: &Session, label: &str, class: ObjectClass) -> Result<ObjectHandle, EvmKeyError> {
    let wanted = [Attribute::Class(class), Attribute::Label(label.as_bytes().to_vec())];
    let found = session.find_objects(&wanted).map_err(failed)?;
    match found[..] {
        [one] => Ok(one),
        [] => Err(missing("no key has this label")),
        _ => Err(missing("several keys have this label")),
    }
}

/// The point, which PKCS#11 gives as an octet string in DER.
fn public_key(session: &Session, key: ObjectHandle) -> Result<VerifyingKey, EvmKeyError> {
    let attributes = session.get_attributes(key, &[AttributeType::EcPoint]).map_err(failed)?;
    let Some(Attribute::EcPoint(point)) = attributes.into_iter().next() else {
        return Err(missing("the public key has no point"));
    };
    let point = point.strip_prefix(&[0x04, 0x41]).unwrap_or(&point);
    VerifyingKey::from_sec1_bytes(point).map_err(|_| missing("the key is not on secp256k1"))
}

fn failed(error: Error) -> EvmKeyError {
    EvmKeyError::Module { reason: error.to_string() }
}

fn missing(reason: &str) -> EvmKeyError {
    EvmKeyError::Module { reason: reason.to_owned() }
}
