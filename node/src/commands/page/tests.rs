//! The pages from the command line: made, made again, and never over something else.

use std::fs;

use crate::commands::federation::tests::{Office, run};

fn page(office: &Office, more: &[&str]) -> Result<String, String> {
    let federation = office.text("federation");
    let line = ["page", "--federation", &federation].into_iter().chain(more.iter().copied());
    run(&line.collect::<Vec<_>>())
}

fn founded() -> Office {
    let office = Office::new();
    office.founded("federation");
    office
}

#[test]
fn a_folder_is_made_and_made_again_and_keeps_what_others_put_there() {
    let office = founded();
    let out = office.text("www/pages");
    let said = page(&office, &["--out", &out]).unwrap();
    assert!(said.starts_with("wrote ") && said.contains(&out), "{said}");
    let read = |path: &str| fs::read_to_string(office.path("www/pages").join(path)).unwrap();
    let federation = fs::read_to_string(office.path("federation")).unwrap();
    assert_eq!(read("page/federation"), federation);
    assert!(read("page/site.json").contains("\"name\": \"Three towns\""));
    let list = read("files.sha256");
    assert!(list.contains("  page/site.json\n") && list.contains("  page/base.css\n"));
    fs::write(office.path("www/pages/robots.txt"), "mine").unwrap();
    let other = ["--out", &out, "--name", "Town hall", "--accent", "#7a0019", "--language", "en"];
    page(&office, &other).unwrap();
    assert_eq!(read("robots.txt"), "mine");
    assert!(read("page/site.json").contains("\"name\": \"Town hall\""));
    assert!(read("page/site.css").contains("--site-accent: #7a0019;"));
}

#[test]
fn what_somebody_else_wrote_or_changed_is_not_overwritten() {
    let office = founded();
    let out = office.text("www");
    fs::create_dir_all(office.path("www/page")).unwrap();
    fs::write(office.path("www/page/base.css"), "mine").unwrap();
    let refused = page(&office, &["--out", &out]).unwrap_err();
    assert!(refused.contains("base.css: this file was not written by this command"), "{refused}");
    assert_eq!(fs::read_dir(office.path("www")).unwrap().count(), 1, "nothing else is written");
    fs::remove_dir_all(office.path("www")).unwrap();
    page(&office, &["--out", &out]).unwrap();
    fs::write(office.path("www/page/site.css"), "mine").unwrap();
    let refused = page(&office, &["--out", &out]).unwrap_err();
    assert!(refused.contains("site.css") && refused.lines().count() == 2, "{refused}");
    assert_eq!(fs::read_to_string(office.path("www/page/site.css")).unwrap(), "mine");
}

#[test]
fn a_run_that_was_interrupted_is_taken_up_and_old_files_go() {
    let office = founded();
    let (out, www) = (office.text("www"), office.path("www"));
    page(&office, &["--out", &out]).unwrap();
    // Another version had one file more, and stopped while its list held both.
    let list = fs::read_to_string(www.join("files.sha256")).unwrap();
    fs::write(www.join("page/old.js"), "old").unwrap();
    let old = proto::hash::sha256(b"old").to_hex();
    let outside = format!("{old}  ../federation\n");
    fs::write(www.join("files.sha256"), format!("{list}{old}  page/old.js\n{outside}")).unwrap();
    fs::remove_file(www.join("page/site.css")).unwrap();
    page(&office, &["--out", &out]).unwrap();
    assert!(!www.join("page/old.js").exists() && www.join("page/site.css").exists());
    assert!(office.path("federation").exists());
    assert_eq!(fs::read_to_string(www.join("files.sha256")).unwrap(), list);
}

#[test]
fn settings_come_from_a_file_or_from_options_and_are_checked() {
    let office = founded();
    let (out, config) = (office.text("www"), office.text("site.toml"));
    let with = |text: &str| {
        fs::write(office.path("site.toml"), text).unwrap();
        page(&office, &["--out", &out, "--config", &config])
    };
    with("name = \"From a file\"\nlanguages = [\"en\"]\n").unwrap();
    let json = fs::read_to_string(office.path("www/page/site.json")).unwrap();
    assert!(json.contains("From a file"), "{json}");
    let refused = with("# x\nnmae = \"x\"\n").unwrap_err();
    assert!(refused.contains("site.toml, line 2: unknown field `nmae`"), "{refused}");
    let refused = with("colours.accent = \"#ffcc00\"\n").unwrap_err();
    assert!(refused.contains("contrast") && refused.lines().count() == 2, "{refused}");
    let refused = with("folder = \"nowhere\"\n").unwrap_err();
    assert!(refused.contains("nowhere: the words in this folder cannot be read"), "{refused}");
    assert!(page(&office, &[]).unwrap_err().contains("--out"));
    let both = ["--out", &out, "--config", &config, "--name", "x"];
    assert!(page(&office, &both).unwrap_err().contains("cannot be used with"));
}
