//! The last lines of a version: which clocks outside the federation count.
//!
//! ```text
//! bitcoin <main | regtest> <height> <block hash, hex as it is shown>
//! evm <name> <chain id> <contract, 40 hex> <hash of its code, 64 hex>
//! tsa <name> <root certificate, base64 of DER>
//! tsa-algorithm <name> <last day, YYYY-MM-DD | none>
//! ```
//!
//! At most one line `bitcoin`; the others are sorted by name. A version without them names none.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::FederationError as Error;
use super::version::{many, short_name};
use crate::anchor::clocks::{Algorithm, Bitcoin, Chain, Clocks, Network, StampAuthority};
use crate::limits;
use crate::text::{self, Lines};
use crate::time::Date;

/// Blocks between two changes of the difficulty: only from there on all later ones can be computed.
const RETARGET_BLOCKS: u64 = 2016;

pub(super) fn read(lines: &mut Lines<'_>) -> Result<Clocks, Error> {
    Ok(Clocks {
        bitcoin: many(lines, "bitcoin ", 1, bitcoin)?.pop(),
        chains: many(lines, "evm ", limits::CLOCKS, chain)?,
        authorities: many(lines, "tsa ", limits::CLOCKS, authority)?,
        algorithms: many(lines, "tsa-algorithm ", limits::CLOCKS, algorithm)?,
    })
}

pub(super) fn write(clocks: &Clocks, text: &mut String) -> core::fmt::Result {
    if let Some(Bitcoin { network, height, hash }) = &clocks.bitcoin {
        writeln!(text, "bitcoin {} {height} {}", network.name(), shown(hash))?;
    }
    for Chain { name, id, contract, code_hash } in &clocks.chains {
        let (contract, code_hash) = (hex::encode(contract), hex::encode(code_hash));
        writeln!(text, "evm {name} {id} {contract} {code_hash}")?;
    }
    for StampAuthority { name, certificate } in &clocks.authorities {
        writeln!(text, "tsa {name} {}", text::base64_encode(certificate))?;
    }
    for Algorithm { name, until } in &clocks.algorithms {
        match until {
            Some(day) => writeln!(text, "tsa-algorithm {name} {day}")?,
            None => writeln!(text, "tsa-algorithm {name} none")?,
        }
    }
    Ok(())
}

pub(super) fn check(clocks: &Clocks) -> Result<(), Error> {
    let sorted = clocks.chains.is_sorted_by(|a, b| a.name < b.name)
        && clocks.authorities.is_sorted_by(|a, b| a.name < b.name)
        && clocks.algorithms.is_sorted_by(|a, b| a.name < b.name);
    let lists = [clocks.chains.len(), clocks.authorities.len(), clocks.algorithms.len()];
    if !sorted {
        return Err(Error::NotSorted);
    }
    if lists.into_iter().any(|length| length > limits::CLOCKS) {
        return Err(Error::TooMany);
    }
    let aligned = |bitcoin: &Bitcoin| {
        let in_bounds = bitcoin.height <= limits::BITCOIN_HEIGHT;
        in_bounds && bitcoin.height.is_multiple_of(RETARGET_BLOCKS)
    };
    if clocks.bitcoin.as_ref().is_some_and(|bitcoin| !aligned(bitcoin)) {
        return Err(Error::BadHeight);
    }
    Ok(())
}

/// Puts what a line says in the place of what has that name, or adds it. The rules that all lines
/// keep together are checked with the version.
pub fn set_clock(clocks: &mut Clocks, line: &str) -> Result<(), Error> {
    let (keyword, rest) = line.split_once(' ').ok_or(Error::BadLine)?;
    match keyword {
        "bitcoin" => clocks.bitcoin = Some(bitcoin(rest)?),
        "evm" => put(&mut clocks.chains, chain(rest)?, |chain| &chain.name),
        "tsa" => put(&mut clocks.authorities, authority(rest)?, |authority| &authority.name),
        "tsa-algorithm" => put(&mut clocks.algorithms, algorithm(rest)?, |one| &one.name),
        _ => return Err(Error::BadLine),
    }
    Ok(())
}

/// Takes out what `bitcoin`, `evm NAME`, `tsa NAME` or `tsa-algorithm NAME` names; `false` if that
/// is not there.
pub fn drop_clock(clocks: &mut Clocks, named: &str) -> bool {
    let (keyword, name) = named.split_once(' ').unwrap_or((named, ""));
    match keyword {
        "bitcoin" => name.is_empty() && clocks.bitcoin.take().is_some(),
        "evm" => take(&mut clocks.chains, |chain| chain.name == name),
        "tsa" => take(&mut clocks.authorities, |authority| authority.name == name),
        "tsa-algorithm" => take(&mut clocks.algorithms, |one| one.name == name),
        _ => false,
    }
}

fn put<T>(all: &mut Vec<T>, new: T, name: fn(&T) -> &String) {
    all.retain(|old| name(old) != name(&new));
    all.push(new);
    all.sort_by(|a, b| name(a).cmp(name(b)));
}

fn take<T>(all: &mut Vec<T>, named: impl Fn(&T) -> bool) -> bool {
    let before = all.len();
    all.retain(|one| !named(one));
    all.len() < before
}

/// A block hash as everybody writes it: the bytes turned round.
fn shown(hash: &[u8; 32]) -> String {
    let mut hash = *hash;
    hash.reverse();
    hex::encode(hash)
}

fn bitcoin(line: &str) -> Result<Bitcoin, Error> {
    let [network, height, hash] = words(line)?;
    let mut hash: [u8; 32] = text::hex_array(hash)?;
    hash.reverse();
    let network = Network::parse(network).ok_or(Error::BadLine)?;
    Ok(Bitcoin { network, height: text::decimal(height)?, hash })
}

fn chain(line: &str) -> Result<Chain, Error> {
    let [name, id, contract, code_hash] = words(line)?;
    Ok(Chain {
        name: short_name(name)?,
        id: text::decimal_up_to(id, limits::JSON_INTEGER)?,
        contract: text::hex_array(contract)?,
        code_hash: text::hex_array(code_hash)?,
    })
}

fn authority(line: &str) -> Result<StampAuthority, Error> {
    let [name, certificate] = words(line)?;
    let certificate = text::base64_decode(certificate)?;
    if certificate.is_empty() || certificate.len() > limits::CERTIFICATE_BYTES {
        return Err(Error::BadLine);
    }
    Ok(StampAuthority { name: short_name(name)?, certificate })
}

fn algorithm(line: &str) -> Result<Algorithm, Error> {
    let [name, until] = words(line)?;
    let until = match until {
        "none" => None,
        day => Some(Date::parse(day).map_err(|_| Error::BadLine)?),
    };
    Ok(Algorithm { name: short_name(name)?, until })
}

/// Exactly so many words, one space between them.
fn words<const N: usize>(line: &str) -> Result<[&str; N], Error> {
    let mut words = line.split(' ');
    let mut all = [""; N];
    for word in &mut all {
        *word = words.next().ok_or(Error::BadLine)?;
    }
    if words.next().is_some() { Err(Error::BadLine) } else { Ok(all) }
}
