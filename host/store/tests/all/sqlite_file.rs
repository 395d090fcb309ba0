//! What only a file can show: one process, full disks, other people's files, backups.

use std::{path::Path, sync::Arc};

use metier_core::ids::Digest;
use metier_store::{
    Blobs, Health, Journal, Leases, Query, Refusal, StoreError,
    sqlite::{Options, SqliteStore, backup, restore},
    types::*,
};

use crate::fixture::{Fixture, TTL, event, host, pool};

fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(path, Options::default())
}

fn refusal(result: Result<SqliteStore, StoreError>) -> Refusal {
    match result {
        Err(StoreError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_second_opener_is_told_who_holds_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let first = open(&path).unwrap();
    let text = refusal(open(&path)).to_string();
    assert!(
        text.contains(&format!("process {} on ", std::process::id())),
        "{text}"
    );
    assert!(text.contains("since 20"), "{text}");
    first.now().await.unwrap();
    drop(first);
    // The writer's thread ends when it has noticed.
    for _ in 0..200 {
        match open(&path) {
            Err(StoreError::Refused(Refusal::InUse { .. })) => {
                std::thread::sleep(std::time::Duration::from_millis(10))
            }
            other => return drop(other.unwrap()),
        }
    }
    panic!("the file was never let go");
}

#[tokio::test]
async fn a_file_that_is_held_can_be_looked_at_and_not_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let look = || SqliteStore::look(&path, Options::default());
    assert!(look().is_err(), "there is no file yet");
    let fixture = Fixture::over(Arc::new(open(&path).unwrap()));
    let kept = fixture.store.put_blob(&Digest::of(b"kept"), b"kept").await;
    kept.unwrap();
    let unfinished = dir.path().join("runs.db.blobs/unfinished/0");
    std::fs::write(&unfinished, b"half").unwrap();
    let before = look().unwrap();
    let run = fixture.claimed().await.lease.run;
    // What is written after it was opened is seen, too.
    for store in [before, look().unwrap()] {
        assert_eq!(store.run(&run).await.unwrap().unwrap().head.0, 1);
        let key: SignalKey = "k".parse().unwrap();
        let refused = store.signal(&run, &key, b"{}").await.unwrap_err();
        assert!(matches!(
            refused,
            StoreError::Refused(Refusal::OnlyLooked { .. })
        ));
        let put = store.put_blob(&Digest::of(b"x"), b"x").await;
        assert!(matches!(
            put,
            Err(StoreError::Refused(Refusal::OnlyLooked { .. }))
        ));
        assert_eq!(
            store.get_blob(&Digest::of(b"kept")).await.unwrap().unwrap(),
            b"kept"
        );
    }
    assert!(
        unfinished.exists(),
        "what the other process is writing is left alone"
    );
    assert!(fixture.store.inbox(&run).await.unwrap().is_empty());
}

/// Not a test of its own: the second process.
#[test]
#[ignore = "the other process of a test"]
fn second_process() {
    let Ok(path) = std::env::var(SECOND) else {
        return;
    };
    eprintln!("{}", refusal(open(Path::new(&path))));
}

const SECOND: &str = "METIER_SECOND_PROCESS";

#[test]
fn a_second_process_is_told_who_holds_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let _first = open(&path).unwrap();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "sqlite_file::second_process",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(SECOND, &path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let holder = format!("process {} on ", std::process::id());
    assert!(output.status.success() && said.contains(&holder), "{said}");
}

#[tokio::test]
async fn tables_of_a_newer_release_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    drop(open(&path).unwrap());
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute("INSERT INTO metier_schema VALUES (99, 0)", [])
        .unwrap();
    let refusal = wait_for(&path);
    assert_eq!(
        refusal,
        Refusal::Newer {
            found: 99,
            known: 1
        }
    );
}

/// Opens as soon as whoever had the file has let it go.
fn wait_for(path: &Path) -> Refusal {
    loop {
        match refusal(open(path)) {
            Refusal::InUse { .. } => std::thread::sleep(std::time::Duration::from_millis(10)),
            other => return other,
        }
    }
}

/// Whoever has the file is alone with it: leases of a process that is gone hold nobody up.
#[tokio::test]
async fn what_a_dead_process_held_is_free_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let store = Arc::new(open(&path).unwrap());
    let f = Fixture::over(store);
    f.store.create(&f.new_run()).await.unwrap();
    let before = f.claim("ada").await.remove(0);
    assert!(f.claim("bob").await.is_empty(), "ada has it");
    drop(f);
    let f = Fixture::over(Arc::new(open_when_free(&path)));
    let after = f.claim("bob").await.remove(0);
    assert_eq!(after.lease.run, before.lease.run);
    assert!(after.lease.epoch > before.lease.epoch);
}

fn open_when_free(path: &Path) -> SqliteStore {
    loop {
        match open(path) {
            Err(StoreError::Refused(Refusal::InUse { .. })) => {
                std::thread::sleep(std::time::Duration::from_millis(10))
            }
            other => return other.unwrap(),
        }
    }
}

#[test]
fn other_peoples_files_are_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let theirs = dir.path().join("theirs.db");
    rusqlite::Connection::open(&theirs)
        .unwrap()
        .execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        .unwrap();
    let text = refusal(open(&theirs)).to_string();
    assert!(
        text.contains("theirs.db") && text.contains("something else"),
        "{text}"
    );
    let tables: i64 = rusqlite::Connection::open(&theirs)
        .unwrap()
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);

    let letter = dir.path().join("letter.txt");
    std::fs::write(
        &letter,
        "Dear Ada, this is no database at all.\n".repeat(100),
    )
    .unwrap();
    let text = refusal(open(&letter)).to_string();
    assert!(text.contains("letter.txt"), "{text}");
    assert!(
        std::fs::read_to_string(&letter)
            .unwrap()
            .starts_with("Dear Ada")
    );
}

#[tokio::test]
async fn damage_is_found_by_a_thorough_check() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let store = open(&path).unwrap();
    store.check(true).await.unwrap();
    store.check(false).await.unwrap();
    drop(store);
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'runs_tenant'").unwrap();
    drop(conn);
    let check = loop {
        match open(&path) {
            Err(StoreError::Refused(Refusal::InUse { .. })) => {
                std::thread::sleep(std::time::Duration::from_millis(10))
            }
            Err(other) => break Err(other),
            Ok(store) => break store.check(true).await,
        }
    };
    assert!(
        matches!(check, Err(StoreError::Refused(Refusal::Damaged { .. }))),
        "{check:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing_and_work_goes_on_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let options = Options {
        max_pages: Some(120),
        ..Options::default()
    };
    let store = Arc::new(SqliteStore::open(&path, options).unwrap());
    let f = Fixture::over(store.clone());
    for _ in 0..4 {
        f.store.create(&f.new_run()).await.unwrap();
    }
    let mut claims = f.claim("ada").await;
    let body = "x".repeat(3_000);
    let mut refused = 0;
    for _ in 0..60 {
        let batches: Vec<_> = claims
            .iter()
            .map(|_| Batch::of(f.op(), vec![event("step", &body)]))
            .collect();
        let tries = claims
            .iter()
            .zip(&batches)
            .map(|(claim, batch)| store.append(&claim.lease, &claim.head, batch));
        for (claim, result) in claims
            .clone()
            .iter()
            .zip(futures::future::join_all(tries).await)
        {
            match result {
                Ok(head) => {
                    claims
                        .iter_mut()
                        .find(|c| c.lease == claim.lease)
                        .unwrap()
                        .head = head
                }
                Err(StoreError::Unavailable(_)) => refused += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    assert!(refused > 0, "the disk never was full");
    store.set_max_pages(4_000).await.unwrap();
    for claim in &claims {
        let events = store.read(&claim.lease.run, Seq(1), 1_000).await.unwrap();
        assert_eq!(
            events.last().unwrap().seq,
            claim.head.seq,
            "just what was acknowledged"
        );
        store
            .append(&claim.lease, &claim.head, &f.batch())
            .await
            .expect("there is room again");
    }
    store.check(true).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_busy_store_comes_back_whole() {
    let dir = tempfile::tempdir().unwrap();
    let [path, copy, back] = ["runs.db", "copy.db", "back.db"].map(|name| dir.path().join(name));
    let store = Arc::new(open(&path).unwrap());
    let f = Fixture::over(store.clone());
    let claim = f.claimed().await;
    store.put_blob(&Digest::of(b"deck"), b"deck").await.unwrap();
    let writing = {
        let (store, run) = (store.clone(), claim.lease.run);
        tokio::spawn(async move {
            let mut head = claim.head;
            for i in 0..300 {
                head = store
                    .append(
                        &claim.lease,
                        &head,
                        &Batch::of(OpId::new(1_000 + i), vec![event("step", "")]),
                    )
                    .await
                    .unwrap();
            }
            run
        })
    };
    let (from, to) = (path.clone(), copy.clone());
    tokio::task::spawn_blocking(move || backup(&from, &to))
        .await
        .unwrap()
        .unwrap();
    let run = writing.await.unwrap();
    let error = backup(&path, &copy).unwrap_err();
    assert!(
        error.to_string().contains("copy.db") && error.to_string().contains("exists already"),
        "{error}"
    );

    restore(&copy, &back).unwrap();
    assert!(
        matches!(restore(&copy, &back), Err(StoreError::Refused(_))),
        "nothing is overwritten"
    );
    let restored = open(&back).unwrap();
    let row = restored.run(&run).await.unwrap().unwrap();
    assert_eq!(
        restored.read(&run, Seq(1), 1_000).await.unwrap().len() as u64,
        row.head.0
    );
    assert_eq!(
        restored
            .get_blob(&Digest::of(b"deck"))
            .await
            .unwrap()
            .as_deref(),
        Some(&b"deck"[..])
    );
    let row = store.run(&run).await.unwrap().unwrap();
    assert_eq!(row.head, Seq(301), "the original went on");
}

#[tokio::test]
async fn a_copied_file_with_a_flipped_bit_is_no_backup() {
    let dir = tempfile::tempdir().unwrap();
    let [path, copy] = ["runs.db", "copy.db"].map(|name| dir.path().join(name));
    let store = open(&path).unwrap();
    let digest = Digest::of(b"deck");
    store.put_blob(&digest, b"deck").await.unwrap();
    let hex = digest.to_hex();
    std::fs::write(
        dir.path()
            .join("runs.db.blobs")
            .join(&hex[..2])
            .join(&hex[2..]),
        b"dick",
    )
    .unwrap();
    let error = backup(&path, &copy).unwrap_err();
    assert!(matches!(error, StoreError::CorruptBlob { .. }), "{error:?}");
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let store = Arc::new(open(&path).unwrap());
    let f = Fixture::over(store.clone());
    let claim = f.claimed().await;
    let head = f
        .store
        .append(&claim.lease, &claim.head, &f.batch())
        .await
        .unwrap();
    drop((f, store));
    let store = loop {
        match open(&path) {
            Err(StoreError::Refused(Refusal::InUse { .. })) => {
                std::thread::sleep(std::time::Duration::from_millis(10))
            }
            other => break other.unwrap(),
        }
    };
    let events = store.read(&claim.lease.run, Seq(1), 9).await.unwrap();
    assert_eq!(events[1].hash, head.hash);
    let held = store
        .renew(&host("ada"), &[claim.lease], TTL)
        .await
        .unwrap();
    assert_eq!(
        held,
        [claim.lease.run],
        "a host that comes back soon keeps its runs"
    );
    assert_eq!(
        store
            .claim(
                &host("bob"),
                &[(pool("default"), std::time::Duration::ZERO)],
                9,
                TTL
            )
            .await
            .unwrap(),
        []
    );
}
