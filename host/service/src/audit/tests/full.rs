//! A disk that is full for a while.

use std::{
    fs::File,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use metier_core::Code;

use super::*;
use crate::audit::{Health, writer::Medium};

/// Has so much room, and puts as much of a record there as fits.
#[derive(Default)]
struct Full {
    room: AtomicUsize,
    is_broken: AtomicBool,
}

impl Medium for Full {
    fn append(&self, mut file: &File, bytes: &[u8]) -> io::Result<()> {
        let room = self.room.load(Ordering::Relaxed);
        let fits = room.min(bytes.len());
        file.write_all(&bytes[..fits])?;
        self.room.store(room - fits, Ordering::Relaxed);
        match fits == bytes.len() {
            true => Ok(()),
            false => Err(io::ErrorKind::StorageFull.into()),
        }
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        match self.is_broken.load(Ordering::Relaxed) {
            true => Err(io::Error::other("the device does not answer")),
            false => file.sync_data(),
        }
    }
}

fn open(data: &Data, when_full: WhenFull) -> (Arc<Full>, Trail) {
    let medium = Arc::new(Full::default());
    medium.room.store(1_000_000, Ordering::Relaxed);
    let settings = Settings {
        when_full,
        ..data.settings()
    };
    let trail = Trail::open_on(&settings, medium.clone()).unwrap();
    (medium, trail)
}

#[test]
fn while_the_disk_is_full_calls_are_refused_and_then_it_says_what_is_missing() {
    let data = Data::new();
    let (medium, trail) = open(&data, WhenFull::Refuse);
    note(&trail, "acme", "a");
    assert!(trail.ready().is_ok());
    medium.room.store(100, Ordering::Relaxed);
    note(&trail, "acme", "lost");
    note(&trail, "acme", "lost");
    let fault = trail.ready().unwrap_err();
    assert_eq!(fault.code, Code::StorageFull);
    assert!(fault.message.contains("audit"), "{}", fault.message);
    medium.room.store(1_000_000, Ordering::Relaxed);
    assert!(trail.ready().is_ok());
    note(&trail, "acme", "b");
    drop(trail);
    let verified = data.verify();
    assert!(verified.is_whole(), "{:?}", verified.findings);
    assert_eq!(verified.lost, 2);
    let text = fs::read_to_string(data.last_segment()).unwrap();
    assert!(!text.contains("\"key\":\"lost\"") && text.contains("\"key\":\"b\""));
}

#[test]
fn who_chose_so_goes_on_while_the_disk_is_full() {
    let data = Data::new();
    let (medium, trail) = open(&data, WhenFull::Warn);
    medium.room.store(0, Ordering::Relaxed);
    note(&trail, "acme", "lost");
    assert!(trail.ready().is_ok());
    medium.room.store(1_000_000, Ordering::Relaxed);
    note(&trail, "acme", "b");
    drop(trail);
    assert_eq!(data.verify().lost, 1);
}

#[test]
fn what_cannot_be_made_durable_refuses_calls_too() {
    let data = Data::new();
    let (medium, trail) = open(&data, WhenFull::Refuse);
    medium.is_broken.store(true, Ordering::Relaxed);
    note(&trail, "acme", "a");
    assert!(trail.sync().is_err());
    // Another record that is written does not make it so.
    note(&trail, "acme", "b");
    assert_eq!(trail.ready().unwrap_err().code, Code::StorageUnavailable);
    medium.is_broken.store(false, Ordering::Relaxed);
    assert!(trail.ready().is_ok());
    drop(trail);
    assert!(data.verify().is_whole());
}

#[test]
fn how_well_it_goes_is_told() {
    let data = Data::new();
    let settings = Settings {
        // Nobody makes it durable meanwhile.
        sync_every: Duration::from_secs(3_600),
        segment_bytes: 1 << 20,
        ..data.settings()
    };
    let medium = Arc::new(Full::default());
    medium.room.store(1_000_000, Ordering::Relaxed);
    let trail = Trail::open_on(&settings, medium.clone()).unwrap();
    assert_eq!(trail.health(), Health::default());
    note(&trail, "acme", "a");
    note(&trail, "acme", "b");
    assert_eq!(trail.health().undurable, 2);
    trail.sync().unwrap();
    assert_eq!(trail.health(), Health::default());
    medium.room.store(0, Ordering::Relaxed);
    note(&trail, "acme", "lost");
    let health = trail.health();
    assert_eq!((health.failures, health.is_failing), (1, true));
    medium.room.store(1_000_000, Ordering::Relaxed);
    trail.ready().unwrap();
    let health = trail.health();
    assert_eq!((health.failures, health.is_failing), (1, false));
}
