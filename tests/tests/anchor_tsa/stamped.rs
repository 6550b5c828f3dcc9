//! 1. A node has its federation root stamped by an authority with a P-256 key, and one with RSA.
//! 2. It verifies here, with the revocation list that the certificate names, and with
//!    `openssl ts -verify`.
//! 3. One byte is changed, anywhere: it does not verify.
//! 4. The authority is gone, and so are the nodes: it still verifies.
//! 5. A token that `openssl ts` made by itself verifies here as well; under a federation that does
//!    not name its root nothing can be told.

use super::{Anchoring, now};
use anyhow::Result;
use e2e::outside::tsa::Key;
use proto::anchor::clocks::Clocks;
use proto::anchor::tsa::chain::{Chain, Stamp};
use proto::anchor::tsa::verify;
use proto::hash::sha256;
use std::time::Instant;

#[test]
fn a_root_is_stamped_and_verifies_when_the_authority_is_gone() -> Result<()> {
    for key in [Key::P256, Key::Rsa] {
        // 1.
        let Some(mut it) = Anchoring::prepare(key, 1000)? else { return Ok(()) };
        it.configure("every_s = 86400\npolicy = \"1.2.3.4.1\"\n")?;
        it.world.start_all()?;
        let (root, evidence) = it.evidence(1)?;
        // 2.
        let clocks = it.clocks()?;
        let facts = verify(&evidence, &root, &clocks, now())?;
        assert_eq!((facts.authority.as_str(), facts.policy.as_str()), ("example", "1.2.3.4.1"));
        assert_eq!(facts.subject, "CN=Example Signer 1,O=Example");
        assert!(facts.time.0.abs_diff(now().0) < 90, "{facts:?}");
        let chain = Chain::parse(&evidence)?;
        assert_eq!(chain.stamps[0].lists.len(), 1);
        let theirs = it.authority.verify(&chain.stamps[0].token, &["-digest", &root.to_hex()])?;
        assert!(theirs.stdout.contains("Verification: OK"), "{theirs:?}");
        // 3.
        let list = chain.stamps[0].lists[0].len();
        let (signed, list) = evidence.split_at(evidence.len() - list - 5);
        for place in 0..signed.len() {
            let mut other = [signed, list].concat();
            other[place] ^= 0x10;
            assert!(verify(&other, &root, &clocks, now()).is_err(), "{key:?} {place}");
        }
        // 4.
        it.world.stop_all()?;
        let Anchoring { world, authority, dir } = it;
        drop(world);
        let start = Instant::now();
        verify(&evidence, &root, &clocks, now())?;
        let took = start.elapsed();
        println!("{key:?}: {} bytes, {} us to verify", evidence.len(), took.as_micros());
        // 5.
        let other = sha256(b"something of theirs");
        let token = authority.token(&other.to_hex())?;
        let certificates = vec![authority.issuing()?];
        let stamps = vec![Stamp { token, certificates, lists: Vec::new() }];
        let theirs = Chain { stamps }.to_bytes()?;
        assert_eq!(verify(&theirs, &other, &clocks, now())?.authority, "example");
        let problem = verify(&theirs, &other, &Clocks::default(), now()).unwrap_err();
        assert_eq!((problem.code(), problem.is_false()), ("anchor-tsa-unknown", false));
        drop(dir);
    }
    Ok(())
}
