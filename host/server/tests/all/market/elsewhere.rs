//! A market whose files are kept in a bucket: all of its rules are what they were, and a bucket that is away is told as such.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
};

use async_trait::async_trait;
use metier_core::Digest;
use metier_store::depot::{Arrived, DepotError, Reading, Source, Warehouse};
use serde_json::json;
use std::{collections::HashMap, sync::Mutex};
use tempfile::TempDir;
use tokio::sync::Notify;

use super::{AS_ACME, Stall};

const SKILL: &str = "com.acme/salesforce";

/// A bucket in memory that may be away.
#[derive(Debug, Default)]
struct Memory {
    blobs: Mutex<HashMap<Digest, Vec<u8>>>,
    is_away: AtomicBool,
    /// Blobs that are kept before one takes its time; none does at 0.
    slow_at: AtomicUsize,
    /// Told when that one is there, and when it may go on.
    is_there: Notify,
    goes_on: Notify,
}

#[derive(Debug)]
struct Once(Vec<u8>);

#[async_trait]
impl Source for Once {
    async fn next(&mut self, _: u64) -> Result<Vec<u8>, DepotError> {
        Ok(std::mem::take(&mut self.0))
    }
}

impl Memory {
    fn be_away(&self, away: bool) {
        self.is_away.store(away, Relaxed);
    }

    fn there(&self) -> Result<(), DepotError> {
        match self.is_away.load(Relaxed) {
            false => Ok(()),
            true => Err(DepotError::Away {
                place: "s3://secret-name".to_owned(),
                why: "connection refused".to_owned(),
            }),
        }
    }

    fn get(&self, digest: &Digest) -> Option<Vec<u8>> {
        self.blobs.lock().unwrap().get(digest).cloned()
    }
}

#[async_trait]
impl Warehouse for Memory {
    fn place(&self) -> &str {
        "s3://secret-name"
    }

    async fn own(&self, _: &str) -> Result<(), DepotError> {
        self.there()
    }

    async fn size(&self, digest: &Digest) -> Result<Option<u64>, DepotError> {
        self.there()?;
        Ok(self.get(digest).map(|bytes| bytes.len() as u64))
    }

    async fn read(
        &self,
        digest: &Digest,
        from: u64,
        length: u64,
    ) -> Result<Option<Reading>, DepotError> {
        self.there()?;
        Ok(self.get(digest).map(|bytes| {
            let size = bytes.len() as u64;
            let end = from.saturating_add(length).min(size);
            let part = bytes[from as usize..end as usize].to_vec();
            Reading::new(*digest, size, from, length, Box::new(Once(part)))
        }))
    }

    async fn keep(&self, digest: &Digest, arrived: &Arrived) -> Result<(), DepotError> {
        self.there()?;
        let bytes = arrived.piece(0, arrived.size() as usize).await?;
        self.blobs.lock().unwrap().insert(*digest, bytes);
        let left = |left: usize| left.checked_sub(1);
        if self.slow_at.fetch_update(Relaxed, Relaxed, left) == Ok(1) {
            self.is_there.notify_one();
            self.goes_on.notified().await;
        }
        Ok(())
    }

    async fn remove(&self, digest: &Digest) -> Result<Option<String>, DepotError> {
        self.there()?;
        self.blobs.lock().unwrap().remove(digest);
        Ok(None)
    }

    async fn list(&self) -> Result<Vec<(Digest, u64)>, DepotError> {
        self.there()?;
        let blobs = self.blobs.lock().unwrap();
        Ok(blobs
            .iter()
            .map(|(one, bytes)| (*one, bytes.len() as u64))
            .collect())
    }
}

fn files(folder: &Path) -> usize {
    let blobs = std::fs::read_dir(folder.join("registry/blobs")).unwrap();
    // But for what says where they are, and where they arrive.
    blobs.count() - 2
}

#[tokio::test]
async fn a_market_over_a_bucket_publishes_and_serves_as_any() {
    let bucket = Arc::new(Memory::default());
    let stall = Stall::over(TempDir::new().unwrap(), bucket.clone()).await;
    let manifest = stall.publish(SKILL, "1.2.0").await;
    let pulled = stall.get(&format!("/v2/{SKILL}/manifests/1.2.0")).await;
    assert_eq!(Digest::of(&pulled.body), manifest);
    let layer = pulled.json()["layers"][0].clone();
    let line = format!(
        "GET /v2/{SKILL}/blobs/{}",
        layer["digest"].as_str().unwrap()
    );
    let part = stall.ask(&line, &[("range", "bytes=1-4")], b"").await;
    assert_eq!((part.status, part.body.as_slice()), (206, &b"asm\x0d"[..]));
    assert_eq!(files(stall.folder.path()), 0, "none is here");
    assert!(bucket.get(&manifest).is_some());
    // Other bytes under a version, and what is not published for others, are refused as anywhere.
    let mut other = stall.blobs_of(SKILL, "1.2.0").await;
    other["annotations"] = json!({"other": "yes"});
    assert_eq!(stall.put(SKILL, "1.2.0", &other).await.status, 409);
    let pushed = stall.pushed(SKILL, &super::component(SKILL, "1.3.0")).await;
    let line = format!("/v2/{SKILL}/manifests/{pushed}");
    assert_eq!(stall.get(&line).await.status, 404);
    stall
        .clock
        .advance(std::time::Duration::from_secs(25 * 3_600));
    assert!(stall.market.collect().await.unwrap().files > 0);
    assert!(bucket.get(&pushed).is_none());
    assert!(bucket.get(&manifest).is_some());
}

#[tokio::test]
async fn a_bucket_that_is_away_is_a_503_that_says_what_to_do_and_leaves_nothing() {
    let bucket = Arc::new(Memory::default());
    let stall = Stall::over(TempDir::new().unwrap(), bucket.clone()).await;
    stall.publish(SKILL, "1.2.0").await;
    let ready = stall.pushed(SKILL, &super::component(SKILL, "1.4.0")).await;
    bucket.be_away(true);
    let digest = Digest::of(b"blob");
    let push = format!("POST /v2/{SKILL}/blobs/uploads/?digest={digest}");
    let receipt = format!("GET /receipts/{}", stall.index(SKILL).await.lines()[0].leaf);
    let pull = format!("GET /v2/{SKILL}/manifests/1.2.0");
    for line in [&push, &receipt, &pull] {
        let answer = stall
            .ask(line, &[("authorization", AS_ACME)], b"blob")
            .await;
        assert_eq!(answer.status, 503, "{line}: {answer:?}");
        assert_eq!(answer.header("retry-after"), Some("60"), "{answer:?}");
        let text = answer.text();
        assert!(text.contains("gain in a minute"), "{line}: {text}");
        assert!(!text.contains("secret-name"), "{line}: {text}");
    }
    let submitted = stall.submit(AS_ACME, SKILL, "1.4.0", &ready).await;
    assert_eq!(submitted.status, 503, "{submitted:?}");
    assert!(stall.market.collect().await.is_err());
    // The index, the log and the revocations are here.
    assert_eq!(stall.index(SKILL).await.lines().len(), 1);
    bucket.be_away(false);
    assert_eq!(stall.unfinished(), 0);
    assert!(bucket.get(&digest).is_none());
    let line = format!("HEAD /v2/{SKILL}/blobs/{digest}");
    let there = stall.ask(&line, &[("authorization", AS_ACME)], b"").await;
    assert_eq!(there.status, 404);
    let submitted = stall.submit(AS_ACME, SKILL, "1.4.0", &ready).await;
    assert_eq!(submitted.status, 201, "{submitted:?}");
}

/// Of a publication under way nothing is collected before its leaf names it: not the review, and not the publisher's bundle.
#[tokio::test]
async fn what_a_leaf_is_about_to_name_stays() {
    for slow_at in [1, 2] {
        let bucket = Arc::new(Memory::default());
        let stall = Stall::over(TempDir::new().unwrap(), bucket.clone()).await;
        let pushed = stall.pushed(SKILL, &super::component(SKILL, "1.2.0")).await;
        bucket.slow_at.store(slow_at, Relaxed);
        let day = std::time::Duration::from_secs(25 * 3_600);
        let (published, ()) = tokio::join!(stall.submit(AS_ACME, SKILL, "1.2.0", &pushed), async {
            bucket.is_there.notified().await;
            stall.clock.advance(day);
            // What is noted as nobody's once goes the next time.
            for _ in 0..2 {
                stall.market.collect().await.unwrap();
                stall.clock.advance(day);
            }
            bucket.goes_on.notify_one();
        });
        assert_eq!(published.status, 201, "{slow_at}: {published:?}");
        let index = stall.index(SKILL).await;
        let leaf = &index.lines()[0].leaf;
        let receipt = stall.get(&format!("/receipts/{leaf}")).await;
        assert_eq!(receipt.status, 200, "{slow_at}: {receipt:?}");
    }
}
