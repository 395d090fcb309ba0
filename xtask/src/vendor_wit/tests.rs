#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;

use super::{Lock, digests, keep_by_hand, replace, verify};

/// SHA-256 of `abc`, from FIPS 180-2.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn files(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(file, digest): &(&str, &str)| ((*file).to_owned(), (*digest).to_owned());
    entries.iter().map(owned).collect()
}

/// What `--check` says about these files under a lock that pins `io.wit` and `logging/logging.wit`.
fn complaint(found: &[(&str, &str)], wasmtime: &str) -> Option<String> {
    let pinned = files(&[("io.wit", "1"), ("logging/logging.wit", "2")]);
    let lock = Lock::new("48.0.8", &pinned).unwrap();
    let verdict = verify(&lock, &files(found), wasmtime);
    verdict.err().map(|error| error.to_string())
}

#[test]
fn every_kind_of_drift_is_found() {
    let same = [("io.wit", "1"), ("logging/logging.wit", "2")];
    assert_eq!(complaint(&same, "48.0.8"), None);
    for (found, wasmtime, says) in [
        (&same[..], "49.0.0", "the workspace uses 49.0.0"),
        (&same[..1], "48.0.8", "logging/logging.wit is missing"),
        (
            &[("io.wit", "3"), same[1]],
            "48.0.8",
            "io.wit is not the pinned text",
        ),
        (
            &[same[0], same[1], ("new.wit", "4")],
            "48.0.8",
            "new.wit is not in",
        ),
    ] {
        let complaint = complaint(found, wasmtime).unwrap();
        assert!(complaint.contains(says), "{complaint}");
    }
}

#[test]
fn the_lock_survives_writing_and_reading() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deps.lock");
    let pinned = files(&[("io.wit", "1"), ("config/store.wit", "2")]);
    Lock::new("48.0.8", &pinned).unwrap().write(&path).unwrap();
    let read = Lock::read(&path).unwrap();
    verify(&read, &pinned, "48.0.8").unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("crate wasmtime-wasi-config 48.0.8, wit/deps/config"),
        "{text}"
    );
}

#[test]
fn a_folder_without_a_source_cannot_be_pinned() {
    let error = Lock::new("48.0.8", &files(&[("found/on/the/web.wit", "1")]))
        .err()
        .unwrap();
    assert!(error.to_string().contains("found/on/the"), "{error}");
}

#[test]
fn a_refresh_removes_what_the_source_no_longer_has_and_keeps_other_folders() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("logging")).unwrap();
    fs::write(dir.path().join("logging/logging.wit"), "abc").unwrap();
    fs::write(dir.path().join("gone.wit"), "old").unwrap();
    let new = BTreeMap::from([("io.wit".to_owned(), b"abc".to_vec())]);
    replace(dir.path(), &new).unwrap();
    let expected = files(&[("io.wit", ABC), ("logging/logging.wit", ABC)]);
    assert_eq!(digests(dir.path()).unwrap(), expected);
}

#[test]
fn a_refresh_does_not_bless_a_changed_file_that_is_kept_by_hand() {
    let pinned = files(&[("io.wit", "1"), ("logging/logging.wit", "2")]);
    let lock = Lock::new("48.0.8", &pinned).unwrap();
    keep_by_hand(
        &lock,
        &files(&[("io.wit", "changed"), ("logging/logging.wit", "2")]),
    )
    .unwrap();
    for found in [
        &[("logging/logging.wit", "changed")][..],
        &[("io.wit", "1")],
    ] {
        let error = keep_by_hand(&lock, &files(found)).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("git checkout wit/deps/logging/logging.wit"),
            "{error}"
        );
    }
}
