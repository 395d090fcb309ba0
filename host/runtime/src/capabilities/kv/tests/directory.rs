//! Crashes, damage, planted files and neighbours.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::*;

struct Fixture {
    home: tempfile::TempDir,
    store: DirKv,
}

impl Fixture {
    fn new(limits: KvLimits) -> Fixture {
        let home = tempfile::tempdir().unwrap();
        let store = DirKv::open(home.path(), limits).unwrap();
        Fixture { home, store }
    }

    fn again(&self, limits: KvLimits) -> DirKv {
        DirKv::open(self.home.path(), limits).unwrap()
    }

    fn bucket(&self) -> PathBuf {
        self.home.path().join("acme/com.acme/notes/cache")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.bucket().join(name)
    }

    fn entry(&self, text: &str) -> PathBuf {
        self.file(&key(text).hash().to_hex())
    }

    async fn set(&self, text: &str, value: &[u8]) {
        self.store
            .set(&ours(), &key(text), value.to_vec())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn data_outlives_its_store() {
    let fixture = Fixture::new(small());
    fixture.set("a", b"1").await;
    let again = fixture.again(small());
    assert_eq!(again.get(&ours(), &key("a")).await.unwrap().unwrap(), b"1");
    assert_eq!(all_keys(&again, &ours()).await.0, ["a"]);
}

/// Every bit of an entry is covered, and the damage never becomes a value.
#[tokio::test]
async fn a_damaged_entry_is_an_error_until_it_is_replaced() {
    let fixture = Fixture::new(KvLimits::default());
    fixture.set("a", b"value").await;
    let sound = fs::read(fixture.entry("a")).unwrap();
    let mut damaged: Vec<Vec<u8>> = (0..sound.len())
        .map(|length| sound[..length].to_vec())
        .collect();
    damaged.extend((0..sound.len()).map(|at| {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        bytes
    }));
    damaged.push([&sound[..], b"more"].concat());
    for bytes in damaged {
        fs::write(fixture.entry("a"), &bytes).unwrap();
        let got = fixture.store.get(&ours(), &key("a")).await;
        assert!(matches!(got, Err(KvError::Damaged)), "{bytes:?}: {got:?}");
        assert!(matches!(
            fixture.store.increment(&ours(), &key("a"), 1).await,
            Err(KvError::Damaged)
        ));
    }
    fixture.set("a", b"mended").await;
    assert_eq!(
        fixture
            .store
            .get(&ours(), &key("a"))
            .await
            .unwrap()
            .unwrap(),
        b"mended"
    );
}

#[tokio::test]
async fn a_listing_says_that_a_key_cannot_be_read() {
    let fixture = Fixture::new(KvLimits::default());
    fixture.set("a", b"").await;
    fixture.set("b", b"").await;
    fs::copy(fixture.entry("b"), fixture.entry("a")).unwrap();
    assert!(matches!(
        fixture.store.list(&ours(), None).await,
        Err(KvError::Damaged)
    ));
    assert!(matches!(
        fixture.store.get(&ours(), &key("a")).await,
        Err(KvError::Damaged)
    ));
    fixture.store.delete(&ours(), &key("a")).await.unwrap();
    assert_eq!(all_keys(&fixture.store, &ours()).await.0, ["b"]);
}

/// What a kill leaves: half an entry under the temporary name, and emptied totals.
#[tokio::test]
async fn a_kill_in_the_middle_of_a_change_leaves_the_old_value_and_honest_totals() {
    let fixture = Fixture::new(small());
    for text in ["a", "b", "c", "d", "e"] {
        fixture.set(text, b"1").await;
    }
    fs::write(
        fixture.file("new"),
        b"metierk1 half of an entry, longer than a whole one would be",
    )
    .unwrap();
    fs::write(fixture.file("lock"), b"").unwrap();
    assert_eq!(
        fixture
            .store
            .get(&ours(), &key("a"))
            .await
            .unwrap()
            .unwrap(),
        b"1"
    );
    assert_eq!(all_keys(&fixture.store, &ours()).await.0.len(), 5);
    let many = fixture.store.set(&ours(), &key("f"), vec![]).await;
    assert!(matches!(many, Err(KvError::TooManyKeys(5))), "{many:?}");
    fixture.set("a", b"2").await;
    assert_eq!(
        fixture
            .store
            .get(&ours(), &key("a"))
            .await
            .unwrap()
            .unwrap(),
        b"2"
    );
    assert!(!fixture.file("new").exists());
}

/// After a power cut the totals may be older than the entries: a new process counts for itself.
#[tokio::test]
async fn stale_or_nonsensical_totals_do_not_lift_the_limits() {
    for line in [
        "0 0\n",
        "x y\n",
        "1 1",
        "99999999999999999999 0\n",
        "\u{0}\n",
    ] {
        let fixture = Fixture::new(small());
        for text in ["a", "b", "c", "d", "e"] {
            fixture.set(text, b"1").await;
        }
        fs::write(fixture.file("lock"), line).unwrap();
        let many = fixture.again(small()).set(&ours(), &key("f"), vec![]).await;
        assert!(
            matches!(many, Err(KvError::TooManyKeys(5))),
            "{line:?}: {many:?}"
        );
    }
}

/// The totals are kept, not counted every time: a bucket that is full must not cost the host a scan per refusal.
#[tokio::test]
async fn totals_are_kept_exactly() {
    let fixture = Fixture::new(KvLimits::default());
    fixture.set("a", b"12345").await;
    fixture.set("bb", b"1").await;
    fixture.set("a", b"1").await;
    fixture
        .store
        .increment(&ours(), &key("n"), 100)
        .await
        .unwrap();
    fixture.store.delete(&ours(), &key("bb")).await.unwrap();
    assert_eq!(fs::read_to_string(fixture.file("lock")).unwrap(), "2 6\n");
}

#[tokio::test]
async fn a_bucket_held_by_a_stopped_process_is_busy_and_can_be_read() {
    let fixture = Fixture::new(small());
    fixture.set("a", b"1").await;
    let holder = fs::File::open(fixture.file("lock")).unwrap();
    holder.lock().unwrap();
    let store =
        DirKv::with_patience(fixture.home.path(), small(), Duration::from_millis(20)).unwrap();
    let busy = store.set(&ours(), &key("a"), vec![]).await;
    assert!(matches!(busy, Err(KvError::Busy)), "{busy:?}");
    assert_eq!(store.get(&ours(), &key("a")).await.unwrap().unwrap(), b"1");
    drop(holder);
    store.set(&ours(), &key("a"), vec![]).await.unwrap();
}

#[tokio::test]
async fn a_symbolic_link_in_place_of_a_bucket_is_not_followed_out() {
    let fixture = Fixture::new(small());
    fixture.set("a", b"1").await;
    let outside = tempfile::tempdir().unwrap();
    fs::rename(fixture.bucket(), outside.path().join("cache")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("cache"), fixture.bucket()).unwrap();
    assert!(matches!(
        fixture.store.get(&ours(), &key("a")).await,
        Err(KvError::Unavailable(_))
    ));
    assert!(matches!(
        fixture.store.set(&ours(), &key("a"), vec![]).await,
        Err(KvError::Unavailable(_))
    ));
}

#[tokio::test]
async fn a_failing_disk_is_unavailable_without_a_path_in_the_text() {
    let fixture = Fixture::new(small());
    fs::write(
        fixture.home.path().join("acme"),
        "a file where a directory should be",
    )
    .unwrap();
    let error = fixture
        .store
        .set(&ours(), &key("a"), vec![])
        .await
        .unwrap_err();
    assert!(matches!(error, KvError::Unavailable(_)), "{error:?}");
    assert_eq!(error.to_string(), "the host's key-value storage failed");
}

/// The temporary name is taken by a directory: the write fails half-way, and neither the old value nor the totals suffer.
#[tokio::test]
async fn a_change_that_fails_half_way_changes_nothing() {
    let fixture = Fixture::new(small());
    fixture.set("a", b"1").await;
    fs::create_dir(fixture.file("new")).unwrap();
    assert!(matches!(
        fixture.store.set(&ours(), &key("a"), vec![2]).await,
        Err(KvError::Unavailable(_))
    ));
    assert_eq!(
        fixture
            .store
            .get(&ours(), &key("a"))
            .await
            .unwrap()
            .unwrap(),
        b"1"
    );
    // Nobody knows what a failed change left: whoever comes next, in whatever process, counts.
    assert!(fs::read(fixture.file("lock")).unwrap().is_empty());
    fs::remove_dir(fixture.file("new")).unwrap();
    fixture.set("b", b"1").await;
    assert_eq!(fs::read_to_string(fixture.file("lock")).unwrap(), "2 4\n");
}

#[test]
fn a_full_disk_has_its_own_error() {
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    assert!(matches!(KvError::from(full), KvError::Full));
}
