//! The transaction that enters a root: what it may cost, and its bytes.

use alloy_consensus::transaction::RlpEcdsaEncodableTx;
use alloy_consensus::{SignableTransaction, Signed, TxEip1559, TxLegacy};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};

use super::key::{EvmKeyError, Key};

/// Gas that `anchor` may take. It took 45,515 where it was measured; the rest costs nothing.
pub const ANCHOR_GAS: u64 = 100_000;
/// Gas that making the contract may take. It took 104,849.
pub const DEPLOY_GAS: u64 = 250_000;
/// First four bytes of the hash of `anchor(bytes32)`.
const SELECTOR: [u8; 4] = [0xee, 0xcd, 0xf9, 0x27];

/// What gas may cost, in wei.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fee {
    /// The most for each.
    pub max: u128,
    /// Of it, what goes to the block's maker; none on chains without a base fee.
    pub tip: Option<u128>,
}

impl Fee {
    /// The most that a transaction can cost.
    pub fn most(&self, gas: u64) -> u128 {
        self.max.saturating_mul(gas.into())
    }

    /// A fee for which nodes take a transaction in the place of one with this fee: a tenth more is
    /// asked for by most, an eighth is offered.
    pub fn above(&self) -> Fee {
        let more = |wei: u128| wei.saturating_add(wei / 8).saturating_add(1);
        Fee { max: more(self.max), tip: self.tip.map(more) }
    }
}

/// What a transaction does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// The chain.
    pub chain_id: u64,
    /// How many the account sent before.
    pub nonce: u64,
    /// The contract, or none to make one.
    pub to: Option<Address>,
    /// Its arguments, or its code.
    pub input: Bytes,
    /// Gas that it may take.
    pub gas: u64,
}

impl Call {
    /// Enters a root.
    pub fn anchor(chain_id: u64, nonce: u64, contract: Address, root: &[u8; 32]) -> Call {
        let input = [&SELECTOR[..], root].concat().into();
        Call { chain_id, nonce, to: Some(contract), input, gas: ANCHOR_GAS }
    }

    /// Signs it: the bytes to send, and the hash by which the chain names it.
    pub fn sign(self, fee: Fee, key: &Key) -> Result<(Bytes, B256), EvmKeyError> {
        let Call { chain_id, nonce, input, gas: gas_limit, .. } = self;
        let to = self.to.map_or(TxKind::Create, TxKind::Call);
        match fee.tip {
            Some(tip) => sign(
                TxEip1559 {
                    chain_id,
                    nonce,
                    gas_limit,
                    max_fee_per_gas: fee.max,
                    max_priority_fee_per_gas: tip,
                    to,
                    value: U256::ZERO,
                    access_list: Default::default(),
                    input,
                },
                key,
            ),
            None => sign(
                TxLegacy {
                    chain_id: Some(chain_id),
                    nonce,
                    gas_price: fee.max,
                    gas_limit,
                    to,
                    value: U256::ZERO,
                    input,
                },
                key,
            ),
        }
    }
}

fn sign<T>(transaction: T, key: &Key) -> Result<(Bytes, B256), EvmKeyError>
where
    T: SignableTransaction<Signature> + RlpEcdsaEncodableTx,
{
    let signature = key.sign(&transaction.signature_hash())?;
    let signed: Signed<T> = transaction.into_signed(signature);
    let mut raw = Vec::new();
    signed.eip2718_encode(&mut raw);
    Ok((raw.into(), *signed.hash()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::transaction::RlpEcdsaDecodableTx;

    #[test]
    fn what_is_signed_is_what_was_meant() {
        let key = Key::File(k256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap());
        let contract = Address::repeat_byte(9);
        let call = Call::anchor(5, 3, contract, &[1; 32]);
        let (raw, hash) = call.clone().sign(Fee { max: 20, tip: Some(2) }, &key).unwrap();
        let signed = TxEip1559::eip2718_decode(&mut &raw[..]).unwrap();
        assert_eq!((*signed.hash(), signed.recover_signer().unwrap()), (hash, key.address()));
        let transaction = signed.tx();
        assert_eq!(
            (transaction.chain_id, transaction.nonce, transaction.gas_limit),
            (5, 3, 100_000)
        );
        assert_eq!(
            (transaction.max_fee_per_gas, transaction.max_priority_fee_per_gas, transaction.value),
            (20, 2, U256::ZERO)
        );
        assert_eq!(transaction.to, TxKind::Call(contract));
        assert_eq!(transaction.input, call.input);
        let (raw, _) = call.sign(Fee { max: 20, tip: None }, &key).unwrap();
        let signed = TxLegacy::eip2718_decode(&mut &raw[..]).unwrap();
        assert_eq!((signed.tx().gas_price, signed.tx().chain_id), (20, Some(5)));
        assert_eq!(signed.recover_signer().unwrap(), key.address());
    }

    #[test]
    fn a_replacement_offers_a_tenth_more() {
        for wei in [0, 1, 7, 1_000_000_000, u128::MAX] {
            let more = Fee { max: wei, tip: Some(wei) }.above();
            assert!(more.max >= wei.saturating_add(wei / 10) && more.tip == Some(more.max));
        }
        assert_eq!(Fee { max: u128::MAX, tip: None }.most(2), u128::MAX);
    }
}
