//! What leaves the browser.
//!
//! 1. All that the browser sends to anybody passes a recorder.
//! 2. A document with telling fields is checked: only whole files of the page, the federation file
//!    and whole status lists are asked for, with GET, without a body, without a cookie.
//! 3. What was sent holds none of: the document, its digest, its name, its fields.
//! 4. With the node gone and no network the page opens again and gives the same answer.

use super::{Answer, Browser, DESKTOP, calm, check};
use crate::town::{HOME, TYPE, Town, expect, receipt};
use anyhow::Result;
use e2e::browser::Request;
use e2e::process::{free_port, run};
use e2e::wire::{Proxy, contains};
use proto::hash::sha256;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

#[test]
fn the_document_stays_in_the_browser() -> Result<()> {
    if e2e::browser::installed()?.is_none() {
        return Ok(());
    }
    let mut town = Town::start()?;
    // 1.
    let door = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let recorder = Proxy::start(door, town.world.address(HOME))?;
    let through = format!("--proxy-server=http://{door}");
    let flags = [through.as_str(), "--proxy-bypass-list=<-loopback>"];
    let Some(browser) = Browser::start(&flags)? else { return Ok(()) };
    // 2.
    let letter = town.letter("Erika-Mustermann-1964.pdf")?;
    let telling = ["Registry-of-Harbour-Street", "ref-77-4711", "Erika Mustermann"];
    let mut issue = town.office.issue_tool(TYPE);
    issue.args(["--unit", telling[0], "--reference", telling[1]]);
    issue.args(["--field", &format!("holder={}", telling[2])]);
    expect(&run(issue.arg(&letter))?, 0);
    let page = browser.chromium.open("en", DESKTOP)?;
    let home = format!("http://{}/", town.world.address(HOME));
    page.go(&home)?;
    page.wait("document.querySelector('#trust').dataset.server === 'done'")?;
    let valid = Answer::new("VALID", "valid");
    assert_eq!(check(&page, &[&letter, &receipt(&letter)])?, valid);
    assert!(page.eval("document.cookie === ''")? == true);
    let streams = recorder.recorded();
    let mut asked = Vec::new();
    for stream in &streams {
        let text = String::from_utf8_lossy(stream);
        for line in text.lines().filter(|line| line.ends_with(" HTTP/1.1")) {
            asked.push(line.to_owned());
        }
        let heads = text.to_ascii_lowercase();
        assert!(!heads.contains("\r\ncookie:") && !heads.contains("\r\nset-cookie:"));
    }
    assert!(asked.len() > 5, "the recorder has not seen the page: {asked:?}");
    let page_sent = page.requests();
    let web = |request: &&Request| request.url.starts_with("http");
    let own = |request: &Request| request.url.starts_with(&home) && !request.has_body;
    assert!(page_sent.iter().filter(web).all(own), "{page_sent:?}");
    for line in asked.iter().filter(|line| !MAKER.iter().any(|host| line.contains(host))) {
        let path = line.strip_prefix("GET ").and_then(|rest| rest.split(' ').next());
        let path = path.and_then(|path| path.strip_prefix(&home));
        assert!(path.is_some_and(is_whole), "{line}");
    }
    // 3.
    let bytes = fs::read(&letter)?;
    let mut secrets = vec![sha256(&bytes).0.to_vec(), bytes[..32].to_vec()];
    secrets.push(b"Erika-Mustermann-1964".to_vec());
    secrets.extend(telling.iter().map(|text| text.as_bytes().to_vec()));
    for secret in &secrets {
        assert!(!contains(&streams, secret), "sent: {}", String::from_utf8_lossy(secret));
    }
    calm(&page);
    // 4.
    page.wait("navigator.serviceWorker.controller !== null")?;
    town.world.stop_all()?;
    drop(recorder);
    page.go(&home)?;
    assert_eq!(check(&page, &[&letter, &receipt(&letter)])?, valid);
    Ok(())
}

/// Whom the browser asks for itself, whatever page it shows: clock, updates, accounts.
const MAKER: [&str; 3] = ["google.com", "googleapis.com", "gvt1.com"];

/// A file that is the same for every reader, whatever is checked.
fn is_whole(path: &str) -> bool {
    let status_list =
        path.split_once('/').is_some_and(|(log, rest)| log.len() == 64 && rest == "v1/status-list");
    status_list
        || path.is_empty()
        || path == "federation"
        || path == "v1/status-list"
        || [
            "page/",
            "sw.js",
            "manifest.webmanifest",
            "index.html",
            "accessibility.html",
            "live.html",
            "desk.html",
        ]
        .iter()
        .any(|start| path.starts_with(start))
}
