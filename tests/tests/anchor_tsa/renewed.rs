//! 1. A root is stamped by an authority whose certificate ends in 30 days.
//! 2. The authority signs with a certificate of 2,000 days. The node starts again and renews: a
//!    second time-stamp over all of the evidence, which `openssl ts -verify` takes for what it is.
//! 3. A year later the renewed evidence still proves the first time; the old one does not any more,
//!    and that is not called false.
//! 4. Seven years later nobody has renewed it again, and it is said so.

use super::{ASKS, Anchoring, now};
use anyhow::Result;
use e2e::outside::tsa::Key;
use proto::anchor::tsa::chain::Chain;
use proto::anchor::tsa::verify;
use proto::hash::Timestamp;

const YEAR_S: u64 = 365 * 86_400;

#[test]
fn a_time_stamp_is_renewed_before_its_certificate_ends() -> Result<()> {
    // 1.
    let Some(mut it) = Anchoring::prepare(Key::P256, 30)? else { return Ok(()) };
    it.configure("every_s = 86400\n")?;
    it.world.start_all()?;
    let (root, first) = it.evidence(1)?;
    let clocks = it.clocks()?;
    let before = verify(&first, &root, &clocks, now())?;
    // 2.
    it.authority.signs_with("Signer 2", Key::Rsa, 2000)?;
    it.world.stop(ASKS)?;
    it.world.start(ASKS)?;
    let (again, second) = it.evidence(2)?;
    assert_eq!(again, root);
    let facts = verify(&second, &root, &clocks, now())?;
    assert_eq!((facts.stamps, facts.time), (2, before.time));
    assert!(facts.ends.0 > before.ends.0 + 5 * YEAR_S);
    let chain = Chain::parse(&second)?;
    let old = Chain { stamps: chain.stamps[..1].to_vec() }.to_bytes()?;
    let file = it.dir.path().join("old");
    std::fs::write(&file, &old)?;
    let data = file.display().to_string();
    let theirs = it.authority.verify(&chain.stamps[1].token, &["-data", &data])?;
    assert!(theirs.stdout.contains("Verification: OK"), "{theirs:?}");
    it.world.stop_all()?;
    // 3.
    let later = Timestamp(now().0 + YEAR_S);
    assert_eq!(verify(&second, &root, &clocks, later)?.time, before.time);
    let problem = verify(&first, &root, &clocks, later).unwrap_err();
    assert_eq!((problem.code(), problem.is_false()), ("anchor-tsa-aged", false));
    // 4.
    let problem = verify(&second, &root, &clocks, Timestamp(now().0 + 7 * YEAR_S)).unwrap_err();
    assert!(problem.to_string().contains("was not renewed by then"), "{problem}");
    Ok(())
}
