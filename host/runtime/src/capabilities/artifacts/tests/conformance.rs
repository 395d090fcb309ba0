//! What every store does, run against each.

use super::*;

macro_rules! conformance {
    ($($name:ident)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&super::MemoryArtifacts::default()).await;
            })*
        }
        mod directory {
            $(#[tokio::test]
            async fn $name() {
                let home = tempfile::tempdir().unwrap();
                super::$name(&super::DirArtifacts::open(home.path()).unwrap()).await;
            })*
        }
    };
}

conformance! {
    what_is_finished_is_kept_under_its_digest
    pieces_make_one_file
    what_is_dropped_is_not_kept
    the_same_bytes_twice_are_one_artifact
    tenants_never_meet
    writers_do_not_disturb_each_other
}

async fn what_is_finished_is_kept_under_its_digest(store: &dyn ArtifactStore) {
    for bytes in [b"".to_vec(), b"a".to_vec(), large()] {
        let digest = Digest::of(&bytes);
        assert_eq!(read(store, &acme(), &digest).await.unwrap(), None);
        assert_eq!(
            put(store, &acme(), &bytes).await,
            Blob {
                digest,
                size: bytes.len() as u64
            }
        );
        assert_eq!(read(store, &acme(), &digest).await.unwrap().unwrap(), bytes);
    }
}

async fn pieces_make_one_file(store: &dyn ArtifactStore) {
    let bytes = large();
    let mut writer = store.begin(&acme()).await.unwrap();
    for piece in bytes.chunks(7_777) {
        writer.write(piece.to_vec()).await.unwrap();
        writer.write(vec![]).await.unwrap();
    }
    let blob = writer.finish().await.unwrap();
    assert_eq!(
        blob,
        Blob {
            digest: Digest::of(&bytes),
            size: bytes.len() as u64
        }
    );
    assert_eq!(
        read(store, &acme(), &blob.digest).await.unwrap().unwrap(),
        bytes
    );
}

async fn what_is_dropped_is_not_kept(store: &dyn ArtifactStore) {
    let mut writer = store.begin(&acme()).await.unwrap();
    writer.write(large()).await.unwrap();
    drop(writer);
    assert_eq!(
        read(store, &acme(), &Digest::of(&large())).await.unwrap(),
        None
    );
}

async fn the_same_bytes_twice_are_one_artifact(store: &dyn ArtifactStore) {
    let first = put(store, &acme(), b"same").await;
    assert_eq!(put(store, &acme(), b"same").await, first);
    assert_eq!(
        read(store, &acme(), &first.digest).await.unwrap().unwrap(),
        b"same"
    );
}

async fn tenants_never_meet(store: &dyn ArtifactStore) {
    let blob = put(store, &acme(), b"ours").await;
    assert_eq!(
        read(store, &tenant("evil"), &blob.digest).await.unwrap(),
        None
    );
    put(store, &tenant("evil"), b"theirs").await;
    assert_eq!(
        read(store, &tenant("evil"), &blob.digest).await.unwrap(),
        None
    );
}

async fn writers_do_not_disturb_each_other(store: &dyn ArtifactStore) {
    let mut first = store.begin(&acme()).await.unwrap();
    let mut second = store.begin(&acme()).await.unwrap();
    first.write(large()).await.unwrap();
    second.write(b"second".to_vec()).await.unwrap();
    drop(first);
    let blob = second.finish().await.unwrap();
    assert_eq!(
        read(store, &acme(), &blob.digest).await.unwrap().unwrap(),
        b"second"
    );
}

#[tokio::test]
async fn memory_has_an_end_and_room_comes_back() {
    let store = MemoryArtifacts::new(10);
    let mut writer = store.begin(&acme()).await.unwrap();
    writer.write(vec![0; 10]).await.unwrap();
    assert!(matches!(
        writer.write(vec![0]).await,
        Err(ArtifactError::Full)
    ));
    drop(writer);
    put(&store, &acme(), &[0; 5]).await;
    put(&store, &acme(), &[0; 5]).await;
    put(&store, &acme(), &[1; 5]).await;
    assert!(matches!(
        store.begin(&acme()).await.unwrap().write(vec![0]).await,
        Err(ArtifactError::Full)
    ));
}

#[tokio::test]
async fn no_store_says_so() {
    assert!(matches!(
        NoArtifacts.begin(&acme()).await.err(),
        Some(ArtifactError::Disabled)
    ));
    assert!(matches!(
        NoArtifacts.open(&acme(), &Digest::of(b"")).await.err(),
        Some(ArtifactError::Disabled)
    ));
}
