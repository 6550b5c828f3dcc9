//! A federation of real processes in one folder: keys, federation file, four nodes, offices.
//!
//! ```text
//! FOLDER/federation           the federation file
//!        offline/NAME/        governance and administration keys: these never come to a node
//!        nodes/NAME/          config, on-line keys, data and log.txt of one node
//!        OFFICE/              an issuing office's key and settings
//! ```

use crate::http;
pub use crate::office::Office;
use crate::process::{Binaries, Output, Process, free_port, run};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Short name and display name of the authorities; each has a data centre of its own.
pub const MEMBERS: [(&str, &str); 4] = [
    ("auental", "Town of Auental"),
    ("bergfeld", "Town of Bergfeld"),
    ("hafenstadt", "City of Hafenstadt"),
    ("seewald", "District of Seewald"),
];

/// How long a node may take until it is ready.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How long anything may take until a file tells of it.
const FILE_LIMIT: Duration = Duration::from_secs(90);

/// What can be different from one world to the next.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Greatest age of a status that is still VALID.
    pub status_age_s: u64,
    /// Longest time without a checkpoint.
    pub idle_interval_s: u64,
    /// The nodes reach each other through these addresses (those of proxies) instead.
    pub doors: Option<[SocketAddr; 4]>,
    /// Lines of the federation file about clocks outside.
    pub clocks: Vec<String>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { status_age_s: 7 * 24 * 3600, idle_interval_s: 60, doors: None, clocks: Vec::new() }
    }
}

/// One authority with its node.
#[derive(Debug)]
struct Member {
    name: &'static str,
    folder: PathBuf,
    listen: SocketAddr,
    process: Option<Process>,
}

/// A federation of four in one folder. Its nodes end with it.
#[derive(Debug)]
pub struct World {
    folder: PathBuf,
    binaries: Binaries,
    members: Vec<Member>,
}

impl World {
    /// Makes keys, configs and the signed federation file; starts nothing.
    pub fn create(folder: &Path, binaries: &Binaries, setup: &Setup) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let mut members = Vec::new();
        for (name, _) in MEMBERS {
            let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
            let folder = folder.join("nodes").join(name);
            members.push(Member { name, folder, listen, process: None });
        }
        let world = Self { folder: folder.to_owned(), binaries: binaries.clone(), members };
        for number in 0..MEMBERS.len() {
            world.make_keys(number)?;
        }
        world.found(setup)?;
        for member in &world.members {
            fs::copy(world.federation(), member.folder.join("federation"))?;
            set_option(&member.folder.join("node.toml"), "idle_interval_s", setup.idle_interval_s)?;
        }
        Ok(world)
    }

    /// The federation file.
    pub fn federation(&self) -> PathBuf {
        self.folder.join("federation")
    }

    /// The folder that holds everything.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a node listens.
    pub fn address(&self, number: usize) -> SocketAddr {
        self.members[number].listen
    }

    /// The folder with a node's config, keys and data.
    pub fn node_folder(&self, number: usize) -> &Path {
        &self.members[number].folder
    }

    /// The origin of an authority's log.
    pub fn origin(number: usize) -> String {
        format!("{}.example/log", MEMBERS[number].0)
    }

    fn offline(&self, number: usize, key: &str) -> PathBuf {
        self.folder.join("offline").join(MEMBERS[number].0).join(key)
    }

    /// An authority's administration key.
    pub fn administration_key(&self, number: usize) -> PathBuf {
        self.offline(number, "administration")
    }

    fn make_keys(&self, number: usize) -> Result<()> {
        let name = MEMBERS[number].0;
        fs::create_dir_all(self.folder.join("offline").join(name))?;
        for purpose in ["governance", "administration"] {
            let mut tool = self.node_tool();
            tool.args(["key", "new", "--purpose", purpose]);
            tool.args(["--name", &format!("{name}.example/{purpose}")]);
            run(tool.arg("--out").arg(self.offline(number, purpose)))?.ok()?;
        }
        let member = &self.members[number];
        let mut tool = self.node_tool();
        tool.arg("init").arg("--dir").arg(&member.folder);
        tool.args(["--operator", name, "--origin", &Self::origin(number)]);
        run(tool.args(["--listen", &member.listen.to_string()]))?.ok()?;
        Ok(())
    }

    fn found(&self, setup: &Setup) -> Result<()> {
        let mut create = self.node_tool();
        create.args(["federation", "create", "--name", "Four towns"]);
        create.args(["--quorum", "3", "--faults", "1", "--expires", "2036-12-31"]);
        create.args(["--status-age", &setup.status_age_s.to_string()]);
        for (number, (name, display)) in MEMBERS.iter().enumerate() {
            let door = setup.doors.map_or(self.address(number), |doors| doors[number]);
            let vkey = |path: PathBuf| fs::read_to_string(path).map(|text| text.trim().to_owned());
            let node = |file: &str| vkey(self.members[number].folder.join(file));
            let offline = |key: &str| vkey(self.offline(number, &format!("{key}.pub")));
            create.arg("--operator").arg(format!(
                "{name} http://{door}/ {} {} {}",
                offline("governance")?,
                node("cosigner-ed25519.pub")?,
                node("cosigner-mldsa.pub")?,
            ));
            create.arg("--authority").arg(format!(
                "{name} {name} http://{door}/ {} {} {display}",
                node("log.pub")?,
                offline("administration")?,
            ));
        }
        for clock in &setup.clocks {
            create.args(["--clock", clock]);
        }
        run(create.arg("--out").arg(self.federation()))?.ok()?;
        for number in 0..3 {
            let mut sign = self.node_tool();
            sign.args(["federation", "sign"]).arg(self.federation());
            run(sign.arg("--key").arg(self.offline(number, "governance")))?.ok()?;
        }
        Ok(())
    }

    /// `beleg-node`, ready for arguments.
    pub fn node_tool(&self) -> Command {
        Command::new(&self.binaries.node)
    }

    /// `beleg-issuer`, ready for arguments.
    pub fn issuer_tool(&self) -> Command {
        Command::new(&self.binaries.issuer)
    }

    /// `beleg`, ready for arguments.
    pub fn verifier_tool(&self) -> Command {
        Command::new(&self.binaries.verifier)
    }

    /// Starts a node, with further arguments of `serve` if need be; does not wait for it.
    pub fn start_with(&mut self, number: usize, args: &[&str]) -> Result<()> {
        let mut serve = self.node_tool();
        let member = &mut self.members[number];
        ensure!(member.process.is_none(), "{} is already running", member.name);
        serve.arg("serve").arg("--config").arg(member.folder.join("node.toml")).args(args);
        member.process = Some(Process::start(&mut serve, &member.folder.join("log.txt"))?);
        Ok(())
    }

    /// Starts a node; does not wait for it.
    pub fn start(&mut self, number: usize) -> Result<()> {
        self.start_with(number, &[])
    }

    /// Starts every node that does not run and waits until all are ready.
    pub fn start_all(&mut self) -> Result<()> {
        for number in 0..self.members.len() {
            if self.members[number].process.is_none() {
                self.start(number)?;
            }
        }
        (0..self.members.len()).try_for_each(|number| self.wait_ready(number))
    }

    /// Waits until a node says that it may sign and answer.
    pub fn wait_ready(&mut self, number: usize) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        let address = self.address(number);
        let member = &mut self.members[number];
        let process = member.process.as_mut().context("it was not started")?;
        let mut last = String::from("no answer");
        while Instant::now() < deadline {
            match http::read(address, "/readyz") {
                Ok(answer) if answer.status == 200 => return Ok(()),
                Ok(answer) => last = answer.text(),
                Err(error) => last = format!("{error:#}"),
            }
            if !process.is_running() {
                bail!("{} has ended; its log ends:\n{}", member.name, process.tail());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("{} is not ready: {last}; its log ends:\n{}", member.name, process.tail())
    }

    /// Ends a node as a power cut would.
    pub fn kill(&mut self, number: usize) {
        if let Some(process) = self.members[number].process.take() {
            process.kill();
        }
    }

    /// The process that a node is, while it runs.
    pub fn process_id(&self, number: usize) -> Option<u32> {
        self.members[number].process.as_ref().map(Process::id)
    }

    /// Asks a node to finish and waits for its exit code.
    pub fn stop(&mut self, number: usize) -> Result<i32> {
        self.members[number].process.take().context("it does not run")?.stop()
    }

    /// The exit code of a node that was started and has ended without being told to.
    pub fn ended_by_itself(&mut self, number: usize) -> Result<Option<i32>> {
        let process = self.members[number].process.as_mut().context("it was not started")?;
        process.wait(Duration::from_secs(5))
    }

    /// Stops every node that runs.
    pub fn stop_all(&mut self) -> Result<()> {
        for number in 0..self.members.len() {
            if self.members[number].process.is_some() {
                let code = self.stop(number)?;
                ensure!(code == 0, "{} ended with {code}", self.members[number].name);
            }
        }
        Ok(())
    }

    /// Lets the nodes run on after the world; their process ids.
    pub fn release(mut self) -> Vec<u32> {
        let running = self.members.iter_mut().filter_map(|member| member.process.take());
        running.map(Process::release).collect()
    }

    /// What a node has written, its last lines.
    pub fn tail(&self, number: usize) -> String {
        self.members[number].process.as_ref().map(Process::tail).unwrap_or_default()
    }

    /// Waits until a file in a node's folder holds this, and gives it.
    pub fn file_with(&self, number: usize, name: &str, what: &str) -> Result<String> {
        let file = self.members[number].folder.join(name);
        let start = Instant::now();
        loop {
            let text = fs::read_to_string(&file).unwrap_or_default();
            if text.contains(what) {
                return Ok(text);
            }
            let tail = self.tail(number);
            ensure!(start.elapsed() < FILE_LIMIT, "no {what:?} in {name}:\n{text}\n{tail}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Adds lines to the end of a node's config file.
    pub fn configure(&self, number: usize, lines: &str) -> Result<()> {
        let path = self.members[number].folder.join("node.toml");
        let mut file = fs::File::options().append(true).open(path)?;
        Ok(file.write_all(lines.as_bytes())?)
    }

    /// `beleg-node fsck` on one node's data.
    pub fn fsck(&self, number: usize) -> Result<Output> {
        let config = self.members[number].folder.join("node.toml");
        run(self.node_tool().arg("fsck").arg("--config").arg(config))
    }

    /// Founds an office at an authority and has it admitted there for these document types.
    pub fn open_office(&self, number: usize, name: &str, types: &[&str]) -> Result<Office> {
        let folder = self.folder.join(name.to_lowercase().replace(' ', "-"));
        let mut init = self.issuer_tool();
        init.arg("init").arg("--dir").arg(&folder).args(["--name", name]);
        init.args(types.iter().flat_map(|kind| ["--type", kind]));
        init.args(["--authority", MEMBERS[number].0]);
        run(init.arg("--federation").arg(self.federation()))?.ok()?;
        let office = Office { tool: self.binaries.issuer.clone(), folder };
        self.administer(number, &["admit", &office.request()])?;
        Ok(office)
    }

    /// Admits an office by the request that it has written.
    pub fn admit(&self, number: usize, request: &Path) -> Result<()> {
        self.administer(number, &["admit", &request.display().to_string()])?;
        Ok(())
    }

    /// Gives an office a new key, in the office and at its authority.
    pub fn rotate_key(&self, number: usize, office: &Office) -> Result<()> {
        run(self.issuer_tool().arg("rotate").arg("--dir").arg(office.folder()))?.ok()?;
        self.administer(number, &["rotate", &office.request()])?;
        Ok(())
    }

    /// Retires the first office that an authority has admitted.
    pub fn retire_first(&self, number: usize) -> Result<()> {
        self.retire(number, |ids| ids.first().copied())
    }

    /// Retires the last office that an authority has admitted.
    pub fn retire_last(&self, number: usize) -> Result<()> {
        self.retire(number, |ids| ids.last().copied())
    }

    fn retire(&self, number: usize, choose: impl Fn(&[u64]) -> Option<u64>) -> Result<()> {
        let list = http::read(self.address(number), "/v1/issuers")?.json()?;
        let rows = list.as_array().context("a list of issuers")?;
        let ids: Vec<u64> = rows.iter().filter_map(|row| row["id"].as_u64()).collect();
        let id = choose(&ids).context("an office")?.to_string();
        self.administer(number, &["retire", "--id", &id, "--authority", MEMBERS[number].0])?;
        Ok(())
    }

    /// `beleg-node issuer ...` with the authority's administration key.
    fn administer(&self, number: usize, args: &[&str]) -> Result<String> {
        let mut tool = self.node_tool();
        tool.arg("issuer").args(args).arg("--federation").arg(self.federation());
        run(tool.arg("--key").arg(self.offline(number, "administration")))?.ok()
    }

    /// `beleg verify PATHS...` with this federation.
    pub fn verify(&self, paths: &[&Path], args: &[&str]) -> Result<Output> {
        let mut tool = self.verifier_tool();
        tool.arg("verify").args(paths).arg("--federation").arg(self.federation()).args(args);
        run(&mut tool)
    }

    /// `beleg update` with this federation, into a store.
    pub fn update(&self, store: &Path) -> Result<Output> {
        let mut tool = self.verifier_tool();
        tool.arg("update").arg("--federation").arg(self.federation()).arg("--store").arg(store);
        run(&mut tool)
    }
}

/// Replaces the value of a number in a settings file that `init` has written.
pub(crate) fn set_option(file: &Path, name: &str, value: u64) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let start = format!("{name} = ");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line = lines.iter_mut().find(|line| line.trim_start_matches("# ").starts_with(&start));
    let line = line.with_context(|| format!("{} has no {name}", file.display()))?;
    *line = format!("{start}{value}");
    fs::write(file, lines.join("\n") + "\n")?;
    Ok(())
}
