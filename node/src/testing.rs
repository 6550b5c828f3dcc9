//! A federation in one process for tests: real HTTP between the nodes, stores in memory, one clock
//! that stands where it was put.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use proto::anchor::clocks::Clocks;
use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::federation::{Authority, EntryForm, Federation, Operator, Version, sign};
use proto::hash::{Hash, LeafIndex, StatusIndex, Timestamp, TreeSize, sha256};
use proto::ledger::revocation::{Range, Signer};
use proto::ledger::{
    IssuanceStatement, Issuer, IssuerStatement, Place, RevocationStatement, Signed, StatusState,
};
use proto::note::{KeyType, Note, SigningKey};
use proto::receipt::answer::{IssuanceAnswer, IssuerAdmitted};
use proto::time::Date;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::app::{AppError, Parts, Running};
use crate::client::{Answer, Body, Client, Timeouts};
use crate::clock::{Clock, ManualClock};
use crate::cosigner::Cosigner;
use crate::identity::Identity;
use crate::log::sequencer::Rhythm;
use crate::store::Index;
use crate::store::memory::MemoryStore;

/// When the tests take place.
pub const NOW: Timestamp = Timestamp(1_800_000_000);
const BYTES: &str = "application/octet-stream";
const NAMES: [&str; 4] = ["east", "north", "south", "west"];

/// A federation of 1 to 4 operators, each with one log.
pub struct World {
    pub federation: Federation,
    pub clock: Arc<ManualClock>,
    pub seats: Vec<Seat>,
}

/// One operator's place; its node may run or not.
pub struct Seat {
    pub store: MemoryStore,
    pub rhythm: Rhythm,
    pub pool: usize,
    pub without_peers: Vec<String>,
    pub running: Option<Running>,
    /// The folder of its hosted offices.
    pub hosted: Option<PathBuf>,
    /// Proxies that it believes.
    pub proxies: Vec<IpAddr>,
    index: TempDir,
    address: SocketAddr,
}

/// A signing key from a seed.
pub fn key(name: &str, kind: KeyType, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, kind, &[seed; 32]).unwrap()
}

/// The origin of a seat's log.
pub fn origin(seat: usize) -> String {
    format!("{}.example/log", NAMES[seat])
}

/// The path of a seat's log under its origin hash.
pub fn hash_path(seat: usize) -> String {
    format!("/{}", sha256(origin(seat).as_bytes()))
}

/// The key of a seat's log.
pub fn log_key(seat: usize) -> SigningKey {
    key(&origin(seat), KeyType::Ed25519, 10 + seat as u8)
}

/// The key of a hosted office.
pub fn office_key(folder: &Path) -> SigningKey {
    crate::keys::load(&folder.join("key"), KeyType::Ed25519).unwrap()
}

fn admin_key(seat: usize) -> SigningKey {
    key(&format!("{}.example/admin", NAMES[seat]), KeyType::Ed25519, 20 + seat as u8)
}

fn governance_key(seat: usize) -> SigningKey {
    key(&format!("{}.example/governance", NAMES[seat]), KeyType::Ed25519, 30 + seat as u8)
}

fn cosigner_keys(seat: usize) -> (SigningKey, SigningKey) {
    let name = format!("{}.example/cosigner", NAMES[seat]);
    let seed = 40 + seat as u8;
    (key(&name, KeyType::CosignatureV1, seed), key(&name, KeyType::SubtreeV1, seed))
}

fn federation(addresses: &[SocketAddr], quorum: u64, faults: u64) -> Federation {
    let public = |key: SigningKey| key.verifier_key().clone();
    let operator = |(seat, address): (usize, &SocketAddr)| Operator {
        name: NAMES[seat].to_owned(),
        url: format!("http://{address}"),
        governance: public(governance_key(seat)),
        cosigner_ed25519: public(cosigner_keys(seat).0),
        cosigner_ml_dsa: public(cosigner_keys(seat).1),
    };
    let authority = |(seat, address): (usize, &SocketAddr)| Authority {
        name: NAMES[seat].to_owned(),
        operator: NAMES[seat].to_owned(),
        url: format!("http://{address}"),
        log: public(log_key(seat)),
        administration: public(admin_key(seat)),
        display_name: format!("Town of {}", NAMES[seat]),
    };
    let entry = |kind: &str| EntryForm { kind: kind.to_owned(), version: 1 };
    let version = Version {
        name: "Test".to_owned(),
        number: 1,
        previous: None,
        expires: Date::new(2030, 1, 1).unwrap(),
        quorum,
        faults,
        status_age_s: 86_400,
        entries: ["issuance", "issuer", "revocation", "snapshot"].map(entry).into(),
        operators: addresses.iter().enumerate().map(operator).collect(),
        authorities: addresses.iter().enumerate().map(authority).collect(),
        pins: Vec::new(),
        clocks: Clocks::default(),
    };
    let signers = 0..quorum as usize;
    let signatures = signers.map(|seat| sign(&version, &governance_key(seat)).unwrap()).collect();
    Federation::parse(&Note::new(&version.to_text(), signatures).unwrap().to_bytes()).unwrap()
}

impl World {
    /// `count` operators, none of them running yet.
    pub async fn new(count: usize) -> World {
        let mut addresses = Vec::new();
        let mut listeners = Vec::new();
        for _ in 0..count {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            addresses.push(listener.local_addr().unwrap());
            listeners.push(listener);
        }
        let faults = u64::from(count > 3);
        let quorum = count as u64 - faults;
        let seat = |address: &SocketAddr| Seat {
            store: MemoryStore::new(),
            rhythm: Rhythm {
                interval: Duration::from_millis(1),
                idle: Duration::from_secs(3_600),
                most: 8_192,
            },
            pool: 1_000,
            without_peers: Vec::new(),
            running: None,
            hosted: None,
            proxies: Vec::new(),
            index: tempfile::tempdir().unwrap(),
            address: *address,
        };
        let seats = addresses.iter().map(seat).collect();
        let clock = Arc::new(ManualClock::new(NOW));
        World { federation: federation(&addresses, quorum, faults), clock, seats }
    }

    /// The same, all running and with a first publication.
    pub async fn running(count: usize) -> World {
        let mut world = World::new(count).await;
        for seat in 0..count {
            world.start(seat).await.unwrap();
        }
        for seat in 0..count {
            world.ready(seat).await;
        }
        world
    }

    /// Starts a seat's node on its store.
    pub async fn start(&mut self, seat: usize) -> Result<(), AppError> {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let (ed25519, mldsa) = cosigner_keys(seat);
        let cosigner = Cosigner::new(NAMES[seat], ed25519, mldsa, Arc::clone(&clock));
        let place = &mut self.seats[seat];
        let identity = Identity {
            federation: self.federation.clone(),
            federation_file: self.federation.to_bytes(),
            log: Some(Arc::new(log_key(seat))),
            cosigner: Some(Arc::new(cosigner)),
            without_peers: place.without_peers.clone(),
        };
        let index = Index::open(place.index.path()).unwrap();
        let parts = Parts {
            identity,
            store: Arc::new(place.store.clone()),
            open_index: Arc::new(move |prefix| index.log(prefix)),
            clock,
            rhythm: place.rhythm,
            pool: place.pool,
            timeouts: Timeouts {
                connect: Duration::from_millis(500),
                request: Duration::from_secs(10),
            },
            gossip: Duration::from_millis(100),
            hosted: place.hosted.clone(),
            anchors: None,
            page: site::Settings::default(),
            proxies: place.proxies.clone(),
            grace: Duration::from_secs(600),
        };
        let listener = bind(place.address).await;
        place.running = Some(Running::start(parts, listener).await?);
        Ok(())
    }

    /// Stops a seat's node in order.
    pub async fn stop(&mut self, seat: usize) -> Result<(), AppError> {
        match self.seats[seat].running.take() {
            Some(running) => running.stop().await,
            None => Ok(()),
        }
    }

    /// Waits until a seat's node stops by itself, and says why.
    pub async fn ended(&mut self, seat: usize) -> Result<(), AppError> {
        let running = self.seats[seat].running.take().unwrap();
        running.ended().await;
        running.stop().await
    }

    /// Forgets the index of a seat, which costs a rebuild and nothing else.
    pub fn forget_index(&mut self, seat: usize) {
        self.seats[seat].index = tempfile::tempdir().unwrap();
    }

    /// A client of a seat's node.
    pub fn client(&self, seat: usize) -> Client {
        let timeouts =
            Timeouts { connect: Duration::from_secs(5), request: Duration::from_secs(90) };
        Client::new(&format!("http://{}", self.seats[seat].address), timeouts).unwrap()
    }

    /// GET
    pub async fn get(&self, seat: usize, path: &str) -> Answer {
        self.client(seat).get(path, 1 << 24).await.unwrap()
    }

    /// POST of bytes
    pub async fn post(&self, seat: usize, path: &str, bytes: Vec<u8>) -> Answer {
        let body = Body { bytes: bytes.into(), content_type: BYTES, gzip: false };
        self.client(seat).post(path, body, 1 << 24).await.unwrap()
    }

    /// Waits for what `look` wants to see, for a bounded time.
    pub async fn until<F: AsyncFn() -> bool>(&self, what: &str, look: F) {
        for _ in 0..2_000 {
            if look().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("waited in vain: {what}");
    }

    /// Waits until a seat's node has published and is ready.
    pub async fn ready(&self, seat: usize) {
        self.until("ready", async || {
            self.get(seat, "/readyz").await.status == 200
                && self.get(seat, "/checkpoint").await.status == 200
        })
        .await;
    }

    /// The published checkpoint of a seat's log, verified.
    pub async fn published(&self, seat: usize) -> SignedCheckpoint {
        let answer = self.get(seat, "/checkpoint").await;
        let signed = SignedCheckpoint::parse(&answer.body).unwrap();
        self.federation.verify_checkpoint(&signed, &[]).unwrap();
        signed
    }

    /// Where signatures for a seat's log count.
    pub fn sign<T>(&self, seat: usize, sign: impl FnOnce(&Place<'_>) -> T) -> T {
        sign(&Place { federation: self.federation.id(), origin: &origin(seat) })
    }

    /// An issuer entry that the seat's administration has signed.
    pub fn issuer_entry(&self, seat: usize, issuer: &SigningKey) -> Vec<u8> {
        let public = issuer.verifier_key().ed25519_public_key().unwrap();
        let name = issuer.verifier_key().name();
        let statement = IssuerStatement::new(None, name, public, &["certificate"]).unwrap();
        let part = statement.to_bytes();
        self.sign(seat, |place| {
            let by_admin = Signed::IssuerByAdmin.sign(place, &part, &admin_key(seat)).unwrap();
            let by_key = Signed::IssuerByKey.sign(place, &part, issuer).unwrap();
            Issuer { statement, admin_signature: by_admin, key_signature: Some(by_key) }.to_bytes()
        })
    }

    /// Admits an issuer and gives the index of its entry.
    pub async fn admit(&self, seat: usize, issuer: &SigningKey) -> LeafIndex {
        let entry = self.issuer_entry(seat, issuer);
        let answer = self.post(seat, "/v1/issuers?wait_s=30", entry).await;
        assert_eq!(answer.status, 200, "{}", answer.excerpt());
        let admitted: IssuerAdmitted = serde_json::from_slice(&answer.body).unwrap();
        LeafIndex(admitted.index)
    }

    /// A revocation of one document, signed by the issuer.
    pub fn revocation(
        &self,
        seat: usize,
        by: &SigningKey,
        issuer: LeafIndex,
        (sequence, index): (u64, u64),
    ) -> Vec<u8> {
        let index = StatusIndex(index);
        let (signer, state) = (Signer::Issuer, StatusState::Revoked);
        let ranges = vec![Range { first: index, last: index }];
        let statement = RevocationStatement::new(issuer, sequence, signer, state, ranges).unwrap();
        self.sign(seat, |place| statement.sign(place, by).unwrap().to_bytes())
    }

    /// A signed issuance of a batch.
    pub fn issuance(&self, seat: usize, by: &SigningKey, issuer: LeafIndex, batch: u64) -> Vec<u8> {
        let batch_root = sha256(&batch.to_be_bytes());
        let statement = IssuanceStatement { issuer, batch_root, height: 4 };
        self.sign(seat, |place| statement.sign(place, by).unwrap().to_bytes())
    }

    /// Submits and expects a publication. Every proof of the answer is checked.
    pub async fn issue(&self, seat: usize, submission: Vec<u8>) -> IssuanceAnswer {
        let answer = self.post(seat, "/v1/issuances?wait_s=30", submission).await;
        assert_eq!(answer.status, 200, "{}", answer.excerpt());
        self.check_answer(&answer)
    }

    /// Checks every proof of an answer.
    pub fn check_answer(&self, answer: &Answer) -> IssuanceAnswer {
        use proto::hash::leaf_hash;
        use proto::ledger::Snapshot;
        use proto::merkle::inclusion;
        let answer = IssuanceAnswer::parse(&answer.body).unwrap();
        let published = self.federation.verify_checkpoint(&answer.proof.checkpoint, &[]).unwrap();
        let quorum = self.federation.current().quorum as usize;
        let lines = answer.proof.checkpoint.note().signatures().len();
        assert_eq!(lines, 1 + 2 * quorum);
        let (size, root) = (published.size(), published.root());
        let entry = leaf_hash(&answer.entry.to_bytes());
        inclusion::verify(&entry, answer.proof.index, size, root, &answer.proof.proof).unwrap();
        let issuer = leaf_hash(&answer.issuer.to_bytes());
        let index = answer.entry.submission.statement.issuer;
        inclusion::verify(&issuer, index, size, root, &answer.issuer_proof).unwrap();
        let status = &answer.status;
        let snapshot = Snapshot {
            federation: self.federation.id(),
            time: status.time,
            status_length: status.length,
            status_root: status.root,
        };
        let last = LeafIndex(size.0 - 1);
        inclusion::verify(&leaf_hash(&snapshot.to_bytes()), last, size, root, &status.proof)
            .unwrap();
        let first = answer.entry.first_status;
        status.pieces[0].verify(first, status.length, &status.root).unwrap();
        answer
    }
}

/// A checkpoint of a seat's log over any root, signed by that log.
pub fn signed_checkpoint(seat: usize, size: u64, root: Hash) -> SignedCheckpoint {
    let checkpoint = Checkpoint::new(&origin(seat), TreeSize(size), root).unwrap();
    SignedCheckpoint::sign(checkpoint, &log_key(seat)).unwrap()
}

/// The port of a node that has just stopped may be held by its last connections for a moment.
async fn bind(address: SocketAddr) -> TcpListener {
    for _ in 0..500 {
        if let Ok(listener) = TcpListener::bind(address).await {
            return listener;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{address} stays in use");
}
