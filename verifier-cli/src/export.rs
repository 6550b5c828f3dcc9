//! `beleg inspect --evidence`: evidence of outside clocks as files that other people's tools read,
//! and for each what it is over and who checks it. Nothing is judged here.

use crate::run::{folder_aside, write_aside};
use crate::trouble::RunError;
use crate::view;
use proto::anchor::claim::{self, Claim};
use proto::anchor::evm::{BlockHeader, EvmEvidence, slot};
use proto::anchor::tsa::StampClaim;
use proto::anchor::tsa::chain::{Chain, Stamp};
use proto::anchor::{Evidence, judge::Problem};
use proto::hash::Hash;
use proto::receipt::Receipt;
use proto::text;
use serde::Serialize;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What was written.
#[derive(Debug)]
pub struct Export {
    pub folder: PathBuf,
    pub files: Vec<Exported>,
    /// Why there is no file of a piece of evidence.
    pub left_out: Vec<String>,
}

/// A file in the folder.
#[derive(Debug, Serialize)]
pub struct Exported {
    pub name: String,
    /// What it is, and over what.
    pub over: String,
    /// The command that checks it, to be run in the folder, or the file that it serves to check.
    pub check: String,
}

/// What was written, for a program.
#[derive(Serialize)]
pub struct ExportView<'a> {
    folder: String,
    files: &'a [Exported],
    left_out: &'a [String],
}

impl<'a> From<&'a Export> for ExportView<'a> {
    fn from(export: &'a Export) -> ExportView<'a> {
        let Export { folder, files, left_out } = export;
        ExportView { folder: view::path(folder), files, left_out }
    }
}

/// Writes the evidence in a receipt into a new folder: all of it, or nothing.
pub fn export(path: &Path, receipt: &Receipt, folder: &Path) -> Result<Export, RunError> {
    let (mut parts, mut left_out) = (Parts(Vec::new()), Vec::new());
    for (at, anchor) in receipt.anchors.iter().enumerate() {
        let root = anchor.root(receipt.federation).map_err(|_| Problem::BadPath);
        for (place, evidence) in anchor.evidence.iter().enumerate() {
            let name = format!("anchor-{}-{}-{}", at + 1, place + 1, evidence.kind.name());
            let added = root.clone().and_then(|root| parts.add(&name, &root, evidence));
            left_out.extend(added.err().map(|why| format!("{name}: {why}")));
        }
    }
    if parts.0.is_empty() {
        return Err(RunError::NoEvidence { path: path.to_path_buf() });
    }
    folder_aside(folder, |aside| {
        parts.0.iter().try_for_each(|(file, bytes)| {
            let target = aside.join(&file.name);
            let failed = |why| RunError::Write { path: target.clone(), why };
            write_aside(&target, |out| out.write_all(bytes).map_err(failed))
        })
    })?;
    let files = parts.0.into_iter().map(|(file, _)| file).collect();
    Ok(Export { folder: folder.to_path_buf(), files, left_out })
}

/// Files with their bytes.
struct Parts(Vec<(Exported, Vec<u8>)>);

impl Parts {
    fn push(&mut self, name: String, over: String, check: String, bytes: Vec<u8>) {
        self.0.push((Exported { name, over, check }, bytes));
    }

    fn add(&mut self, name: &str, root: &Hash, evidence: &Evidence) -> Result<(), Problem> {
        let bytes = &evidence.bytes;
        match claim::read(evidence)? {
            Claim::Bitcoin(claim) => {
                let name = format!("{name}.ots");
                let over = format!("OpenTimestamps file over {}", claim.digest);
                let check = format!("ots verify -d {root} {name}");
                self.push(name, over, check, bytes.clone());
            }
            Claim::Evm { chain_id, header } => {
                let evidence = EvmEvidence::parse(bytes).map_err(|why| Problem::Evm(why.into()))?;
                self.evm(name, root, chain_id, &header, &evidence);
            }
            Claim::Tsa(claims) => {
                let form = |why| Problem::Tsa(proto::anchor::tsa::TsaProblem::Form(why));
                let chain = Chain::parse(bytes).map_err(form)?;
                for (at, (stamp, claim)) in chain.stamps.iter().zip(&claims).enumerate() {
                    let name = format!("{name}-{}", at + 1);
                    let over = match at {
                        0 => format!("-digest {root}"),
                        _ => {
                            let before = Chain { stamps: chain.stamps[..at].to_vec() };
                            let before = before.to_bytes().map_err(form)?;
                            self.before(&name, before)
                        }
                    };
                    self.stamp(&name, &over, stamp, claim);
                }
            }
        }
        Ok(())
    }

    /// What a later time-stamp is over; the option that says so to `openssl ts`.
    fn before(&mut self, name: &str, bytes: Vec<u8>) -> String {
        let file = format!("{name}.before");
        let check = format!("used to check {name}.tst");
        self.push(
            file.clone(),
            "the evidence as it was before this time-stamp".into(),
            check,
            bytes,
        );
        format!("-data {file}")
    }

    fn stamp(&mut self, name: &str, over: &str, stamp: &Stamp, claim: &StampClaim) {
        let certificates = format!("{name}.pem");
        let mut check = format!("openssl ts -verify {over} -token_in -in {name}.tst");
        if !claim.certificates.is_empty() {
            check.push_str(&format!(" -untrusted {certificates}"));
        }
        check.push_str(&format!(" -attime {} -CAfile ROOT.pem", claim.time));
        let imprint = hex::encode(&claim.imprint);
        let over = format!("time-stamp token over {imprint} ({})", claim.digest);
        self.push(format!("{name}.tst"), over, check, stamp.token.clone());
        if !claim.certificates.is_empty() {
            let pem = claim.certificates.iter().map(|der| pem("CERTIFICATE", der));
            let over = "its certificates, up to the root".into();
            let check = format!("used to check {name}.tst");
            self.push(certificates.clone(), over, check, pem.collect::<String>().into_bytes());
        }
        for (at, list) in stamp.lists.iter().enumerate() {
            let file = format!("{name}-{}.crl", at + 1);
            // Its signer is one of the certificates, or the root itself.
            let signers = match claim.certificates.is_empty() {
                true => "ROOT.pem".to_owned(),
                false => format!("ROOT.pem {certificates}"),
            };
            let check = format!("cat {signers} | openssl crl -noout -in {file} -CAfile /dev/stdin");
            let bytes = pem("X509 CRL", list).into_bytes();
            self.push(file, "revocation list for its certificates".into(), check, bytes);
        }
    }

    fn evm(
        &mut self,
        name: &str,
        root: &Hash,
        chain_id: u64,
        header: &BlockHeader,
        evidence: &EvmEvidence,
    ) {
        let data = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
        let (number, block, slot) = (header.number, data(&header.hash.0), data(&slot(root).0));
        let proof = Eip1186 {
            chain_id: format!("{chain_id:#x}"),
            block_number: format!("{number:#x}"),
            block_hash: &block,
            block_header: data(&evidence.header),
            account_proof: evidence.account.iter().map(|node| data(node)).collect(),
            storage_proof: [StorageProof {
                key: &slot,
                proof: evidence.storage.iter().map(|node| data(node)).collect(),
            }],
        };
        // Strings alone: there is nothing that JSON could not hold.
        let Ok(mut bytes) = serde_json::to_vec_pretty(&proof) else { return };
        bytes.push(b'\n');
        let file = format!("{name}.json");
        let over = format!("proof of slot {slot}, where {root} stands, under block {block}");
        let check = format!(
            "eth_getBlockByNumber {number:#x} gives that block, and eth_getProof of the contract \
             in the federation file the same nodes"
        );
        self.push(file, over, check, bytes);
    }
}

/// The proofs as a node's `eth_getProof` (EIP-1186) gives them, and the header that they are under.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Eip1186<'a> {
    chain_id: String,
    block_number: String,
    block_hash: &'a str,
    block_header: String,
    account_proof: Vec<String>,
    storage_proof: [StorageProof<'a>; 1],
}

#[derive(Serialize)]
struct StorageProof<'a> {
    key: &'a str,
    proof: Vec<String>,
}

/// PEM (RFC 7468), which OpenSSL reads several of in one file.
fn pem(label: &str, der: &[u8]) -> String {
    let base64 = text::base64_encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in base64.as_bytes().chunks(64) {
        out.extend(line.iter().map(|byte| char::from(*byte)));
        out.push('\n');
    }
    out + &format!("-----END {label}-----\n")
}
