//! Small shared facts: compare and set, deletion, expiry, and one order of all changes.

use std::collections::BTreeMap;

use metier_store::{StoreError, types::*};

use crate::fixture::{Fixture, key, kind};

async fn put(
    f: &Fixture,
    name: &str,
    expect: Expect,
    value: Option<&str>,
) -> Result<Rev, StoreError> {
    f.store
        .put(
            &kind("agent"),
            &key(name),
            expect,
            value.map(str::as_bytes),
            None,
        )
        .await
}

async fn get(f: &Fixture, name: &str) -> Option<String> {
    let entry = f.store.get(&kind("agent"), &key(name)).await.unwrap();
    entry
        .and_then(|entry| entry.value)
        .map(|value| String::from_utf8(value).unwrap())
}

fn conflict(result: Result<Rev, StoreError>) -> u64 {
    match result {
        Err(StoreError::Conflict { head }) => head,
        other => panic!("{other:?}"),
    }
}

pub async fn an_entry_is_written_as_expected(f: &Fixture) {
    assert_eq!(
        conflict(put(f, "a", Expect::Rev(Rev(1)), Some("x")).await),
        0
    );
    let first = put(f, "a", Expect::Absent, Some("1")).await.unwrap();
    assert_eq!(
        conflict(put(f, "a", Expect::Absent, Some("x")).await),
        first.0
    );
    let second = put(f, "a", Expect::Rev(first), Some("2")).await.unwrap();
    assert!(second > first);
    assert_eq!(
        conflict(put(f, "a", Expect::Rev(first), Some("x")).await),
        second.0
    );
    assert_eq!(
        conflict(put(f, "a", Expect::Rev(first), None).await),
        second.0
    );
    assert_eq!(get(f, "a").await.as_deref(), Some("2"));
    put(f, "a", Expect::Any, Some("3")).await.unwrap();
    assert_eq!(get(f, "a").await.as_deref(), Some("3"));
    assert_eq!(
        f.store.get(&kind("other"), &key("a")).await.unwrap(),
        None,
        "kinds are apart"
    );
}

pub async fn deleted_entries_leave_tombstones(f: &Fixture) {
    let first = put(f, "a", Expect::Any, Some("1")).await.unwrap();
    put(f, "b", Expect::Any, Some("1")).await.unwrap();
    let gone = put(f, "a", Expect::Rev(first), None).await.unwrap();
    assert_eq!(get(f, "a").await, None);
    let changes = f.store.changes(&kind("agent"), first, 9).await.unwrap();
    assert_eq!(changes.len(), 2);
    assert_eq!(
        changes[1],
        Entry {
            key: key("a"),
            rev: gone,
            value: None,
            expires: None
        }
    );
    assert_eq!(
        conflict(put(f, "a", Expect::Rev(gone), Some("x")).await),
        0,
        "a tombstone is not an entry"
    );
    put(f, "a", Expect::Absent, Some("2")).await.unwrap();
    assert_eq!(get(f, "a").await.as_deref(), Some("2"));
    assert_eq!(
        f.store
            .changes(&kind("agent"), gone, 9)
            .await
            .unwrap()
            .len(),
        1,
        "one row per entry"
    );
}

pub async fn expired_entries_are_gone(f: &Fixture) {
    let (agents, ttl) = (kind("agent"), f.short());
    let rev = f
        .store
        .put(&agents, &key("a"), Expect::Any, Some(b"1"), Some(ttl))
        .await
        .unwrap();
    put(f, "b", Expect::Any, Some("1")).await.unwrap();
    assert!(
        f.store
            .get(&agents, &key("a"))
            .await
            .unwrap()
            .unwrap()
            .expires
            .is_some()
    );
    f.pass(2 * ttl).await;
    assert_eq!(get(f, "a").await, None);
    assert_eq!(conflict(put(f, "a", Expect::Rev(rev), Some("x")).await), 0);
    let changes = f.store.changes(&agents, Rev(0), 9).await.unwrap();
    let seen: Vec<_> = changes
        .iter()
        .map(|entry| (entry.key.as_str(), entry.value.is_some()))
        .collect();
    assert_eq!(seen, [("b", true), ("a", false)]);
    let last = changes[1].rev;
    assert_eq!(
        f.store.changes(&agents, last, 9).await.unwrap(),
        [],
        "it is buried once"
    );
    put(f, "a", Expect::Absent, Some("2")).await.unwrap();
    assert_eq!(get(f, "a").await.as_deref(), Some("2"));
}

pub async fn of_many_writers_one_wins_each_revision(f: &Fixture) {
    let mut rev = put(f, "a", Expect::Absent, Some("0")).await.unwrap();
    for _ in 0..10 {
        let values = ["1", "2", "3", "4"];
        let results = futures::future::join_all(
            values.map(|value| put(f, "a", Expect::Rev(rev), Some(value))),
        )
        .await;
        let won: Vec<_> = results
            .iter()
            .filter_map(|result| result.as_ref().ok())
            .collect();
        assert_eq!(won.len(), 1, "{results:?}");
        rev = *won[0];
    }
    let firsts = futures::future::join_all(
        ["1", "2", "3"].map(|value| put(f, "b", Expect::Absent, Some(value))),
    )
    .await;
    assert_eq!(
        firsts.iter().filter(|result| result.is_ok()).count(),
        1,
        "{firsts:?}"
    );
}

/// A reader that follows the changes while eight writers write: it never has to look back.
pub async fn order_of_revisions_is_order_of_commits(f: &Fixture) {
    const EACH: usize = 25;
    let mut writers = Vec::new();
    for writer in 0..8 {
        let store = f.store.clone();
        writers.push(tokio::spawn(async move {
            let mut revs = Vec::new();
            for i in 0..EACH {
                let entry = key(&format!("{writer}/{i}"));
                revs.push(
                    store
                        .put(&kind("agent"), &entry, Expect::Absent, Some(b"x"), None)
                        .await
                        .unwrap(),
                );
            }
            assert!(revs.is_sorted());
        }));
    }
    let (mut since, mut seen) = (Rev(0), BTreeMap::new());
    while seen.len() < 8 * EACH {
        let changes = f.store.changes(&kind("agent"), since, 7).await.unwrap();
        for entry in changes {
            assert!(entry.rev > since);
            since = entry.rev;
            seen.insert(entry.key, entry.rev);
        }
        let is_over = writers.iter().all(|writer| writer.is_finished());
        if is_over
            && f.store
                .changes(&kind("agent"), since, 1)
                .await
                .unwrap()
                .is_empty()
        {
            break;
        }
    }
    futures::future::join_all(writers)
        .await
        .into_iter()
        .for_each(|writer| writer.unwrap());
    assert_eq!(seen.len(), 8 * EACH, "a change was passed by");
}
