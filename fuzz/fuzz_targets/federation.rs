//! Federation files: what is read is written back to the same bytes, and no edit changes the text
//! that was signed.
#![no_main]

use beleg_fuzz::world::World;
use proto::federation::{Federation, Version};
use std::sync::LazyLock;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    beleg_fuzz::run_on(data, &WORLD.federation.to_bytes(), |input| {
        if let Ok(federation) = Federation::parse(input) {
            assert_eq!(federation.to_bytes(), input);
            assert_eq!(federation.id(), WORLD.federation.id());
        }
    });
    let text = WORLD.federation.current().to_text();
    beleg_fuzz::run_on(data, text.as_bytes(), |input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        if let Ok(version) = Version::parse(text) {
            assert_eq!(version.to_text(), text);
        }
    });
});
