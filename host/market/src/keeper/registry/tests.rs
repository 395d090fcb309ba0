//! What is held whole at once has an end.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use metier_core::{Digest, SkillName};
use metier_store::{
    HeldClock,
    depot::{self, Arrived, Reading, Warehouse},
    types::Time,
};
use serde_json::Value;
use tokio::{sync::Semaphore, time::timeout};

use super::{
    Leaves, Reader, Reference, Registry, RegistryError, RegistryLimits, With, manifest::MANIFEST,
};
use crate::{
    distribution::{EMPTY, artifact, descriptor},
    keeper::elsewhere::Bucket,
};

#[derive(Debug)]
struct NoLeaves;

impl Leaves for NoLeaves {
    fn name(&self, _: &Digest) -> bool {
        false
    }

    fn publish(&self, _: &SkillName, _: &Digest) -> bool {
        false
    }
}

fn registry(folder: &std::path::Path) -> Registry {
    Registry::open(
        folder,
        RegistryLimits::default(),
        clock(),
        Arc::new(NoLeaves),
    )
    .unwrap()
}

/// A bucket that takes its time to keep and to remove.
#[derive(Debug)]
struct Slow {
    bucket: Bucket,
    keeps: Semaphore,
    removes: Semaphore,
    /// What cannot be removed.
    stuck: Mutex<HashSet<Digest>>,
}

impl Slow {
    fn keeping(keeps: usize) -> Arc<Slow> {
        let store = Arc::new(object_store::memory::InMemory::new());
        Arc::new(Slow {
            bucket: Bucket::new(store, &"s3://blobs".parse().unwrap()),
            keeps: Semaphore::new(keeps),
            removes: Semaphore::new(0),
            stuck: Mutex::default(),
        })
    }
}

#[async_trait]
impl Warehouse for Slow {
    fn place(&self) -> &str {
        self.bucket.place()
    }

    async fn own(&self, owner: &str) -> depot::Result<()> {
        self.bucket.own(owner).await
    }

    async fn size(&self, digest: &Digest) -> depot::Result<Option<u64>> {
        self.bucket.size(digest).await
    }

    async fn read(
        &self,
        digest: &Digest,
        from: u64,
        length: u64,
    ) -> depot::Result<Option<Reading>> {
        self.bucket.read(digest, from, length).await
    }

    async fn keep(&self, digest: &Digest, arrived: &Arrived) -> depot::Result<()> {
        let _room = self.keeps.acquire().await;
        self.bucket.keep(digest, arrived).await
    }

    async fn remove(&self, digest: &Digest) -> depot::Result<Option<String>> {
        let _room = self.removes.acquire().await;
        let is_stuck = self.stuck.lock().unwrap().contains(digest);
        match is_stuck {
            true => Err(std::io::Error::other("stuck").into()),
            false => self.bucket.remove(digest).await,
        }
    }

    async fn list(&self) -> depot::Result<Vec<(Digest, u64)>> {
        self.bucket.list().await
    }
}

/// Whoever keeps or pushes a file while it is being removed has it afterwards.
#[tokio::test]
async fn a_file_that_goes_and_is_wanted_again_is_there() {
    for is_pushed in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let (slow, clock) = (Slow::keeping(1), clock());
        let registry = over(folder.path(), &slow, &clock).await;
        let digest = registry.keep_file(b"wanted".to_vec()).await.unwrap();
        clock.advance(Duration::from_secs(25 * 3_600));
        let collecting = registry.clone();
        let collecting = tokio::spawn(async move { collecting.collect(HashSet::new).await });
        tokio::time::sleep(A_MOMENT).await;
        let wanting = registry.clone();
        let wanting = tokio::spawn(async move {
            match is_pushed {
                false => wanting.keep_file(b"wanted".to_vec()).await.map(drop),
                true => push(&wanting, b"wanted").await,
            }
        });
        tokio::time::sleep(A_MOMENT).await;
        assert!(!wanting.is_finished(), "it waits");
        slow.removes.add_permits(1);
        assert_eq!(collecting.await.unwrap().unwrap().files, 1);
        wanting.await.unwrap().unwrap();
        let file = registry.file(&digest, 99).await.unwrap();
        assert_eq!(file, b"wanted");
    }
}

/// Else the bytes would count for good, and be nowhere.
#[tokio::test]
async fn who_hangs_up_while_a_file_is_kept_has_it_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let slow = Slow::keeping(0);
    let registry = over(folder.path(), &slow, &clock()).await;
    let hung_up = timeout(A_MOMENT, push(&registry, b"wanted")).await;
    assert!(hung_up.is_err());
    slow.keeps.add_permits(1);
    let reader = Reader::Publisher("acme".parse().unwrap());
    let digest = Digest::of(b"wanted");
    let there = async {
        while registry.blob_size(&digest, &reader).await.is_err() {
            tokio::time::sleep(A_MOMENT).await;
        }
    };
    timeout(Duration::from_secs(10), there).await.unwrap();
}

/// A manifest that refers to another and has this layer.
async fn refer(registry: &Registry, layer: &[u8]) -> super::Result<()> {
    let (skill, by) = ("com.acme/x".parse().unwrap(), "acme".parse().unwrap());
    let subject = descriptor(MANIFEST, b"subject");
    let layer = [descriptor("application/octet-stream", layer)];
    let manifest = artifact("application/x", &layer, Some(&subject), &Value::Null);
    let reference = Reference::Digest(Digest::of(&manifest));
    let put = registry.put_manifest(&skill, &by, &reference, None, manifest);
    put.await.map(drop)
}

/// A warehouse that is slow to remove one file keeps nobody from pushing others. Whoever names the one that goes waits, and is told that it is
/// gone.
#[tokio::test]
async fn a_push_does_not_wait_for_what_is_removed_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let (slow, clock) = (Slow::keeping(1), clock());
    let registry = over(folder.path(), &slow, &clock).await;
    push(&registry, b"going").await.unwrap();
    clock.advance(Duration::from_secs(25 * 3_600));
    for wanted in [EMPTY, b"wanted"] {
        push(&registry, wanted).await.unwrap();
    }
    let collecting = registry.clone();
    let collecting = tokio::spawn(async move { collecting.collect(HashSet::new).await });
    tokio::time::sleep(A_MOMENT).await;
    let pushed = timeout(Duration::from_secs(10), refer(&registry, b"wanted")).await;
    pushed.unwrap().unwrap();
    let late = registry.clone();
    let late = tokio::spawn(async move { refer(&late, b"going").await });
    tokio::time::sleep(A_MOMENT).await;
    assert!(!late.is_finished(), "it waits");
    slow.removes.add_permits(1);
    let refused = late.await.unwrap();
    assert!(
        matches!(refused, Err(RegistryError::ManifestBlobUnknown(one)) if one == Digest::of(b"going")),
        "{refused:?}"
    );
    assert_eq!(collecting.await.unwrap().unwrap().files, 1);
}

/// One file that cannot be removed keeps no other from it.
#[tokio::test]
async fn what_cannot_be_removed_is_told_and_the_rest_goes() {
    let folder = tempfile::tempdir().unwrap();
    let (slow, clock) = (Slow::keeping(1), clock());
    slow.removes.add_permits(1);
    let registry = over(folder.path(), &slow, &clock).await;
    let files: Vec<Vec<u8>> = (0..8_u8).map(|byte| vec![byte]).collect();
    for file in &files {
        push(&registry, file).await.unwrap();
    }
    let stuck = Digest::of(&files[3]);
    slow.stuck.lock().unwrap().insert(stuck);
    clock.advance(Duration::from_secs(25 * 3_600));
    let collected = registry.collect(HashSet::new).await.unwrap();
    assert_eq!((collected.files, collected.failed), (7, 1));
    assert!(
        collected.told[0].contains(&stuck.to_string()),
        "{collected:?}"
    );
    // It is there still, and goes the next time.
    slow.stuck.lock().unwrap().clear();
    let collected = registry.collect(HashSet::new).await.unwrap();
    assert_eq!((collected.files, collected.failed), (1, 0));
    // A place that removes nothing is away.
    for file in &files {
        push(&registry, file).await.unwrap();
        slow.stuck.lock().unwrap().insert(Digest::of(file));
    }
    clock.advance(Duration::from_secs(25 * 3_600));
    registry.collect(HashSet::new).await.unwrap_err();
}

fn clock() -> Arc<HeldClock> {
    Arc::new(HeldClock::at(Time(1_700_000_000_000_000)))
}

async fn over(folder: &std::path::Path, slow: &Arc<Slow>, clock: &Arc<HeldClock>) -> Arc<Registry> {
    let with: With = (RegistryLimits::default(), clock.clone(), Arc::new(NoLeaves));
    let registry = Registry::open_over(folder, slow.clone(), "us", with).await;
    Arc::new(registry.unwrap())
}

async fn push(registry: &Registry, bytes: &[u8]) -> super::Result<()> {
    let (skill, by) = ("com.acme/x".parse().unwrap(), "acme".parse().unwrap());
    let id = registry.begin(&skill, &by).await?;
    let mut writing = registry.resume(&skill, &by, id)?;
    writing.write(bytes.to_vec()).await?;
    writing.finish(&Digest::of(bytes)).await.map(drop)
}

const A_MOMENT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn few_components_are_held_whole_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let registry = registry(folder.path());
    let digest = registry.keep_file(b"component".to_vec()).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..super::look::HELD_AT_ONCE {
        held.push(registry.component(&digest).await.unwrap());
    }
    let waits = timeout(A_MOMENT, registry.component(&digest)).await;
    assert!(waits.is_err(), "one more waits");
    drop(held.pop());
    assert_eq!(*registry.component(&digest).await.unwrap(), *b"component");
}

/// However many look at once.
#[tokio::test]
async fn few_components_are_described_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let registry = registry(folder.path());
    let digest = registry.keep_file(b"no component".to_vec()).await.unwrap();
    let room = registry.looks.fill().await;
    let looks = timeout(A_MOMENT, registry.described(&digest)).await;
    assert!(looks.is_err(), "it waits for room");
    drop(room);
    let looked = registry.described(&digest).await;
    assert!(matches!(looked, Err(RegistryError::ManifestInvalid(_))));
}
