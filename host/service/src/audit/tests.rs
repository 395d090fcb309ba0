//! Trails on a disk of a test's own.
#![expect(clippy::unwrap_used, reason = "tests")]

mod full;
mod pages;
mod reopened;
mod tampered;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use metier_core::{PrincipalId, TenantId};
use tempfile::TempDir;

use super::{
    Event, Expected, Finding, HeadKey, KeyChange, Notes, Settings, Trail, Verified, What, WhenFull,
    segments, verify,
};
use crate::Role;

/// A data directory.
struct Data(TempDir);

impl Data {
    fn new() -> Self {
        Data(tempfile::tempdir().unwrap())
    }

    fn settings(&self) -> Settings {
        Settings {
            segment_bytes: 1_500,
            sync_every: Duration::from_millis(20),
            ..Settings::in_data(self.0.path())
        }
    }

    /// The first trail's folder.
    fn folder(&self) -> PathBuf {
        self.0.path().join("audit/1")
    }

    fn open(&self) -> Trail {
        Trail::open(&self.settings()).unwrap()
    }

    fn verify(&self) -> Verified {
        self.verify_with(Expected::default())
    }

    fn verify_with(&self, expected: Expected) -> Verified {
        let key = HeadKey::read(&self.0.path().join("audit.key")).unwrap();
        let key = Some(key);
        verify(&self.folder(), &Expected { key, ..expected }).unwrap()
    }

    fn last_segment(&self) -> PathBuf {
        let all = segments::list(&self.folder()).unwrap();
        segments::path(&self.folder(), *all.last().unwrap())
    }
}

/// A trail of so many keys that were made, and a host that began and ended.
fn written(keys: usize) -> Data {
    let data = Data::new();
    let trail = data.open();
    (0..keys).for_each(|key| note(&trail, "acme", &format!("key-{key}")));
    data
}

fn note(trail: &dyn Notes, tenant: &str, key: &str) {
    let tenant: TenantId = tenant.parse().unwrap();
    trail.note(&Event {
        what: What::Key {
            change: KeyChange::Made,
            key,
            role: Role::Caller,
        },
        tenant: Some(&tenant),
        principal: Some(&PrincipalId::local()),
        request: None,
    });
}

/// The lines of all segments, in order, with the segment each is in.
fn lines(folder: &Path) -> Vec<(u64, Vec<u8>)> {
    let mut lines = Vec::new();
    for segment in segments::list(folder).unwrap() {
        let bytes = fs::read(segments::path(folder, segment)).unwrap();
        let of = bytes.split_inclusive(|byte| *byte == b'\n');
        lines.extend(of.map(|line| (segment, line.to_vec())));
    }
    lines
}
