//! `beleg update FILE`: evidence of outside clocks, from a listener in the place of a node into
//! receipts; what it gives away, and what it refuses.

use crate::desk::{Desk, Issue, now, text};
use crate::fixture::World;
use crate::fixture::log::Log;
use crate::node::Node;
use proto::anchor::statement::{Head, Statement};
use proto::checkpoint::SignedCheckpoint;
use proto::hash::{Hash, TreeSize, sha256};
use proto::receipt::Receipt;
use proto::tile::grow::Edge;
use proto::time::Date;
use std::fs;
use std::path::{Path, PathBuf};

struct Scene {
    node: Node,
    desk: Desk,
    list: String,
}

impl Scene {
    fn new() -> Scene {
        let node = Node::start();
        let address = node.address;
        let desk = Desk::of(World::at("2999-12-31", |_| format!("http://{address}")));
        node.serve("/federation", &desk.world.federation.to_bytes());
        Scene { node, desk, list: String::new() }
    }

    /// Serves the empty lists of the last two months, and this one's.
    fn serve_lists(&self) {
        let date = Date::of(proto::hash::Timestamp(now())).unwrap();
        let month = u32::from(date.year()) * 12 + u32::from(date.month()) - 1;
        for (back, bytes) in [(2, ""), (1, ""), (0, self.list.as_str())] {
            let month = month - back;
            let path = format!("/anchors/{:04}-{:02}", month / 12, month % 12 + 1);
            self.node.serve(&path, bytes.as_bytes());
        }
    }

    /// Anchors this checkpoint, with evidence that nobody here can judge.
    fn anchor(&mut self, signed: &SignedCheckpoint, evidence: &[u8]) -> Hash {
        let head = Head::of(signed).unwrap();
        let statement = Statement::new(self.desk.world.federation.id(), vec![head]).unwrap();
        let root = statement.tree().unwrap().root();
        self.node.serve(&format!("/anchors/{root}/statement"), &statement.to_bytes());
        self.node.serve(&format!("/anchors/{root}/ots.1"), evidence);
        self.list += &format!("{} {root} bitcoin ots.1\n", now());
        self.serve_lists();
        root
    }

    /// Serves the tiles of the log as it is.
    fn serve_tiles(&self, log: &Log<'_>) {
        for tile in Edge::empty().grow(&log.leaves()).unwrap() {
            self.node.serve(&format!("/{}", tile.id), &tile.bytes);
        }
    }

    fn update(&self, paths: &[PathBuf]) -> (i32, String, String) {
        let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        let store = self.desk.dir.path().join("store");
        let output = self.desk.beleg("update", &paths, &["--store", store.to_str().unwrap()]);
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    fn receipt(&self, name: &str) -> Receipt {
        Receipt::parse(&fs::read(self.desk.receipt_path(name)).unwrap()).unwrap()
    }

    /// What was asked for since the last call, each path once, without the status lists.
    fn asked(&self) -> Vec<String> {
        let heard = self.node.heard();
        let paths = heard.iter().filter_map(|request| request.split(' ').nth(1));
        let about = |path: &&str| path.contains("anchors") || path.contains("tile");
        paths.filter(about).map(str::to_owned).collect()
    }
}

#[test]
fn documents_of_one_interval_cause_the_same_requests() {
    let mut scene = Scene::new();
    // The same keys once more, so that the log does not hold the scene.
    let address = scene.node.address;
    let desk = Desk::of(World::at("2999-12-31", |_| format!("http://{address}")));
    let mut log = desk.log();
    let issue = Issue::default();
    desk.issue_in(&mut log, &["before.pdf"], issue);
    let first = scene.anchor(&log.checkpoint(now(), &[0, 1, 2]), b"evidence 1");
    scene.desk.issue_in(&mut log, &["a.pdf"], issue);
    scene.desk.issue_in(&mut log, &["b.pdf"], issue);
    let second = scene.anchor(&log.checkpoint(now(), &[0, 1, 2]), b"evidence 2");
    scene.serve_tiles(&log);
    scene.desk.issue_in(&mut log, &["later.pdf"], issue);
    let (a, b) = (scene.desk.path("a.pdf"), scene.desk.path("b.pdf"));

    let (_, said, why) = scene.update(std::slice::from_ref(&a));
    assert!(said.contains(&format!("upgraded\t{}\tbitcoin", a.display())), "{said}{why}");
    let asked = scene.asked();
    assert!(asked.iter().any(|path| path.contains(&format!("{second}/ots.1"))), "{asked:?}");
    assert!(!asked.iter().any(|path| path.contains(&format!("{first}/ots"))), "{asked:?}");
    let (_, said, why) = scene.update(std::slice::from_ref(&b));
    assert!(said.contains("1 upgraded, 0 unchanged"), "{said}{why}");
    assert_eq!(scene.asked(), asked);

    let [anchor] = &scene.receipt("a.pdf").anchors[..] else { panic!() };
    assert_eq!(anchor.root(scene.desk.world.federation.id()), Ok(second));
    assert_eq!(anchor.evidence[0].bytes, b"evidence 2");
    assert_eq!(scene.desk.verdict("a.pdf").0, 0);
    let shown = text(&scene.desk.beleg("inspect", &[&a], &[]).stdout);
    assert!(shown.contains(&format!("anchored root  {second}")), "{shown}");
    assert!(shown.contains("bitcoin        10 bytes, not judged"), "{shown}");

    // The second time nothing is written, and what no anchor covers yet waits for one.
    let before = fs::metadata(scene.desk.receipt_path("a.pdf")).unwrap().modified().unwrap();
    let (_, said, why) = scene.update(&[scene.desk.dir.path().join("in")]);
    assert!(said.contains("0 upgraded, 3 unchanged, 0 waiting, 0 refused"), "{said}{why}");
    let after = fs::metadata(scene.desk.receipt_path("a.pdf")).unwrap().modified().unwrap();
    assert_eq!(before, after);
}

#[test]
fn what_a_lying_node_sends_changes_no_receipt() {
    let mut scene = Scene::new();
    scene.desk.issue(&["a.pdf"], Issue::default());
    let receipt = fs::read(scene.desk.receipt_path("a.pdf")).unwrap();
    let a = [scene.desk.path("a.pdf")];

    // A node without anchors.
    let (code, said, _) = scene.update(&a);
    assert!(code == 2 && said.contains("waiting\t") && said.contains("nodes-away"), "{said}");

    // A log that was rewritten: a tree of the same size with another root.
    let known = Receipt::parse(&receipt).unwrap();
    let checkpoint = known.checkpoint.checkpoint();
    let (origin, size) = (checkpoint.origin(), checkpoint.size());
    let serve = |scene: &mut Scene, size: TreeSize, root: Hash, named: Option<Hash>| {
        let head = Head::new(origin, size, root, sha256(b"lines")).unwrap();
        let statement = Statement::new(known.federation, vec![head]).unwrap();
        let root = named.unwrap_or(statement.tree().unwrap().root());
        scene.node.serve(&format!("/anchors/{root}/statement"), &statement.to_bytes());
        scene.node.serve(&format!("/anchors/{root}/ots.1"), b"evidence");
        scene.list = format!("{} {root} bitcoin ots.1\n", now());
        scene.serve_lists();
    };
    serve(&mut scene, size, Hash([7; 32]), None);
    let (code, said, why) = scene.update(&a);
    assert!(code == 2 && said.contains("anchor-other-tree"), "{said}{why}");
    assert!(why.contains("two histories"), "{why}");
    // A statement that does not lead to its root.
    serve(&mut scene, size, *checkpoint.root(), Some(Hash([8; 32])));
    let (_, said, _) = scene.update(&a);
    assert!(said.contains("anchor-does-not-fit"), "{said}");
    // A list that is none.
    scene.list = "<html>\n".into();
    scene.serve_lists();
    let (_, said, _) = scene.update(&a);
    assert!(said.contains("waiting\t"), "{said}");
    assert_eq!(fs::read(scene.desk.receipt_path("a.pdf")).unwrap(), receipt);
}
