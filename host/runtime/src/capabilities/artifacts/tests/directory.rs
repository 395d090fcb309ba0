//! Crashes, damage, planted files, full disks and neighbours.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use tokio::runtime::Builder;

use super::*;

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(path)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Removal happens beside the executor: wait for it.
async fn until_empty(path: &Path) {
    let since = Instant::now();
    while !names(path).is_empty() {
        assert!(
            since.elapsed() < Duration::from_secs(30),
            "{:?}",
            names(path)
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_artifact_outlives_its_store_and_lies_where_it_is_said_to() {
    let home = tempfile::tempdir().unwrap();
    let blob = put(&DirArtifacts::open(home.path()).unwrap(), &acme(), &large()).await;
    assert_eq!(
        names(&home.path().join("kept/acme")),
        [blob.digest.to_hex()]
    );
    assert!(names(&home.path().join("incoming")).is_empty());
    let again = DirArtifacts::open(home.path()).unwrap();
    assert_eq!(
        read(&again, &acme(), &blob.digest).await.unwrap().unwrap(),
        large()
    );
    assert_eq!(put(&again, &acme(), &large()).await, blob);
    assert_eq!(names(&home.path().join("kept/acme")).len(), 1);
}

#[tokio::test]
async fn a_dropped_writer_leaves_no_file() {
    let home = tempfile::tempdir().unwrap();
    let store = DirArtifacts::open(home.path()).unwrap();
    let mut writer = store.begin(&acme()).await.unwrap();
    writer.write(large()).await.unwrap();
    assert_eq!(names(&home.path().join("incoming")).len(), 1);
    drop(writer);
    until_empty(&home.path().join("incoming")).await;
}

#[test]
fn a_writer_dropped_outside_a_runtime_leaves_no_file() {
    let home = tempfile::tempdir().unwrap();
    let store = DirArtifacts::open(home.path()).unwrap();
    let runtime = Builder::new_current_thread().build().unwrap();
    let writer = runtime.block_on(store.begin(&acme())).unwrap();
    drop(runtime);
    drop(writer);
    assert!(names(&home.path().join("incoming")).is_empty());
}

/// The caller goes away in the middle of a write, which the only thread for blocking work has not come to yet.
#[test]
fn a_write_given_up_leaves_no_file_and_a_broken_writer() {
    let home = tempfile::tempdir().unwrap();
    let store = DirArtifacts::open(home.path()).unwrap();
    let runtime = Builder::new_current_thread()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut writer = store.begin(&acme()).await.unwrap();
        let (release, busy) = std::sync::mpsc::channel::<()>();
        let thread = tokio::task::spawn_blocking(move || busy.recv());
        assert!(writer.write(large()).now_or_never().is_none());
        release.send(()).unwrap();
        thread.await.unwrap().unwrap();
        assert!(matches!(
            writer.write(vec![1]).await,
            Err(ArtifactError::Broken)
        ));
        assert!(matches!(writer.finish().await, Err(ArtifactError::Broken)));
        until_empty(&home.path().join("incoming")).await;
    });
}

/// A killed process's file is locked by nobody; a living one's is, also when it belongs to another process.
#[tokio::test]
async fn opening_removes_what_a_crash_left_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let first = DirArtifacts::open(home.path()).unwrap();
    let mut writer = first.begin(&acme()).await.unwrap();
    writer.write(large()).await.unwrap();
    fs::write(home.path().join("incoming/1-0"), "half").unwrap();
    let second = DirArtifacts::open(home.path()).unwrap();
    assert_eq!(names(&home.path().join("incoming")).len(), 1);
    let blob = writer.finish().await.unwrap();
    assert_eq!(
        read(&second, &acme(), &blob.digest).await.unwrap().unwrap(),
        large()
    );
}

#[tokio::test]
async fn damage_is_found_while_reading_and_mended_by_writing_again() {
    let home = tempfile::tempdir().unwrap();
    let store = DirArtifacts::open(home.path()).unwrap();
    let blob = put(&store, &acme(), &large()).await;
    let path = home.path().join("kept/acme").join(blob.digest.to_hex());
    let mut flipped = large();
    flipped[100_000] ^= 1;
    for bytes in [
        &large()[..100_000],
        &[],
        &flipped,
        &[large(), vec![0]].concat(),
    ] {
        fs::write(&path, bytes).unwrap();
        let damaged = read(&store, &acme(), &blob.digest).await;
        assert!(
            matches!(damaged, Err(ArtifactError::Damaged)),
            "{} bytes",
            bytes.len()
        );
    }
    put(&store, &acme(), &large()).await;
    assert_eq!(
        read(&store, &acme(), &blob.digest).await.unwrap().unwrap(),
        large()
    );
}

#[tokio::test]
async fn a_symbolic_link_in_place_of_a_tenant_is_not_followed_out() {
    let home = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let store = DirArtifacts::open(home.path()).unwrap();
    std::os::unix::fs::symlink(outside.path(), home.path().join("kept/acme")).unwrap();
    let mut writer = store.begin(&acme()).await.unwrap();
    writer.write(large()).await.unwrap();
    assert!(matches!(
        writer.finish().await,
        Err(ArtifactError::Unavailable(_))
    ));
    assert!(names(outside.path()).is_empty());
    assert!(names(&home.path().join("incoming")).is_empty());
    assert!(matches!(
        store.open(&acme(), &Digest::of(b"")).await.err(),
        Some(ArtifactError::Unavailable(_))
    ));
}

#[tokio::test]
async fn a_failing_disk_is_unavailable_without_a_path_in_the_text() {
    let home = tempfile::tempdir().unwrap();
    let store = DirArtifacts::open(home.path()).unwrap();
    fs::remove_dir(home.path().join("incoming")).unwrap();
    let error = store.begin(&acme()).await.err().unwrap();
    assert!(matches!(error, ArtifactError::Unavailable(_)), "{error:?}");
    assert_eq!(error.to_string(), "the host's artifact storage failed");
    assert!(matches!(
        std::io::Error::from(std::io::ErrorKind::StorageFull).into(),
        ArtifactError::Full
    ));
}
