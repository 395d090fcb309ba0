//! Blobs that stream: never half of one, never other bytes.

use std::{fs, path::Path};

use metier_core::ids::Digest;
use metier_store::depot::{Depot, DepotError, DepotLimits};
use tempfile::TempDir;

fn open(folder: &Path) -> Depot {
    Depot::open(folder, DepotLimits::default()).unwrap()
}

/// Every file below the folder, and its bytes.
fn files(folder: &Path) -> Vec<u64> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.metadata().unwrap().len()),
        }
    }
    found
}

fn path_of(folder: &Path, digest: &Digest) -> std::path::PathBuf {
    let hex = digest.to_hex();
    folder.join(&hex[..2]).join(&hex[2..])
}

#[tokio::test]
async fn a_blob_comes_in_pieces_and_goes_in_parts() {
    let folder = TempDir::new().unwrap();
    let depot = open(folder.path());
    let bytes: Vec<u8> = (0..700_000_u32).map(|number| number as u8).collect();
    let digest = Digest::of(&bytes);
    let mut upload = depot.begin().await.unwrap();
    for piece in bytes.chunks(99_999) {
        upload.write(piece.to_vec()).await.unwrap();
    }
    assert_eq!(
        depot.size(&digest).await.unwrap(),
        None,
        "not before its end"
    );
    assert_eq!(upload.finish(&digest).await.unwrap(), 700_000);
    assert_eq!(depot.size(&digest).await.unwrap(), Some(700_000));
    let whole = depot.read_all(&digest, 1 << 20).await.unwrap().unwrap();
    assert!(whole == bytes);
    let mut part = depot.read(&digest, 255, 3).await.unwrap().unwrap();
    assert_eq!((part.left(), part.size()), (3, 700_000));
    assert_eq!(part.next().await.unwrap(), Some(vec![255, 0, 1]));
    assert_eq!(part.next().await.unwrap(), None);
    let error = depot.read_all(&digest, 699_999).await.unwrap_err();
    assert!(matches!(error, DepotError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn another_digest_is_refused_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let depot = open(folder.path());
    let mut upload = depot.begin().await.unwrap();
    upload.write(b"these".to_vec()).await.unwrap();
    let error = upload.finish(&Digest::of(b"those")).await.unwrap_err();
    assert!(
        matches!(error, DepotError::OtherDigest { found } if found == Digest::of(b"these")),
        "{error}"
    );
    drop(depot.begin().await.unwrap());
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn what_a_killed_process_left_is_swept_and_the_rest_stays() {
    let folder = TempDir::new().unwrap();
    let digest = open(folder.path()).put(b"whole".to_vec()).await.unwrap();
    let upload = open(folder.path()).begin().await.unwrap();
    std::mem::forget(upload);
    assert_eq!(files(folder.path()).len(), 2);
    let depot = open(folder.path());
    assert_eq!(files(folder.path()), [5]);
    assert_eq!(depot.size(&digest).await.unwrap(), Some(5));
}

#[tokio::test]
async fn a_blob_that_is_too_large_is_refused_before_it_is_written() {
    let folder = TempDir::new().unwrap();
    let limits = DepotLimits {
        blob: 10,
        total: None,
    };
    let depot = Depot::open(folder.path(), limits).unwrap();
    let mut upload = depot.begin().await.unwrap();
    upload.write(vec![0; 10]).await.unwrap();
    let error = upload.write(vec![0]).await.unwrap_err();
    assert!(matches!(error, DepotError::TooLarge { max: 10 }), "{error}");
    assert_eq!(files(folder.path()), [10]);
    let error = upload.finish(&Digest::of(&[0; 10])).await.unwrap_err();
    assert!(matches!(error, DepotError::Broken), "{error}");
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_full_depot_takes_no_more_and_counts_across_starts() {
    let folder = TempDir::new().unwrap();
    let limits = DepotLimits {
        blob: 100,
        total: Some(10),
    };
    let depot = Depot::open(folder.path(), limits).unwrap();
    depot.put(b"1234567".to_vec()).await.unwrap();
    depot.put(b"1234567".to_vec()).await.unwrap();
    let error = depot.put(b"12345".to_vec()).await.unwrap_err();
    assert!(matches!(error, DepotError::Full), "{error}");
    depot.put(b"123".to_vec()).await.unwrap();
    drop(depot);
    let depot = Depot::open(folder.path(), limits).unwrap();
    let error = depot.put(b"1".to_vec()).await.unwrap_err();
    assert!(matches!(error, DepotError::Full), "{error}");
    assert_eq!(files(folder.path()).iter().sum::<u64>(), 10);
}

#[tokio::test]
async fn damaged_bytes_never_come_whole_and_are_mended_by_putting_them_again() {
    let folder = TempDir::new().unwrap();
    let depot = open(folder.path());
    let digest = depot.put(b"sound".to_vec()).await.unwrap();
    fs::write(path_of(folder.path(), &digest), b"rotte").unwrap();
    let error = depot.read_all(&digest, 99).await.unwrap_err();
    assert!(matches!(error, DepotError::Damaged { .. }), "{error}");
    let mut upload = depot.begin().await.unwrap();
    upload.write(b"sound".to_vec()).await.unwrap();
    upload.finish(&digest).await.unwrap();
    let mended = depot.read_all(&digest, 99).await.unwrap();
    assert_eq!(mended.as_deref(), Some(&b"sound"[..]));
}

#[tokio::test]
async fn what_is_removed_is_gone_and_its_bytes_are_free_again() {
    let folder = TempDir::new().unwrap();
    let limits = DepotLimits {
        blob: 100,
        total: Some(10),
    };
    let depot = Depot::open(folder.path(), limits).unwrap();
    let one = depot.put(b"1234567".to_vec()).await.unwrap();
    let _unfinished = depot.begin().await.unwrap();
    assert_eq!(depot.list().await.unwrap(), [(one, 7)]);
    depot.remove(&one).await.unwrap();
    depot.remove(&one).await.unwrap();
    assert_eq!(depot.size(&one).await.unwrap(), None);
    assert!(depot.list().await.unwrap().is_empty());
    depot.put(b"1234567890".to_vec()).await.unwrap();
}
