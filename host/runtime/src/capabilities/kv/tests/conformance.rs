//! What every store does, run against each.

use std::sync::Arc;

use super::*;

macro_rules! conformance {
    ($($name:ident)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&|limits| std::sync::Arc::new(super::MemoryKv::new(limits, 1 << 20))).await;
            })*
        }
        mod directory {
            $(#[tokio::test]
            async fn $name() {
                let home = tempfile::tempdir().unwrap();
                super::$name(&|limits| std::sync::Arc::new(super::DirKv::open(home.path(), limits).unwrap())).await;
            })*
        }
    };
}

conformance! {
    what_is_set_is_there_until_deleted
    any_text_is_a_key_and_any_bytes_a_value
    tenants_skills_and_buckets_never_meet
    values_keys_and_bytes_have_limits
    a_bucket_over_lowered_limits_may_shrink
    a_listing_shows_each_key_once
    a_listing_stands_changes_between_pages
    increment_counts_in_decimal
    increment_refuses_text_and_overflow
    no_increment_is_lost
}

type Make<'a> = &'a dyn Fn(KvLimits) -> Arc<dyn KvStore>;

async fn what_is_set_is_there_until_deleted(make: Make<'_>) {
    let (store, space, key) = (make(KvLimits::default()), ours(), key("a"));
    assert_eq!(store.get(&space, &key).await.unwrap(), None);
    assert!(!store.exists(&space, &key).await.unwrap());
    assert_eq!(store.list(&space, None).await.unwrap(), Page::default());
    store.delete(&space, &key).await.unwrap();
    store.set(&space, &key, b"one".to_vec()).await.unwrap();
    assert_eq!(store.get(&space, &key).await.unwrap().unwrap(), b"one");
    store.set(&space, &key, b"two".to_vec()).await.unwrap();
    assert_eq!(store.get(&space, &key).await.unwrap().unwrap(), b"two");
    assert!(store.exists(&space, &key).await.unwrap());
    store.delete(&space, &key).await.unwrap();
    assert_eq!(store.get(&space, &key).await.unwrap(), None);
    assert_eq!(all_keys(&*store, &space).await, (vec![], 1));
}

async fn any_text_is_a_key_and_any_bytes_a_value(make: Make<'_>) {
    let (store, space) = (make(KvLimits::default()), ours());
    let longest = "k".repeat(MAX_KEY_BYTES);
    let keys = [
        "../../etc/passwd",
        "/",
        "..",
        "lock",
        "new",
        "\0\n",
        "ключ 🔑",
        "CON",
        longest.as_str(),
    ];
    for text in keys {
        store
            .set(&space, &key(text), text.bytes().rev().collect())
            .await
            .unwrap();
    }
    for text in keys {
        let value = store.get(&space, &key(text)).await.unwrap().unwrap();
        assert_eq!(value, text.bytes().rev().collect::<Vec<_>>(), "{text}");
    }
    assert_eq!(all_keys(&*store, &space).await.0.len(), keys.len());
    store.set(&space, &key("empty"), vec![]).await.unwrap();
    assert_eq!(
        store.get(&space, &key("empty")).await.unwrap().unwrap(),
        b""
    );
}

async fn tenants_skills_and_buckets_never_meet(make: Make<'_>) {
    let store = make(KvLimits::default());
    let key = key("a");
    store.set(&ours(), &key, b"7".to_vec()).await.unwrap();
    for other in [
        "evil com.acme/notes cache",
        "acme com.acme/other cache",
        "acme com.evil/notes cache",
        "acme com.acme/notes other",
    ] {
        let other = space(other);
        assert_eq!(store.get(&other, &key).await.unwrap(), None, "{other:?}");
        assert!(!store.exists(&other, &key).await.unwrap());
        assert_eq!(store.list(&other, None).await.unwrap(), Page::default());
        store.delete(&other, &key).await.unwrap();
        assert_eq!(store.increment(&other, &key, 1).await.unwrap(), 1);
    }
    assert_eq!(store.get(&ours(), &key).await.unwrap().unwrap(), b"7");
}

async fn values_keys_and_bytes_have_limits(make: Make<'_>) {
    let (store, space) = (make(small()), ours());
    let large = store.set(&space, &key("a"), vec![0; 101]).await;
    assert!(
        matches!(large, Err(KvError::ValueTooLarge(100))),
        "{large:?}"
    );
    for text in ["a", "b"] {
        store.set(&space, &key(text), vec![0; 100]).await.unwrap();
    }
    let full = store.set(&space, &key("c"), vec![0; 98]).await;
    assert!(matches!(full, Err(KvError::BucketFull(300))), "{full:?}");
    store.set(&space, &key("c"), vec![0; 97]).await.unwrap();
    assert!(matches!(
        store.increment(&space, &key("n"), 1).await,
        Err(KvError::BucketFull(_))
    ));
    store.set(&space, &key("c"), vec![]).await.unwrap();
    for text in ["d", "e"] {
        store.set(&space, &key(text), vec![]).await.unwrap();
    }
    let many = store.set(&space, &key("f"), vec![]).await;
    assert!(matches!(many, Err(KvError::TooManyKeys(5))), "{many:?}");
    assert!(matches!(
        store.increment(&space, &key("f"), 1).await,
        Err(KvError::TooManyKeys(_))
    ));
    store.set(&space, &key("e"), vec![1]).await.unwrap();
    store.delete(&space, &key("e")).await.unwrap();
    store.set(&space, &key("f"), vec![]).await.unwrap();
    let other = Namespace {
        bucket: "other".parse().unwrap(),
        ..space
    };
    store.set(&other, &key("a"), vec![0; 100]).await.unwrap();
}

async fn a_bucket_over_lowered_limits_may_shrink(make: Make<'_>) {
    let (wide, space) = (make(KvLimits::default()), ours());
    for text in ["a", "b", "c"] {
        wide.set(&space, &key(text), vec![0; 50]).await.unwrap();
    }
    let narrow = make(KvLimits {
        bucket_keys: 1,
        bucket_bytes: 10,
        ..small()
    });
    narrow.set(&space, &key("a"), vec![]).await.unwrap();
    narrow.delete(&space, &key("a")).await.unwrap();
    assert!(!narrow.exists(&space, &key("a")).await.unwrap());
}

async fn a_listing_shows_each_key_once(make: Make<'_>) {
    let (store, space) = (
        make(KvLimits {
            page_keys: 3,
            ..KvLimits::default()
        }),
        ours(),
    );
    let keys: Vec<String> = (10..20).map(|n| format!("key {n}")).collect();
    for text in &keys {
        store.set(&space, &key(text), vec![]).await.unwrap();
    }
    assert_eq!(all_keys(&*store, &space).await, (keys, 4));
    assert_eq!(
        store.list(&space, Some(u64::MAX)).await.unwrap(),
        Page::default()
    );
}

async fn a_listing_stands_changes_between_pages(make: Make<'_>) {
    let (store, space) = (
        make(KvLimits {
            page_keys: 3,
            ..KvLimits::default()
        }),
        ours(),
    );
    for n in 0..9 {
        store
            .set(&space, &key(&format!("{n}")), vec![])
            .await
            .unwrap();
    }
    let first = store.list(&space, None).await.unwrap();
    store.delete(&space, &key(&first.keys[0])).await.unwrap();
    let (mut seen, mut cursor) = (first.keys, first.cursor);
    while let Some(from) = cursor {
        let page = store.list(&space, Some(from)).await.unwrap();
        seen.extend(page.keys);
        cursor = page.cursor;
    }
    seen.sort();
    assert_eq!(seen, (0..9).map(|n| n.to_string()).collect::<Vec<_>>());
}

async fn increment_counts_in_decimal(make: Make<'_>) {
    let (store, space, key) = (make(KvLimits::default()), ours(), key("n"));
    assert_eq!(store.increment(&space, &key, 5).await.unwrap(), 5);
    assert_eq!(store.increment(&space, &key, 0).await.unwrap(), 5);
    assert_eq!(store.increment(&space, &key, 37).await.unwrap(), 42);
    assert_eq!(store.get(&space, &key).await.unwrap().unwrap(), b"42");
}

async fn increment_refuses_text_and_overflow(make: Make<'_>) {
    let (store, space, key) = (make(KvLimits::default()), ours(), key("n"));
    for text in ["", "x", "-1", "1.5", " 1", "18446744073709551616"] {
        store.set(&space, &key, text.into()).await.unwrap();
        assert!(
            matches!(
                store.increment(&space, &key, 1).await,
                Err(KvError::NotANumber)
            ),
            "{text:?}"
        );
    }
    store.set(&space, &key, vec![0xff]).await.unwrap();
    assert!(matches!(
        store.increment(&space, &key, 1).await,
        Err(KvError::NotANumber)
    ));
    store
        .set(&space, &key, u64::MAX.to_string().into())
        .await
        .unwrap();
    assert!(matches!(
        store.increment(&space, &key, 1).await,
        Err(KvError::Overflow)
    ));
    assert_eq!(
        store.get(&space, &key).await.unwrap().unwrap(),
        u64::MAX.to_string().as_bytes()
    );
}

/// Two stores on one directory are what two processes are: locks belong to open files, not to processes.
async fn no_increment_is_lost(make: Make<'_>) {
    let stores = [make(KvLimits::default()), make(KvLimits::default())];
    // Memory is not shared between stores: there both tasks use the first.
    stores[0]
        .set(&ours(), &key("shared"), b"0".to_vec())
        .await
        .unwrap();
    let shared = stores[1].exists(&ours(), &key("shared")).await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let store = stores[if shared { task % 2 } else { 0 }].clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    store.increment(&ours(), &key("shared"), 1).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(
        stores[0]
            .get(&ours(), &key("shared"))
            .await
            .unwrap()
            .unwrap(),
        b"80"
    );
}

#[tokio::test]
async fn memory_has_an_end() {
    let store = MemoryKv::new(KvLimits::default(), 10);
    let (here, there) = (ours(), space("acme com.acme/notes other"));
    store.set(&here, &key("a"), vec![0; 5]).await.unwrap();
    assert!(matches!(
        store.set(&there, &key("a"), vec![0; 4]).await,
        Err(KvError::Full)
    ));
    store.delete(&here, &key("a")).await.unwrap();
    store.set(&there, &key("a"), vec![0; 9]).await.unwrap();
}

#[tokio::test]
async fn no_store_says_so() {
    let (store, space, key) = (NoKv, ours(), key("a"));
    assert!(matches!(
        store.get(&space, &key).await,
        Err(KvError::Disabled)
    ));
    assert!(matches!(
        store.set(&space, &key, vec![]).await,
        Err(KvError::Disabled)
    ));
    assert!(matches!(
        store.delete(&space, &key).await,
        Err(KvError::Disabled)
    ));
    assert!(matches!(
        store.exists(&space, &key).await,
        Err(KvError::Disabled)
    ));
    assert!(matches!(
        store.list(&space, None).await,
        Err(KvError::Disabled)
    ));
    assert!(matches!(
        store.increment(&space, &key, 1).await,
        Err(KvError::Disabled)
    ));
}

/// A collision of cursors must not hide a key: 64 bits can be found by somebody with patience.
#[test]
fn keys_that_share_a_cursor_share_a_page() {
    let hash = |head: u8, tail: u8| {
        let mut bytes = [head; 32];
        bytes[31] = tail;
        metier_core::ids::Digest::from_sha256(bytes)
    };
    let hashes = [hash(1, 0), hash(2, 0), hash(2, 1), hash(2, 2), hash(3, 0)];
    let (length, cursor) = key::page(&hashes, 2);
    assert_eq!((length, cursor), (4, Some(u64::from_be_bytes([2; 8]))));
    assert_eq!(key::page(&hashes[4..], 2), (1, None));
}
