//! 1. Sixteen clients send the same submission at the same moment.
//! 2. All get the same entry at the same index, and it was entered once.
//! 3. After a kill -9 and a restart the same submission still has that index.

use crate::ledger::Log;
use crate::town::{HOME, Town};
use anyhow::Result;
use e2e::http;
use e2e::world::World;

#[test]
fn the_same_submission_has_one_index() -> Result<()> {
    let mut town = Town::start()?;
    let desk = town.desk()?;
    let node = town.world.address(HOME);
    // 1.
    let submission = desk.sign_new(4)?;
    let send = || http::post(node, "/v1/issuances?wait_s=30", &submission);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..16).map(|_| scope.spawn(send)).collect();
        clients.into_iter().map(|client| client.join().expect("a client does not panic")).collect()
    });
    // 2.
    let mut indexes = Vec::new();
    for answer in answers {
        indexes.push(desk.check(&submission, &answer?)?.index);
    }
    indexes.dedup();
    assert_eq!(indexes.len(), 1, "{indexes:?}");
    let log = Log::read(node, &World::origin(HOME), &desk.federation)?;
    assert_eq!(log.times_entered(&submission), 1);
    // 3.
    town.world.kill(HOME);
    town.world.start(HOME)?;
    town.world.wait_ready(HOME)?;
    assert_eq!(desk.check(&submission, &send()?)?.index, indexes[0]);
    Ok(())
}
