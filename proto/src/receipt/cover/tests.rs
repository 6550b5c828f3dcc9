//! Which tiles are fetched, and which evidence takes the place of which.

use super::*;
use alloc::vec;

#[test]
fn the_tiles_between_two_anchors_prove_every_tree_between_them() {
    let sizes = [1, 2, 255, 256, 257, 511, 512, 513, 700, 65_535, 65_536, 65_537, 66_000];
    for (at, before) in [0].into_iter().chain(sizes).enumerate() {
        for after in sizes.into_iter().skip(at) {
            let tiles = interval(TreeSize(before), TreeSize(after)).unwrap();
            let ends = [before + 1, before + 2, (before + after) / 2, after - 1, after];
            for old in ends.into_iter().filter(|old| (before + 1..=after).contains(old)) {
                let plan = plan::consistency(TreeSize(old), TreeSize(after)).unwrap();
                for tile in plan.tiles() {
                    assert!(tiles.contains(tile), "{before} {old} {after}: {tile}");
                }
            }
        }
    }
}

#[test]
fn too_long_an_interval_is_not_fetched() {
    let far = interval(TreeSize(0), TreeSize(2_000_000));
    assert_eq!(far, Err(CoverError::TooFar { limit: limits::INTERVAL_TILES }));
    let late = interval(TreeSize(1 << 40), TreeSize((1 << 40) + 1_000_000)).unwrap();
    assert!((3907..3930).contains(&late.len()), "{}", late.len());
    assert!(interval(TreeSize(2), TreeSize(1)).is_err());
}

#[test]
fn only_longer_time_stamps_renew() {
    let evidence = |kind, bytes: &[u8]| Evidence { kind, bytes: bytes.to_vec() };
    let old = evidence(Kind::Tsa, b"ab");
    assert!(renews(&evidence(Kind::Tsa, b"abc"), &old));
    for other in [vec![], b"ab".to_vec(), b"a".to_vec(), b"xbc".to_vec()] {
        assert!(!renews(&evidence(Kind::Tsa, &other), &old));
    }
    let (block, longer) = (evidence(Kind::Bitcoin, b"ab"), evidence(Kind::Bitcoin, b"abc"));
    assert!(!renews(&longer, &block));
}
