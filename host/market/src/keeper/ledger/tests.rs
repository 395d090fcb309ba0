//! What a log survives: kills at each byte, a disk that refuses at each step, many at once, a clock that goes back.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use metier_store::{Clock, HeldClock, types::Time};

use super::{
    Appended, Ledger, LedgerError,
    file::{Folder, HEAD, Medium, framed},
};
use crate::{
    keeper::keys::MarketKeys,
    log::{Checkpoint, Witness},
    revoked::Target,
    state::{Account, Change, Refused, Revoke},
};

/// Late enough for every test.
const NOW: Time = Time(1_800_000_000_000_000);

struct Fixture {
    folder: tempfile::TempDir,
    keys: Arc<MarketKeys>,
    clock: Arc<HeldClock>,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = "http://127.0.0.1:1".parse().unwrap();
        let keys = Arc::new(MarketKeys::open(folder.path(), &address).unwrap());
        let clock = Arc::new(HeldClock::at(NOW));
        Fixture {
            folder,
            keys,
            clock,
        }
    }

    fn log(&self) -> std::path::PathBuf {
        self.folder.path().join("log")
    }

    fn open(&self) -> Result<Ledger, LedgerError> {
        self.open_in(&self.log())
    }

    fn open_in(&self, path: &Path) -> Result<Ledger, LedgerError> {
        Ledger::open(path, self.keys.clone(), self.clock.clone())
    }

    /// A log on a disk that refuses, from the step with this number on, so many steps.
    fn failing(&self, from: usize, count: usize, torn: usize) -> Ledger {
        let (folder, found) = Folder::open(&self.log()).unwrap();
        let reader = folder.reader().unwrap();
        let medium = Failing {
            folder,
            steps: Arc::new(AtomicUsize::new(0)),
            from,
            count,
            torn,
        };
        let clock: Arc<dyn Clock> = self.clock.clone();
        Ledger::over(Box::new(medium), found, reader, self.keys.clone(), clock).unwrap()
    }
}

/// A disk that refuses some steps, after having done a part of them.
struct Failing {
    folder: Folder,
    steps: Arc<AtomicUsize>,
    from: usize,
    count: usize,
    /// Bytes of an append that are written all the same.
    torn: usize,
}

impl Failing {
    fn refuses(&self) -> bool {
        let step = self.steps.fetch_add(1, SeqCst);
        (self.from..self.from.saturating_add(self.count)).contains(&step)
    }
}

impl Medium for Failing {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.refuses() {
            self.folder.append(&bytes[..self.torn.min(bytes.len())])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.folder.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        match self.refuses() {
            true => Err(io::ErrorKind::Other.into()),
            false => self.folder.sync(),
        }
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        match self.refuses() {
            true => Err(io::ErrorKind::Other.into()),
            false => self.folder.cut(length),
        }
    }

    fn checkpoint(&mut self, note: &str) -> io::Result<()> {
        // It has its new content when the folder's `fsync` fails.
        let done = self.folder.checkpoint(note);
        match self.refuses() {
            true => Err(io::ErrorKind::Other.into()),
            false => done,
        }
    }
}

fn somebody() -> Account {
    "somebody".parse().unwrap()
}

/// A change that can follow anything, once.
fn change(number: usize) -> Change {
    Change::Revoke(Revoke {
        target: Target::Publisher {
            namespace: format!("com.n{number}").parse().unwrap(),
        },
        why: "a test".parse().unwrap(),
    })
}

async fn append(ledger: &Ledger, number: usize) -> Result<Appended, LedgerError> {
    ledger.append(&somebody(), change(number)).await
}

fn size(ledger: &Ledger) -> u64 {
    ledger.look(|view| {
        assert_eq!(view.tree.size(), view.state.size());
        assert_eq!(view.state.revoked().len() as u64, view.tree.size());
        view.tree.size()
    })
}

#[tokio::test]
async fn what_was_told_is_there_after_a_restart_and_the_log_goes_on() {
    let fixture = Fixture::new();
    let ledger = fixture.open().unwrap();
    for number in 0..3 {
        assert_eq!(append(&ledger, number).await.unwrap().leaf, number as u64);
    }
    let note = ledger.look(|view| view.checkpoint.clone());
    let seen = Witness::first(fixture.keys.log.key(), note.as_bytes()).unwrap();
    let before = ledger.leaves(0, 9).unwrap();
    drop(ledger);
    let ledger = fixture.open().unwrap();
    assert_eq!(ledger.leaves(0, 9).unwrap(), before);
    assert_eq!(append(&ledger, 3).await.unwrap().leaf, 3);
    let (note, proof) = ledger.look(|view| (view.checkpoint.clone(), view.tree.consistency(3, 4)));
    seen.advance(note.as_bytes(), proof.as_ref()).unwrap();
}

#[tokio::test]
async fn a_leaf_that_was_torn_at_any_byte_is_not_there_and_nothing_else_is_lost() {
    let fixture = Fixture::new();
    let ledger = fixture.open().unwrap();
    append(&ledger, 0).await.unwrap();
    let note = ledger.look(|view| view.checkpoint.clone());
    let one = std::fs::read(fixture.log().join("leaves")).unwrap();
    append(&ledger, 1).await.unwrap();
    drop(ledger);
    let two = std::fs::read(fixture.log().join("leaves")).unwrap();
    for length in one.len()..=two.len() {
        let torn = fixture.folder.path().join(format!("torn-{length}"));
        std::fs::create_dir(&torn).unwrap();
        std::fs::write(torn.join("leaves"), &two[..length]).unwrap();
        // The kill came before the checkpoint.
        std::fs::write(torn.join("checkpoint"), &note).unwrap();
        let ledger = fixture.open_in(&torn).unwrap();
        let is_whole = length == two.len();
        assert_eq!(size(&ledger), 1 + u64::from(is_whole), "{length}");
        // What comes next is not behind rubbish.
        append(&ledger, 2).await.unwrap();
        drop(ledger);
        assert_eq!(
            size(&fixture.open_in(&torn).unwrap()),
            2 + u64::from(is_whole)
        );
    }
}

/// Blocks of a file may come to the disk in another order: then there are zeros or rubbish where the leaf should be.
#[tokio::test]
async fn a_leaf_of_the_right_length_and_other_bytes_is_not_there() {
    let fixture = Fixture::new();
    let ledger = fixture.open().unwrap();
    append(&ledger, 0).await.unwrap();
    let note = ledger.look(|view| view.checkpoint.clone());
    let one = std::fs::read(fixture.log().join("leaves")).unwrap();
    append(&ledger, 1).await.unwrap();
    drop(ledger);
    let two = std::fs::read(fixture.log().join("leaves")).unwrap();
    for damaged in one.len()..two.len() {
        let mut bytes = two.clone();
        bytes[damaged] ^= 1;
        let path = fixture.folder.path().join(format!("damaged-{damaged}"));
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("leaves"), &bytes).unwrap();
        std::fs::write(path.join("checkpoint"), &note).unwrap();
        assert_eq!(size(&fixture.open_in(&path).unwrap()), 1, "{damaged}");
    }
}

#[tokio::test]
async fn a_log_that_lost_a_leaf_it_had_signed_for_is_not_opened() {
    let fixture = Fixture::new();
    let ledger = fixture.open().unwrap();
    for number in 0..3 {
        append(&ledger, number).await.unwrap();
    }
    drop(ledger);
    let path = fixture.log().join("leaves");
    let whole = std::fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[HEAD + 3] ^= 1;
    let mut other = framed(&[]).unwrap();
    other.extend_from_slice(&whole);
    for bytes in [&whole[..whole.len() - 1], &damaged, &[]] {
        std::fs::write(&path, bytes).unwrap();
        let lost = fixture.open();
        assert!(matches!(lost, Err(LedgerError::Lost(_))), "{lost:?}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "nothing is cut off");
    }
    std::fs::write(&path, &other).unwrap();
    fixture.open().unwrap_err();
    // Another history of the same length, whole in itself.
    let elsewhere = Fixture::new();
    let ledger = elsewhere.open().unwrap();
    for number in 10..13 {
        append(&ledger, number).await.unwrap();
    }
    drop(ledger);
    std::fs::copy(elsewhere.log().join("leaves"), &path).unwrap();
    assert!(matches!(fixture.open(), Err(LedgerError::Lost(_))));
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(size(&fixture.open().unwrap()), 3);
}

/// At each step, with each part of the bytes: the publisher is told that it failed, and nobody ever sees it.
#[tokio::test]
async fn when_the_disk_refuses_at_any_step_nothing_is_there() {
    // Steps 0 and 1 are those of opening; 2 to 4 of the first leaf, 5 to 7 of the second.
    for step in 5..8 {
        for torn in [0, 1, HEAD - 1, HEAD, HEAD + 1, usize::MAX] {
            let fixture = Fixture::new();
            let ledger = fixture.failing(step, 1, torn);
            append(&ledger, 0).await.unwrap();
            let before = ledger.look(|view| view.checkpoint.clone());
            let failed = append(&ledger, 1).await;
            assert!(
                matches!(failed, Err(LedgerError::Disk(_))),
                "{step}: {failed:?}"
            );
            assert_eq!(size(&ledger), 1);
            assert_eq!(ledger.look(|view| view.checkpoint.clone()), before);
            // The disk works again: the same change goes through, and is leaf 1.
            assert_eq!(append(&ledger, 1).await.unwrap().leaf, 1);
            drop(ledger);
            assert_eq!(size(&fixture.open().unwrap()), 2, "{step} {torn}");
        }
    }
}

/// The disk refuses to undo as well: nothing more is written, and the next start finds all or nothing of the leaf.
#[tokio::test]
async fn when_it_cannot_be_undone_nothing_more_is_written() {
    for step in 5..8 {
        for torn in [0, HEAD + 1, usize::MAX] {
            let fixture = Fixture::new();
            let ledger = fixture.failing(step, usize::MAX, torn);
            append(&ledger, 0).await.unwrap();
            append(&ledger, 1).await.unwrap_err();
            let broken = append(&ledger, 2).await;
            assert!(matches!(broken, Err(LedgerError::Broken)), "{broken:?}");
            assert_eq!(size(&ledger), 1);
            drop(ledger);
            let ledger = fixture.open().unwrap();
            assert!((1..=2).contains(&size(&ledger)));
            append(&ledger, 3).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_none_is_lost_and_each_has_its_place() {
    const PUBLISHERS: usize = 50;
    const EACH: usize = 20;
    let fixture = Fixture::new();
    let ledger = Arc::new(fixture.open().unwrap());
    let first = ledger.look(|view| view.checkpoint.clone());
    let mut tasks = tokio::task::JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let ledger = ledger.clone();
        tasks.spawn(async move {
            let mut places = Vec::new();
            for number in 0..EACH {
                let appended = append(&ledger, publisher * EACH + number).await.unwrap();
                // Whoever was told sees it at once.
                assert!(ledger.look(|view| view.tree.size()) > appended.leaf);
                places.push(appended.leaf);
            }
            places
        });
    }
    let mut places: Vec<u64> = tasks.join_all().await.concat();
    places.sort_unstable();
    let all: Vec<u64> = (0..(PUBLISHERS * EACH) as u64).collect();
    assert_eq!(places, all);
    let note = ledger.look(|view| view.checkpoint.clone());
    let proof = ledger.look(|view| view.tree.consistency(0, view.tree.size()));
    let seen = Witness::first(fixture.keys.log.key(), first.as_bytes()).unwrap();
    seen.advance(note.as_bytes(), proof.as_ref()).unwrap();
    drop(ledger);
    let again = fixture.open().unwrap();
    assert_eq!(size(&again), all.len() as u64);
    let told = Checkpoint::open(note.as_bytes(), fixture.keys.log.key()).unwrap();
    assert_eq!(again.look(|view| view.tree.root()), told.root);
}

#[tokio::test]
async fn of_changes_that_exclude_each_other_one_is_there_before_the_others_are_refused() {
    let fixture = Fixture::new();
    let ledger = Arc::new(fixture.open().unwrap());
    for number in 0..20 {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let ledger = ledger.clone();
            tasks.spawn(async move {
                let told = append(&ledger, number).await;
                // Whoever is refused sees why.
                assert_eq!(size(&ledger), number as u64 + 1);
                match told {
                    Ok(_) => true,
                    Err(LedgerError::Refused(Refused::Revoked(_))) => false,
                    Err(other) => unreachable!("{other}"),
                }
            });
        }
        let told = tasks.join_all().await;
        assert_eq!(told.into_iter().filter(|done| *done).count(), 1);
    }
}

/// What excluded a change is not there after all: then it is not told that it is.
#[tokio::test]
async fn a_change_refused_for_a_leaf_that_failed_is_not_refused_for_good() {
    let fixture = Fixture::new();
    let ledger = fixture.failing(2, 1, 0);
    let (one, other) = tokio::join!(append(&ledger, 7), append(&ledger, 7));
    for told in [&one, &other] {
        let is_refused = matches!(told, Err(LedgerError::Refused(_)));
        assert!(
            !is_refused || one.is_ok() || other.is_ok(),
            "{one:?} {other:?}"
        );
    }
    let _ = append(&ledger, 7).await;
    assert_eq!(size(&ledger), 1);
}

#[tokio::test]
async fn a_clock_that_goes_back_does_not_stop_the_log() {
    let fixture = Fixture::new();
    let ledger = fixture.open().unwrap();
    let first = append(&ledger, 0).await.unwrap();
    drop(ledger);
    let back = Arc::new(HeldClock::at(Time(NOW.0 - 86_400_000_000)));
    let ledger = Ledger::open(&fixture.log(), fixture.keys.clone(), back.clone()).unwrap();
    let second = append(&ledger, 1).await.unwrap();
    assert_eq!(second.at, first.at);
    back.advance(Duration::from_secs(2 * 86_400));
    assert!(append(&ledger, 2).await.unwrap().at > second.at);
}

#[tokio::test]
async fn a_change_that_is_refused_leaves_nothing_and_nobody_waits_for_others() {
    let fixture = Fixture::new();
    let ledger = fixture.open().unwrap();
    append(&ledger, 0).await.unwrap();
    for _ in 0..3 {
        append(&ledger, 0).await.unwrap_err();
    }
    // Whoever stops waiting does not stop the leaf.
    let account = somebody();
    let mut append_one = Box::pin(ledger.append(&account, change(1)));
    let _ = tokio::time::timeout(Duration::ZERO, &mut append_one).await;
    drop(append_one);
    assert_eq!(append(&ledger, 2).await.unwrap().leaf, 2);
    assert_eq!(size(&ledger), 3);
}
