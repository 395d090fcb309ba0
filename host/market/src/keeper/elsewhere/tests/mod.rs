//! Blobs in a bucket: all of a blob or nothing of it, and never other bytes than it was given.
#![expect(clippy::unwrap_used, reason = "tests")]

mod answers;
mod faulty;
mod registry;

use std::{fs, path::Path, sync::Arc};

use metier_core::Digest;
use metier_store::depot::{Depot, DepotError, DepotLimits};
use object_store::{ObjectStoreExt, memory::InMemory, path::Path as Key};

use self::faulty::Faulty;
use super::Bucket;

const OWNER: &str = "the market https://market.example sha256:00";

fn bucket(store: &Arc<Faulty>) -> Arc<Bucket> {
    let address = "s3://blobs/of/market".parse().unwrap();
    Arc::new(Bucket::new(store.clone(), &address))
}

fn memory() -> Arc<Faulty> {
    Arc::new(Faulty::over(InMemory::new()))
}

async fn depot(folder: &Path, store: &Arc<Faulty>) -> Depot {
    let limits = DepotLimits::default();
    let depot = Depot::over(folder, limits, bucket(store), OWNER).await;
    depot.unwrap().0
}

async fn push(depot: &Depot, bytes: &[u8]) -> Result<u64, DepotError> {
    let mut upload = depot.begin().await?;
    for piece in bytes.chunks(1 << 20) {
        upload.write(piece.to_vec()).await?;
    }
    upload.finish(&Digest::of(bytes)).await
}

/// More than two parts of one.
fn large() -> Vec<u8> {
    let numbers = 0..(17 << 20) + 5_u32;
    numbers.map(|number| (number % 251) as u8).collect()
}

fn key(digest: &Digest) -> Key {
    let hex = digest.to_hex();
    Key::from(format!("of/market/{}/{}", &hex[..2], &hex[2..]))
}

fn unfinished(folder: &Path) -> usize {
    fs::read_dir(folder.join("unfinished")).unwrap().count()
}

#[tokio::test]
async fn a_blob_goes_there_whole_and_comes_back_in_ranges() {
    let (folder, store) = (tempfile::tempdir().unwrap(), memory());
    let depot = depot(folder.path(), &store).await;
    for bytes in [b"small".to_vec(), large(), Vec::new()] {
        let digest = Digest::of(&bytes);
        assert_eq!(depot.size(&digest).await.unwrap(), None);
        let size = bytes.len() as u64;
        assert_eq!(push(&depot, &bytes).await.unwrap(), size);
        assert_eq!(depot.size(&digest).await.unwrap(), Some(size));
        let whole = depot.read_all(&digest, 1 << 30).await.unwrap();
        assert!(whole.unwrap() == bytes);
        assert!(store.has(&key(&digest)).await, "where a folder has it");
        assert_eq!(unfinished(folder.path()), 0);
    }
    let digest = Digest::of(&large());
    let mut part = depot.read(&digest, 250, 3).await.unwrap().unwrap();
    assert_eq!((part.left(), part.size()), (3, large().len() as u64));
    let mut bytes = Vec::new();
    while let Some(piece) = part.next().await.unwrap() {
        bytes.extend(piece);
    }
    assert_eq!(bytes, [250, 0, 1]);
    assert_eq!(depot.list().await.unwrap().len(), 3);
    depot.remove(&digest).await.unwrap();
    depot.remove(&digest).await.unwrap();
    assert!(depot.read(&digest, 0, 9).await.unwrap().is_none());
    assert_eq!(depot.list().await.unwrap().len(), 2);
}

/// Whatever it says of it: other bytes, fewer, more, none.
#[tokio::test]
async fn a_bucket_that_gives_back_other_bytes_is_refused() {
    let (folder, store) = (tempfile::tempdir().unwrap(), memory());
    let depot = depot(folder.path(), &store).await;
    let digest = Digest::of(b"sound");
    for other in ["rotten", "soun", "soundly", "rotte", ""] {
        push(&depot, b"sound").await.unwrap();
        store
            .inner
            .put(&key(&digest), other.to_owned().into())
            .await
            .unwrap();
        let error = depot.read_all(&digest, 99).await.unwrap_err();
        assert!(
            matches!(error, DepotError::Damaged { .. }),
            "{other}: {error}"
        );
    }
    // What is pushed again is mended.
    push(&depot, b"sound").await.unwrap();
    let mended = depot.read_all(&digest, 99).await.unwrap();
    assert_eq!(mended.as_deref(), Some(&b"sound"[..]));
    // Less than it said on its way.
    store.cut(true);
    let error = depot.read_all(&digest, 99).await.unwrap_err();
    assert!(matches!(error, DepotError::Damaged { .. }), "{error}");
}

/// It fails at the first request, at the second, and so on: nothing of the blob is there until all went well.
#[tokio::test]
async fn a_bucket_that_fails_in_the_middle_leaves_nothing_to_see() {
    for bytes in [b"small".to_vec(), large()] {
        let (folder, store) = (tempfile::tempdir().unwrap(), memory());
        let depot = depot(folder.path(), &store).await;
        let digest = Digest::of(&bytes);
        let mut failed = 0;
        loop {
            store.fail_at(failed);
            let pushed = push(&depot, &bytes).await;
            store.be_well();
            assert_eq!(unfinished(folder.path()), 0);
            if pushed.is_ok() {
                break;
            }
            failed += 1;
            let error = pushed.unwrap_err().to_string();
            assert!(error.contains("s3://blobs/of/market"), "{error}");
            assert!(error.contains("somebody pulled the plug"), "{error}");
            assert_eq!(depot.size(&digest).await.unwrap(), None, "{failed}");
            assert!(depot.list().await.unwrap().is_empty());
        }
        // One request; or the beginning, three parts and the end.
        assert_eq!(failed, if bytes.len() == 5 { 1 } else { 5 });
        assert_eq!(depot.size(&digest).await.unwrap(), Some(bytes.len() as u64));
    }
}

/// The disk gave back other bytes than it was given.
#[tokio::test]
async fn bytes_that_changed_in_the_folder_are_not_sent() {
    for bytes in [b"small".to_vec(), large()] {
        let (folder, store) = (tempfile::tempdir().unwrap(), memory());
        let depot = depot(folder.path(), &store).await;
        let digest = Digest::of(&bytes);
        let mut upload = depot.begin().await.unwrap();
        upload.write(bytes.clone()).await.unwrap();
        let file = fs::read_dir(folder.path().join("unfinished")).unwrap();
        let file = file.last().unwrap().unwrap().path();
        let mut other = bytes.clone();
        *other.last_mut().unwrap() ^= 1;
        fs::write(file, other).unwrap();
        let error = upload.finish(&digest).await.unwrap_err();
        assert!(matches!(error, DepotError::Damaged { .. }), "{error}");
        assert_eq!(depot.size(&digest).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_bucket_is_one_markets_alone() {
    let (folder, store) = (tempfile::tempdir().unwrap(), memory());
    depot(folder.path(), &store).await;
    depot(folder.path(), &store).await;
    let other = tempfile::tempdir().unwrap();
    let limits = DepotLimits::default();
    let refused = Depot::over(other.path(), limits, bucket(&store), "another market").await;
    let error = refused.unwrap_err();
    assert!(
        matches!(&error, DepotError::Foreign { owner, .. } if owner == OWNER),
        "{error}"
    );
    // Another prefix is another place.
    let elsewhere = Bucket::new(store.clone(), &"s3://blobs/other".parse().unwrap());
    let opened = Depot::over(other.path(), limits, Arc::new(elsewhere), "another market");
    assert!(opened.await.unwrap().1.is_empty());
}

#[tokio::test]
async fn what_the_folder_had_moves_in_and_the_folder_alone_is_refused() {
    let (folder, store) = (tempfile::tempdir().unwrap(), memory());
    let limits = DepotLimits {
        blob: 1 << 20,
        total: Some(12),
    };
    let local = Depot::open(folder.path(), limits).unwrap();
    let one = local.put(b"12345".to_vec()).await.unwrap();
    drop(local);
    store.fail_at(0);
    let failed = Depot::over(folder.path(), limits, bucket(&store), OWNER).await;
    assert!(failed.is_err());
    store.be_well();
    let opened = Depot::over(folder.path(), limits, bucket(&store), OWNER).await;
    let (depot, there) = opened.unwrap();
    assert_eq!(there, [(one, 5)]);
    let read = depot.read_all(&one, 99).await.unwrap();
    assert_eq!(read.as_deref(), Some(&b"12345"[..]));
    // It counts there as it did here.
    let error = push(&depot, b"12345678").await.unwrap_err();
    assert!(matches!(error, DepotError::Full), "{error}");
    push(&depot, b"1234567").await.unwrap();
    let hex = one.to_hex();
    assert!(!folder.path().join(&hex[..2]).join(&hex[2..]).exists());
    drop(depot);
    let error = Depot::open(folder.path(), limits).unwrap_err();
    assert!(
        error.to_string().contains("s3://blobs/of/market"),
        "{error}"
    );
    let elsewhere = Arc::new(Bucket::new(store, &"s3://blobs/other".parse().unwrap()));
    let error = Depot::over(folder.path(), limits, elsewhere, OWNER).await;
    assert!(matches!(error, Err(DepotError::Elsewhere { .. })));
    fs::remove_file(folder.path().join("kept-in")).unwrap();
    Depot::open(folder.path(), limits).unwrap();
}

/// What is damaged in the folder does not become what the bucket has.
#[tokio::test]
async fn damaged_blobs_do_not_move_in() {
    let (folder, store) = (tempfile::tempdir().unwrap(), memory());
    let limits = DepotLimits::default();
    let local = Depot::open(folder.path(), limits).unwrap();
    let one = local.put(b"sound".to_vec()).await.unwrap();
    let hex = one.to_hex();
    let file = folder.path().join(&hex[..2]).join(&hex[2..]);
    fs::write(&file, b"rotte").unwrap();
    let opened = Depot::over(folder.path(), limits, bucket(&store), OWNER).await;
    assert!(matches!(opened, Err(DepotError::Damaged { digest }) if digest == one));
    assert!(!store.has(&key(&one)).await);
    assert!(file.exists());
}

/// A killed start left it in both places, or somebody put something of its name there.
#[tokio::test]
async fn the_last_good_copy_does_not_go_for_one_of_the_same_size() {
    for (there, is_mended) in [("rotte", true), ("sound", false)] {
        let (folder, store) = (tempfile::tempdir().unwrap(), memory());
        let limits = DepotLimits::default();
        let local = Depot::open(folder.path(), limits).unwrap();
        let one = local.put(b"sound".to_vec()).await.unwrap();
        store
            .inner
            .put(&key(&one), there.to_owned().into())
            .await
            .unwrap();
        // What is right there already is not sent again: the second request that writes would fail.
        store.fail_at(1 + usize::from(is_mended));
        let opened = Depot::over(folder.path(), limits, bucket(&store), OWNER).await;
        let read = opened.unwrap().0.read_all(&one, 99).await.unwrap();
        assert_eq!(read.as_deref(), Some(&b"sound"[..]), "{there}");
        let hex = one.to_hex();
        assert!(!folder.path().join(&hex[..2]).join(&hex[2..]).exists());
    }
}
