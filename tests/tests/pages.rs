//! 1. A node serves the pages and the state of the federation.
//! 2. Nothing about those requests is in its log lines, even with all that the node can say.
//! 3. Its numbers name routes and no files.
//! 4. The same pages come out of the one command, byte for byte.

use anyhow::{Result, ensure};
use e2e::http;
use e2e::process::{binaries, run};
use e2e::world::{Setup, World};
use std::fs;

const PATHS: [&str; 5] = [
    "/page/base.css",
    "/page/site.css",
    "/page/federation",
    "/page/words/check.de.json",
    "/accessibility.html",
];

#[test]
fn nothing_is_written_down_about_who_looks_at_a_page() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut world = World::create(folder.path(), binaries(), &Setup::default())?;
    let config = world.node_folder(0).join("node.toml");
    let text = fs::read_to_string(&config)?;
    let (info, all) = ("log_level = \"info\"", "log_level = \"info,node=trace\"");
    ensure!(text.contains(info));
    fs::write(&config, text.replace(info, all))?;
    world.start_all()?;
    // 1.
    let mut served = Vec::new();
    for path in PATHS {
        let answer = http::read(world.address(0), path)?;
        ensure!(answer.status == 200 && answer.header("set-cookie").is_none(), "{path}");
        served.push(answer.body);
    }
    ensure!(http::read(world.address(0), "/v1/federation-state")?.status == 200);
    // 3.
    let metrics = http::read(world.address(0), "/metrics")?.text();
    ensure!(metrics.contains("route=\"/page/{*rest}\"") && !metrics.contains("base.css"));
    world.stop_all()?;
    // 2.
    let log = fs::read_to_string(world.node_folder(0).join("log.txt"))?;
    ensure!(log.contains("serving"), "{log}");
    for word in ["base.css", "/page", "words", "accessibility", "federation-state", "GET"] {
        ensure!(!log.contains(word), "{word}: {log}");
    }
    // 4.
    let out = folder.path().join("www");
    let mut page = world.node_tool();
    page.arg("page").arg("--federation").arg(world.federation());
    run(page.arg("--out").arg(&out))?.ok()?;
    for (path, bytes) in PATHS.iter().zip(served) {
        ensure!(fs::read(out.join(path.trim_start_matches('/')))? == bytes, "{path}");
    }
    Ok(())
}
