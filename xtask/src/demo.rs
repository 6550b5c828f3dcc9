//! `cargo xtask demo`: four authorities on this machine, from the founding of their federation to
//! a check with no node alive, told in words for somebody who decides and does not program.

use anyhow::{Context, Result, ensure};
use e2e::documents;
use e2e::process::{Binaries, Output, Profile, run};
use e2e::world::{MEMBERS, Office, Setup, World};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Where, and what is left.
#[derive(clap::Args)]
pub struct Args {
    /// The folder for everything; it may hold an earlier demo, which is replaced
    #[arg(long, default_value = "demo")]
    dir: PathBuf,
    /// Leave the nodes running
    #[arg(long)]
    keep: bool,
}

/// A file that says "this folder is a demo and may be replaced".
const MARK: &str = "made-by-beleg-demo";
const OFFICE: &str = "Publishing office";
const DOCUMENT_TYPE: &str = "public.notice";
const HAFENSTADT: usize = 2;
const BERGFELD: usize = 1;
const SEEWALD: usize = 3;

/// Shows everything, in order.
pub fn run_demo(args: &Args) -> Result<()> {
    println!("Building the programs (this takes a while only the first time) ...");
    let binaries = Binaries::build(Profile::Dev)?;
    let start = Instant::now();
    prepare(&args.dir)?;
    let dir = fs::canonicalize(&args.dir)?;
    let mut demo = Demo { dir, step: 0 };
    let (mut world, office) = demo.found(&binaries)?;
    demo.issue_and_check(&world, &office)?;
    demo.change_one_byte(&world)?;
    demo.withdraw(&world, &office)?;
    demo.lose_one(&mut world, &office)?;
    demo.lose_the_quorum(&mut world, &office)?;
    demo.nobody_alive(&mut world)?;
    println!("\nAll of this took {:.0} seconds.", start.elapsed().as_secs_f32());
    demo.what_next(&args.dir, &binaries);
    if args.keep {
        world.start_all()?;
        let addresses: Vec<String> =
            (0..MEMBERS.len()).map(|number| format!("http://{}/", world.address(number))).collect();
        let ids: Vec<String> = world.release().iter().map(u32::to_string).collect();
        println!("\nThe four nodes are running: {}", addresses.join(" "));
        println!("Stop them with:  kill {}", ids.join(" "));
    }
    Ok(())
}

/// An empty folder, or nothing at all: a folder with other things in it is left alone.
fn prepare(dir: &Path) -> Result<()> {
    if dir.exists() {
        let empty = fs::read_dir(dir).context("--dir is not a folder")?.next().is_none();
        ensure!(
            empty || dir.join(MARK).is_file(),
            "{} holds something that is no demo: name another folder with --dir",
            dir.display()
        );
        fs::remove_dir_all(dir)?;
    }
    fs::create_dir_all(dir)?;
    fs::write(dir.join(MARK), "This folder was made by `cargo xtask demo`.\n")?;
    Ok(())
}

struct Demo {
    dir: PathBuf,
    step: u32,
}

impl Demo {
    fn title(&mut self, text: &str) {
        self.step += 1;
        println!("\n{}. {text}", self.step);
    }

    fn documents(&self) -> PathBuf {
        self.dir.join("documents")
    }

    fn found(&mut self, binaries: &Binaries) -> Result<(World, Office)> {
        self.title("Four authorities found a federation.");
        let mut world = World::create(&self.dir, binaries, &Setup::default())?;
        for (_, display) in MEMBERS {
            say(&format!("{display}: own keys, own data folder, own data centre"));
        }
        say("They agreed: what three of the four data centres have checked and stored, counts.");
        say("So one of them may fail, or lie, and nobody is harmed.");
        say("Three of the four have signed the federation file. It lists everybody's public keys.");

        self.title("Each starts its node.");
        world.start_all()?;
        say("Four nodes are running. Each keeps its own log and a checked copy of the others'.");

        self.title("The City of Hafenstadt admits an office.");
        let office = world.open_office(HAFENSTADT, OFFICE, &[DOCUMENT_TYPE])?;
        office.set_patience(4)?;
        say(
            "The Publishing office has made a key of its own. The city has admitted it, for public",
        );
        say("notices only, with a key that never lies on a server. The others checked that, too.");
        Ok((world, office))
    }

    fn issue_and_check(&mut self, world: &World, office: &Office) -> Result<()> {
        self.title("The office issues a folder of documents.");
        documents::demo_folder(&self.documents())?;
        let mut files: Vec<(String, u64)> = Vec::new();
        for file in fs::read_dir(self.documents())? {
            let file = file?;
            files.push((file.file_name().to_string_lossy().into_owned(), file.metadata()?.len()));
        }
        files.sort();
        for (name, size) in &files {
            say(&format!("{name:32} {:>12} bytes", grouped(*size)));
        }
        let clock = Instant::now();
        office.issue(DOCUMENT_TYPE, &[&self.documents()])?.ok()?;
        let seconds = clock.elapsed().as_secs_f32();
        say(&format!("Done in {seconds:.1} seconds. Beside each document lies its receipt now."));
        say("No document has left the office: what was sent is one signed number for all of them.");

        self.title("Anybody checks them. Nobody is asked, no network is used.");
        for (name, _) in &files {
            expect(&world.verify(&[&self.documents().join(name)], &[])?, 0)?;
        }
        Ok(())
    }

    fn change_one_byte(&mut self, world: &World) -> Result<()> {
        self.title("Somebody changes one single byte of a document.");
        let folder = self.dir.join("changed");
        fs::create_dir_all(&folder)?;
        let name = "fee-schedule-2027.pdf";
        let (genuine, changed) = (self.documents().join(name), folder.join(name));
        documents::copy_with_one_byte_changed(&genuine, &changed, 420)?;
        fs::copy(receipt(&genuine), receipt(&changed))?;
        expect(&world.verify(&[&changed], &[])?, 1)
    }

    fn withdraw(&mut self, world: &World, office: &Office) -> Result<()> {
        self.title("A notice was wrong: the office withdraws it.");
        let (folder, store) = (self.dir.join("withdrawn"), self.dir.join("store"));
        fs::create_dir_all(&folder)?;
        let letter = folder.join("notice-wrong-date.pdf");
        let lines = ["The market is on 31 February.".to_owned()];
        fs::write(&letter, e2e::pdf::page("Notice: market day", &lines))?;
        office.issue(DOCUMENT_TYPE, &[&letter])?.ok()?;
        run(office.tool("revoke").args(["--reason", "error"]).arg(&letter))?.ok()?;
        say("The others let it pass only because the office signed it. Why stays in the office.");
        world.update(&store)?.ok()?;
        say("Whoever checks fetches whole lists, so that nobody learns which document is checked.");
        let store = store.display().to_string();
        expect(&world.verify(&[&letter], &["--store", &store])?, 1)
    }

    fn lose_one(&mut self, world: &mut World, office: &Office) -> Result<()> {
        self.title("The data centre of Seewald goes dark.");
        world.kill(SEEWALD);
        let letter = self.one_more("notice-market-day.pdf", "Notice: market day is moved")?;
        office.issue(DOCUMENT_TYPE, &[&letter])?.ok()?;
        say("Hafenstadt goes on issuing: three of four are enough.");
        expect(&world.verify(&[&letter], &[])?, 0)
    }

    fn lose_the_quorum(&mut self, world: &mut World, office: &Office) -> Result<()> {
        self.title("Bergfeld goes dark as well: two of four are not enough.");
        world.kill(BERGFELD);
        let letter = self.one_more("notice-snow-clearing.pdf", "Notice: clearing of snow")?;
        let said = office.issue(DOCUMENT_TYPE, &[&letter])?;
        ensure!(said.code == 3, "expected exit code 3, got {said:?}");
        ensure!(!receipt(&letter).exists(), "a receipt was written without a quorum");
        quote(&format!("{}{}", said.stdout, said.stderr));
        say("Nothing was issued: there is no receipt. Without a quorum, nobody is told \"done\".");

        self.title("Both come back.");
        world.start_all()?;
        office.resume()?.ok()?;
        say("They caught up by themselves, and the office has finished what it had begun.");
        say("Nothing was lost, and nothing was issued twice.");
        expect(&world.verify(&[&letter], &[])?, 0)
    }

    fn nobody_alive(&mut self, world: &mut World) -> Result<()> {
        self.title("Everything is switched off: no node, no network, no authority.");
        world.stop_all()?;
        let said = world.verify(&[&self.documents()], &["--quiet"])?;
        ensure!(said.code == 0, "verifying without nodes: {said:?}");
        let count = fs::read_dir(self.documents())?
            .filter_map(Result::ok)
            .filter(|file| file.path().extension().is_some_and(|end| end == "tlog-proof"))
            .count();
        say(&format!("All {count} documents were checked again: every one is VALID."));
        say("What proves them is their receipts and the federation file, and nothing else.");
        let mut page = world.node_tool();
        page.arg("page").arg("--federation").arg(world.federation());
        run(page.arg("--single").arg(self.dir.join("check.html")))?.ok()?;
        say("The same check as a page in one file, for people who run no command: check.html.");
        Ok(())
    }

    fn one_more(&self, name: &str, title: &str) -> Result<PathBuf> {
        let path = self.documents().join(name);
        let lines = ["This notice was written while a data centre was dark.".to_owned()];
        fs::write(&path, e2e::pdf::page(title, &lines))?;
        Ok(path)
    }

    fn what_next(&self, dir: &Path, binaries: &Binaries) {
        let beleg = binaries.verifier.display();
        let dir = dir.display();
        println!("\nThe folder {dir} is yours to play with. Try:\n");
        println!("  {beleg} verify {dir}/documents --federation {dir}/federation");
        println!("  {beleg} verify {dir}/changed --federation {dir}/federation");
        println!(
            "  {beleg} verify {dir}/withdrawn --federation {dir}/federation --store {dir}/store"
        );
        println!("  {beleg} inspect {dir}/documents/fee-schedule-2027.pdf.tlog-proof");
        println!(
            "\nOpen {dir}/check.html in a browser and drop a document with its receipt on it."
        );
        println!("Or change any file in {dir}/documents and verify it again.");
    }
}

fn receipt(document: &Path) -> PathBuf {
    let mut name = document.as_os_str().to_owned();
    name.push(".tlog-proof");
    name.into()
}

fn say(text: &str) {
    println!("   {text}");
}

fn quote(text: &str) {
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        println!("   | {line}");
    }
}

/// Shows what a check said, which must have ended with this code.
fn expect(said: &Output, code: i32) -> Result<()> {
    ensure!(said.code == code, "expected exit code {code}, got {said:?}");
    println!();
    quote(&said.stdout);
    Ok(())
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        let groups = [(7, "7"), (1_234, "1,234"), (205_520_896, "205,520,896")];
        for (number, text) in groups {
            assert_eq!(grouped(number), text);
        }
    }
}
