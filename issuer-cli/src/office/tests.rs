//! Founding, rotating and opening an office, against a federation with real keys.

use super::*;
use crate::fixture::World;
use std::io::ErrorKind;
use tempfile::TempDir;

struct Case {
    dir: TempDir,
    world: World,
}

impl Case {
    fn new() -> Case {
        let case = Case { dir: tempfile::tempdir().unwrap(), world: World::new("2999-12-31") };
        fs::write(case.federation(), case.world.federation.to_bytes()).unwrap();
        case
    }

    fn federation(&self) -> PathBuf {
        self.dir.path().join("federation")
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("office")
    }

    fn found(&self, name: &str, authority: &str) -> Result<(), OfficeError> {
        let types = ["residence.certificate".to_owned(), "by-law".to_owned()];
        let (folder, federation) = (self.folder(), self.federation());
        let (folder, federation) = (folder.as_path(), federation.as_path());
        found(&Founding { folder, name, types: &types, authority, federation })
    }

    fn request(&self) -> IssuerRequest {
        IssuerRequest::parse(&fs::read(self.folder().join(REQUEST)).unwrap()).unwrap()
    }
}

fn row(key: &[u8; 32], index: u64, in_force: bool, retired: bool) -> IssuerRow {
    IssuerRow { index, id: 3, key: *key, scope: Vec::new(), retired, in_force, sequence: 0 }
}

#[test]
fn an_office_is_founded_once_and_its_key_is_its_own() {
    let case = Case::new();
    let refused = case.found("Office", "city-x").unwrap_err();
    assert!(matches!(refused, OfficeError::NoAuthority { .. }));
    assert!(matches!(case.found("", "city-c").unwrap_err(), OfficeError::Statement(_)));
    assert!(!case.folder().exists(), "a refused founding leaves nothing");
    case.found("Citizens' office \u{dc}", "city-c").unwrap();
    let key = case.folder().join("key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&key).unwrap();
    let again = case.found("Another", "city-c").unwrap_err();
    assert!(matches!(again, OfficeError::Exists { .. }));
    assert_eq!(fs::read(&key).unwrap(), before);

    let request = case.request();
    assert_eq!(request.place().origin, "city-c.example/log");
    assert_eq!(request.statement().name(), "Citizens' office \u{dc}");
    assert_eq!(request.statement().scope(), ["by-law", "residence.certificate"]);
    let admitted = request.admit(&case.world.members[2].administration).unwrap();
    assert_eq!(admitted.statement, *request.statement());
    let office = Office::open(&case.folder()).unwrap();
    assert_eq!(office.authority.name, "city-c");
    let public = fs::read_to_string(case.folder().join("key.pub")).unwrap();
    assert_eq!(public, format!("{}\n", office.key.verifier_key()));
    assert!(public.starts_with("citizens-office+"), "{public}");
}

#[test]
fn two_at_once_are_refused_and_an_open_key_too() {
    let case = Case::new();
    case.found("Office", "city-c").unwrap();
    let held = Office::open(&case.folder()).unwrap();
    let busy = Office::open(&case.folder()).unwrap_err();
    assert!(matches!(busy, OfficeError::Busy { .. }));
    drop(held);
    let key = case.folder().join("key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let open = Office::open(&case.folder()).unwrap_err();
    assert!(matches!(open, OfficeError::KeyOpen { .. }));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&key, "PRIVATE+KEY+x+00000000+AAAA\n").unwrap();
    let bad = Office::open(&case.folder()).unwrap_err();
    assert!(matches!(bad, OfficeError::Key { .. }));
}

#[test]
fn a_new_key_takes_over_when_it_is_admitted() {
    let case = Case::new();
    case.found("Office", "city-c").unwrap();
    let first = *case.request().statement().key();
    let mut office = Office::open(&case.folder()).unwrap();
    assert!(matches!(office.rotate(&[]), Err(OfficeError::NotAdmitted)));
    office.rotate(&[row(&first, 7, true, false)]).unwrap();
    let previous = case.request().statement().previous().unwrap();
    assert_eq!((previous.id, previous.replaces), (LeafIndex(3), LeafIndex(7)));
    let second = *case.request().statement().key();
    assert_ne!(first, second);
    drop(office);

    // Until the authority has admitted it, the old key signs.
    office = Office::open(&case.folder()).unwrap();
    let rows = [row(&first, 7, true, false)];
    assert!(matches!(office.rotate(&rows), Err(OfficeError::RotationOpen)));
    let (key, entry) = office.key_in_force(&rows).unwrap();
    assert_eq!((key.verifier_key().ed25519_public_key(), entry.index), (Some(&first), 7));
    // Then the new one does, and the old one is gone.
    let rows = [row(&first, 7, false, false), row(&second, 9, true, false)];
    let (key, entry) = office.key_in_force(&rows).unwrap();
    assert_eq!((key.verifier_key().ed25519_public_key(), entry.index), (Some(&second), 9));
    drop(office);
    office = Office::open(&case.folder()).unwrap();
    assert_eq!(office.key.verifier_key().ed25519_public_key(), Some(&second));
    let gone = fs::metadata(case.folder().join("key.next")).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);

    let retired = [row(&second, 12, true, true)];
    assert!(matches!(office.key_in_force(&retired), Err(OfficeError::Retired)));
    assert!(matches!(office.key_in_force(&[]), Err(OfficeError::NotAdmitted)));
}

#[test]
fn names_become_key_names() {
    let cases =
        [("Front desk", "front-desk"), ("\u{dc} b", "b"), ("", "office"), ("+ +", "office")];
    for (name, want) in cases {
        assert_eq!(slug(name), want);
    }
}
