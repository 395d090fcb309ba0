//! What is held whole at once has an end.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{sync::Arc, time::Duration};

use metier_core::{Digest, SkillName};
use metier_store::{HeldClock, types::Time};
use tokio::time::timeout;

use super::{Leaves, Registry, RegistryError, RegistryLimits};

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
    let clock = Arc::new(HeldClock::at(Time(1_700_000_000_000_000)));
    Registry::open(folder, RegistryLimits::default(), clock, Arc::new(NoLeaves)).unwrap()
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
