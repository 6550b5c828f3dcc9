//! A time-stamping authority: `openssl ts` behind a few lines of HTTP, with a root, an issuing
//! authority and its revocation list, all made by `openssl` for one story.

use super::found;
use crate::process::{Output, run};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How the authority behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Conduct {
    /// As it should.
    Honest,
    /// Takes a request and says nothing.
    Stalls,
    /// Sends a gigabyte, as fast as somebody reads.
    Gigabyte,
    /// Answers with what it answered before.
    Repeats,
    /// Its clock is an hour behind.
    Late,
    /// It stamps under another policy than the one it was asked for.
    OtherPolicy,
}

/// What a key is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// ECDSA on P-256.
    P256,
    /// RSA with 2,048 bits.
    Rsa,
}

/// An authority that listens on loopback until the story ends.
pub struct Authority {
    folder: PathBuf,
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    folder: PathBuf,
    conduct: Conduct,
    /// Name of the files of key and certificate with which it signs.
    signer: String,
    last: Vec<u8>,
}

const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
                  subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
const POLICIES: [&str; 2] = ["1.2.3.4.1", "1.2.3.4.2"];

impl Authority {
    /// Makes keys and certificates in this folder and listens; `None` if something is not
    /// installed.
    pub fn start(folder: &Path, key: Key) -> Result<Option<Authority>> {
        let here = |name: &str| found(Path::new("/usr/bin").join(name), "apt-get install openssl");
        if here("openssl")?.is_none() || here("faketime")?.is_none() {
            return Ok(None);
        }
        fs::create_dir_all(folder)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Shared {
            folder: folder.to_owned(),
            conduct: Conduct::Honest,
            signer: String::new(),
            last: Vec::new(),
        };
        let authority =
            Authority { folder: folder.to_owned(), address, shared: Arc::new(Mutex::new(shared)) };
        authority.certificate("root", "Root", None, Key::P256, CA, 7300)?;
        authority.certificate("issuing", "Issuing", Some("root"), key, CA, 3650)?;
        authority.write("serial", "01\n")?;
        authority.write("index", "")?;
        authority.write("number", "01\n")?;
        authority.revoke_nothing()?;
        let server = Arc::clone(&authority.shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&server);
                std::thread::spawn(move || drop(serve(stream, &shared)));
            }
        });
        Ok(Some(authority))
    }

    /// Where it stamps.
    pub fn url(&self) -> String {
        format!("http://{}/stamp", self.address)
    }

    /// The root certificate, for the federation file.
    pub fn root(&self) -> PathBuf {
        self.folder.join("root.pem")
    }

    /// Signs from now on with a new certificate that is good for so many days.
    pub fn signs_with(&self, name: &str, key: Key, days: u32) -> Result<()> {
        let extensions = format!(
            "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n\
             subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
             crlDistributionPoints=URI:http://{}/issuing.crl\n",
            self.address
        );
        self.certificate(name, name, Some("issuing"), key, &extensions, days)?;
        self.lock().signer = name.to_owned();
        Ok(())
    }

    /// From now on it behaves like this.
    pub fn becomes(&self, conduct: Conduct) {
        self.lock().conduct = conduct;
    }

    /// `openssl ts -verify` with further arguments, against this authority's root.
    pub fn verify(&self, token: &[u8], args: &[&str]) -> Result<Output> {
        let file = self.folder.join("verified");
        fs::write(&file, token)?;
        let mut verify = self.openssl(&["ts", "-verify", "-token_in", "-in", "verified"]);
        verify.args(["-CAfile", "root.pem", "-untrusted", "issuing.pem"]);
        run(verify.args(args))
    }

    /// A token over this digest, as `openssl ts` makes it, without any node.
    pub fn token(&self, digest: &str) -> Result<Vec<u8>> {
        let mut query = self.openssl(&["ts", "-query", "-sha256", "-cert", "-digest", digest]);
        run(query.args(["-out", "own.tsq"]))?.ok()?;
        let shared = self.lock();
        stamp(&shared, "own.tsq", "own.tok", &["-token_out"])?;
        Ok(fs::read(self.folder.join("own.tok"))?)
    }

    /// The certificate of the issuing authority, DER.
    pub fn issuing(&self) -> Result<Vec<u8>> {
        let args = ["x509", "-in", "issuing.pem", "-outform", "DER", "-out", "issuing.der"];
        run(&mut self.openssl(&args))?.ok()?;
        Ok(fs::read(self.folder.join("issuing.der"))?)
    }

    fn revoke_nothing(&self) -> Result<()> {
        let config = "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\n\
                      default_md=sha256\ndefault_crl_days=30\n";
        self.write("ca.cnf", config)?;
        let mut list = self.openssl(&["ca", "-gencrl", "-config", "ca.cnf"]);
        list.args(["-cert", "issuing.pem", "-keyfile", "issuing.key", "-out", "list.pem"]);
        run(&mut list)?.ok()?;
        let args = ["crl", "-in", "list.pem", "-outform", "DER", "-out", "issuing.crl"];
        run(&mut self.openssl(&args))?.ok()?;
        Ok(())
    }

    fn certificate(
        &self,
        name: &str,
        title: &str,
        issuer: Option<&str>,
        key: Key,
        extensions: &str,
        days: u32,
    ) -> Result<()> {
        let (key_file, request) = (format!("{name}.key"), format!("{name}.csr"));
        let mut make = self.openssl(&["genpkey", "-out", &key_file, "-algorithm"]);
        match key {
            Key::P256 => make.args(["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
            Key::Rsa => make.args(["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
        };
        run(&mut make)?.ok()?;
        let subject = format!("/O=Example/CN=Example {title}");
        let args = ["req", "-new", "-key", &key_file, "-subj", &subject, "-out", &request];
        run(&mut self.openssl(&args))?.ok()?;
        self.write("extensions", extensions)?;
        // From two days ago on, so that a clock that is an hour late is still within.
        let mut sign = Command::new("faketime");
        sign.current_dir(&self.folder).args(["-f", "-2d", "openssl"]);
        sign.args(["x509", "-req", "-in", &request, "-sha256"]);
        sign.args(["-days", &days.to_string(), "-extfile", "extensions"]);
        sign.args(["-out", &format!("{name}.pem")]);
        match issuer {
            Some(issuer) => {
                sign.args(["-CA", &format!("{issuer}.pem"), "-CAkey", &format!("{issuer}.key")]);
                sign.arg("-CAcreateserial")
            }
            None => sign.args(["-signkey", &key_file]),
        };
        run(&mut sign)?.ok()?;
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(fs::write(self.folder.join(name), text)?)
    }

    fn openssl(&self, args: &[&str]) -> Command {
        let mut command = Command::new("openssl");
        command.current_dir(&self.folder).args(args);
        command
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `openssl ts -reply` on a request in the folder.
fn stamp(shared: &Shared, query: &str, out: &str, args: &[&str]) -> Result<()> {
    let signer = &shared.signer;
    let policy = POLICIES[usize::from(shared.conduct == Conduct::OtherPolicy)];
    let config = format!(
        "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\ncrypto_device=builtin\n\
         signer_cert={signer}.pem\nsigner_key={signer}.key\ncerts=issuing.pem\n\
         signer_digest=sha256\ndefault_policy={policy}\nother_policies={}\n\
         digests=sha256,sha384,sha512\ness_cert_id_alg=sha256\n",
        POLICIES.join(",")
    );
    fs::write(shared.folder.join("ts.cnf"), config)?;
    let mut reply = match shared.conduct {
        Conduct::Late => {
            let mut faketime = Command::new("faketime");
            faketime.args(["-f", "-1h", "openssl"]);
            faketime
        }
        _ => Command::new("openssl"),
    };
    reply.current_dir(&shared.folder).args(["ts", "-reply", "-config", "ts.cnf"]);
    run(reply.args(["-queryfile", query, "-out", out]).args(args))?.ok()?;
    Ok(())
}

fn serve(mut stream: TcpStream, shared: &Mutex<Shared>) -> Result<()> {
    let (head, body) = request(&mut stream)?;
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if head.starts_with("GET /issuing.crl ") {
        let list = fs::read(shared.folder.join("issuing.crl"))?;
        return answer(&mut stream, "application/pkix-crl", &list);
    }
    ensure!(head.starts_with("POST /stamp "), "{head}");
    ensure!(head.to_lowercase().contains("content-type: application/timestamp-query"), "{head}");
    match shared.conduct {
        Conduct::Stalls => {
            drop(shared);
            // Until the other side hangs up.
            let _ = stream.read(&mut [0]);
            return Ok(());
        }
        Conduct::Gigabyte => {
            drop(shared);
            return flood(&mut stream);
        }
        Conduct::Repeats if !shared.last.is_empty() => {}
        conduct => {
            let query = match conduct {
                // An authority of another mind: what it is asked for is not what it hears.
                Conduct::OtherPolicy => without_policy(&body),
                _ => body,
            };
            fs::write(shared.folder.join("query.tsq"), query)?;
            stamp(&shared, "query.tsq", "reply.tsr", &[])?;
            shared.last = fs::read(shared.folder.join("reply.tsr"))?;
        }
    }
    answer(&mut stream, "application/timestamp-reply", &shared.last)
}

/// The request without its policy, which is [`POLICIES`]' first.
fn without_policy(request: &[u8]) -> Vec<u8> {
    const POLICY: [u8; 6] = [6, 4, 0x2a, 3, 4, 1];
    let Some(at) = request.windows(POLICY.len()).position(|bytes| bytes == POLICY) else {
        return request.to_vec();
    };
    let mut shorter = [&request[..at], &request[at + POLICY.len()..]].concat();
    shorter[1] -= POLICY.len() as u8;
    shorter
}

fn request(stream: &mut TcpStream) -> Result<(String, Vec<u8>)> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece)?;
        ensure!(length > 0, "hung up");
        bytes.extend_from_slice(&piece[..length]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let lower = head.to_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(Ok(0), str::parse).context("content-length")?;
        if bytes.len() >= end + 4 + length {
            return Ok((head, bytes[end + 4..].to_vec()));
        }
    }
}

fn answer(stream: &mut TcpStream, kind: &str, body: &[u8]) -> Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat())?;
    Ok(())
}

fn flood(stream: &mut TcpStream) -> Result<()> {
    const GIGABYTE: usize = 1 << 30;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\n\
         content-length: {GIGABYTE}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    let piece = vec![0; 1 << 16];
    for _ in 0..GIGABYTE / piece.len() {
        stream.write_all(&piece)?;
    }
    Ok(())
}
