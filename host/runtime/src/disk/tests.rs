//! What the stores rely on.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

#[test]
fn what_is_made_belongs_to_its_owner_alone() {
    let home = tempfile::tempdir().unwrap();
    let root = open_root(&home.path().join("a/b")).unwrap();
    let below = make_below(&root, &["c", "d"]).unwrap();
    create_new(&below, "new").unwrap();
    open_or_create(&below, "lock").unwrap();
    let mode = |path: &str| {
        std::fs::metadata(home.path().join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(["a", "a/b", "a/b/c", "a/b/c/d"].map(mode), [0o700; 4]);
    assert_eq!(["a/b/c/d/new", "a/b/c/d/lock"].map(mode), [0o600; 2]);
}

#[test]
fn a_symbolic_link_does_not_lead_out() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("outside")).unwrap();
    std::fs::write(home.path().join("outside/file"), "secret").unwrap();
    let root = open_root(&home.path().join("root")).unwrap();
    symlink("../outside", home.path().join("root/way")).unwrap();
    symlink("../outside/file", home.path().join("root/file")).unwrap();
    assert!(make_below(&root, &["way"]).is_err());
    assert!(make_below(&root, &["way", "deeper"]).is_err());
    assert!(open_below(&root, &["way"]).is_err());
    assert!(open(&root, "file").is_err());
    assert!(open_or_create(&root, "file").is_err());
}

#[test]
fn missing_is_an_answer_and_a_full_disk_is_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let root = open_root(home.path()).unwrap();
    assert!(open_below(&root, &["no", "where"]).unwrap().is_none());
    assert!(open(&root, "nothing").unwrap().is_none());
    let mut full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    assert!(is_full(&io::Write::write_all(&mut full, b"x").unwrap_err()));
    assert!(!is_full(&create_new(&root, "no/where").unwrap_err()));
}

#[tokio::test]
async fn work_that_panics_is_an_error_of_the_storage() {
    let lost = off_executor(|| std::panic::resume_unwind(Box::new("lost"))).await;
    assert!(lost.is_err_and(|error: io::Error| error.kind() == io::ErrorKind::Other));
}
