//! Blobs in another registry.

use std::{fs, path::Path, sync::Arc};

use metier_core::Digest;
use metier_store::depot::{Depot, DepotError, DepotLimits};

use super::{OWNER, large, push, unfinished};
use crate::{
    distribution::tests::shelf::{Shelf, Told},
    keeper::elsewhere::Behind,
};

const REPOSITORY: &str = "acme/files";

async fn open(folder: &Path, shelf: &Shelf) -> Result<(Depot, Vec<(Digest, u64)>), DepotError> {
    let behind = Behind::new(shelf.remote(REPOSITORY)).unwrap();
    Depot::over(folder, DepotLimits::default(), Arc::new(behind), OWNER).await
}

async fn depot(folder: &Path, shelf: &Shelf) -> Depot {
    open(folder, shelf).await.unwrap().0
}

#[tokio::test]
async fn a_blob_is_kept_there_and_found_again_after_a_restart() {
    let (folder, shelf) = (tempfile::tempdir().unwrap(), Shelf::open().await);
    let first = depot(folder.path(), &shelf).await;
    let mut all = Vec::new();
    for bytes in [b"small".to_vec(), large(), Vec::new()] {
        push(&first, &bytes).await.unwrap();
        all.push((Digest::of(&bytes), bytes.len() as u64));
    }
    drop(first);
    let (depot, mut there) = open(folder.path(), &shelf).await.unwrap();
    there.sort_by_key(|(digest, _)| digest.to_hex());
    all.sort_by_key(|(digest, _)| digest.to_hex());
    assert_eq!(there, all);
    let digest = Digest::of(&large());
    let whole = depot.read_all(&digest, 1 << 30).await.unwrap();
    assert!(whole.unwrap() == large());
    for is_whole in [false, true] {
        if is_whole {
            // As registries do that know no ranges.
            shelf.lie(|asked, told| {
                (told.status == 206)
                    .then(|| Told::of(200, large()))
                    .filter(|_| asked.method == "GET")
            });
        }
        let mut part = depot.read(&digest, 250, 3).await.unwrap().unwrap();
        let mut bytes = Vec::new();
        while let Some(piece) = part.next().await.unwrap() {
            bytes.extend(piece);
        }
        assert_eq!(bytes, [250, 0, 1], "{is_whole}");
    }
    shelf.be_honest();
    depot.remove(&digest).await.unwrap();
    depot.remove(&digest).await.unwrap();
    assert_eq!(depot.size(&digest).await.unwrap(), None);
    drop(depot);
    let (depot, there) = open(folder.path(), &shelf).await.unwrap();
    assert_eq!(there.len(), 2);
    // What somebody removed there is not there.
    shelf.lie(|asked, _| asked.path.contains("/blobs/").then(|| Told::of(404, "")));
    assert_eq!(depot.size(&Digest::of(b"small")).await.unwrap(), None);
    let read = depot.read(&Digest::of(b"small"), 0, u64::MAX).await;
    assert!(read.unwrap().is_none());
}

/// It breaks off at the first request, at the second, and so on.
#[tokio::test]
async fn a_registry_that_fails_in_the_middle_has_no_blob() {
    let bytes = large();
    let (folder, shelf) = (tempfile::tempdir().unwrap(), Shelf::open().await);
    let depot = depot(folder.path(), &shelf).await;
    let digest = Digest::of(&bytes);
    let mut failed = 0;
    loop {
        shelf.fail_at(failed);
        let pushed = push(&depot, &bytes).await;
        shelf.be_well();
        assert_eq!(unfinished(folder.path()), 0);
        let Err(error) = pushed else { break };
        failed += 1;
        assert!(matches!(error, DepotError::Away { .. }), "{error}");
        assert_eq!(depot.size(&digest).await.unwrap(), None, "{failed}");
        let again = tempfile::tempdir().unwrap();
        assert!(open(again.path(), &shelf).await.unwrap().1.is_empty());
    }
    // To begin, three pieces, the end, and its manifest.
    assert_eq!(failed, 6);
    assert_eq!(depot.size(&digest).await.unwrap(), Some(bytes.len() as u64));
}

#[tokio::test]
async fn a_registry_that_lies_is_refused() {
    let (folder, shelf) = (tempfile::tempdir().unwrap(), Shelf::open().await);
    let depot = depot(folder.path(), &shelf).await;
    push(&depot, b"sound").await.unwrap();
    let digest = Digest::of(b"sound");
    let of_blobs =
        |asked: &crate::distribution::tests::shelf::Asked| asked.path.contains("/blobs/sha256");
    for other in ["rotten", "soun", ""] {
        shelf.lie(move |asked, _| of_blobs(asked).then(|| Told::of(200, other)));
        let error = depot.size(&digest).await.unwrap_err().to_string();
        assert!(error.contains("it was given 5"), "{error}");
        let error = depot.read_all(&digest, 99).await.unwrap_err();
        assert!(matches!(error, DepotError::Away { .. }), "{error}");
    }
    // Of the right length, by its head.
    for (other, length) in [("rotte", 5), ("soun", 5), ("<html", 5)] {
        shelf.lie(move |asked, _| {
            of_blobs(asked).then(|| Told {
                length: Some(length),
                ..Told::of(200, other)
            })
        });
        let error = depot.read_all(&digest, 99).await.unwrap_err();
        let is_refused = matches!(error, DepotError::Damaged { .. } | DepotError::Away { .. });
        assert!(is_refused, "{other}: {error}");
    }
    // One that gives another part than was asked for.
    shelf.lie(move |asked, _| {
        of_blobs(asked).then(|| Told {
            headers: vec![("content-range", "bytes 3-4/5".to_owned())],
            ..Told::of(206, "nd")
        })
    });
    assert!(depot.read(&digest, 1, 2).await.is_err());
    shelf.be_honest();
    // It keeps something else than it was sent.
    shelf.lie(|asked, told| {
        (asked.method == "PUT").then(|| Told {
            headers: vec![("docker-content-digest", Digest::of(b"other").to_string())],
            ..told
        })
    });
    let error = push(&depot, b"more").await.unwrap_err();
    assert!(matches!(error, DepotError::Away { .. }), "{error}");
}

#[tokio::test]
async fn a_registry_that_deletes_nothing_is_refused_at_the_beginning() {
    let (folder, shelf) = (tempfile::tempdir().unwrap(), Shelf::open().await);
    shelf.delete_nothing();
    let error = open(folder.path(), &shelf).await.unwrap_err().to_string();
    assert!(error.contains("switch deleting on"), "{error}");
    assert!(!folder.path().join("kept-in").exists());
}

#[tokio::test]
async fn a_repository_is_one_markets_alone() {
    let (folder, shelf) = (tempfile::tempdir().unwrap(), Shelf::open().await);
    depot(folder.path(), &shelf).await;
    let behind = Behind::new(shelf.remote(REPOSITORY)).unwrap();
    let other = tempfile::tempdir().unwrap();
    let limits = DepotLimits::default();
    let refused = Depot::over(other.path(), limits, Arc::new(behind), "another market").await;
    assert!(matches!(refused, Err(DepotError::Foreign { owner, .. }) if owner == OWNER));
    assert_eq!(
        fs::read_dir(other.path()).unwrap().count(),
        1,
        "`unfinished` alone"
    );
    let nowhere = Behind::new(shelf.remote(""));
    let error = nowhere.unwrap_err().to_string();
    assert!(error.contains("name the repository too"), "{error}");
}

/// Its bytes are for the registry's owner to collect; the blob is gone with its manifest.
#[tokio::test]
async fn a_blob_whose_bytes_cannot_be_unlinked_is_removed_and_that_is_told() {
    let (folder, shelf) = (tempfile::tempdir().unwrap(), Shelf::open().await);
    let depot = depot(folder.path(), &shelf).await;
    push(&depot, b"small").await.unwrap();
    let digest = Digest::of(b"small");
    // The manifest goes; the request for the bytes breaks off.
    shelf.fail_at(1);
    let left = depot.remove(&digest).await.unwrap().unwrap();
    assert!(left.contains(&digest.to_string()), "{left}");
    shelf.be_well();
    assert_eq!(depot.size(&digest).await.unwrap(), None);
    assert!(open(folder.path(), &shelf).await.unwrap().1.is_empty());
    assert_eq!(depot.remove(&digest).await.unwrap(), None);
}
