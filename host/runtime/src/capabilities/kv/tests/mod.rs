//! Both stores keep one contract; the directory also stands crashes, damage and neighbours.
#![expect(clippy::unwrap_used, reason = "tests")]

mod batch;
mod conformance;
mod directory;

use super::*;

/// `tenant skill bucket`.
fn space(words: &str) -> Namespace {
    let mut words = words.split(' ');
    Namespace {
        tenant: words.next().unwrap().parse().unwrap(),
        skill: words.next().unwrap().parse().unwrap(),
        bucket: words.next().unwrap().parse().unwrap(),
    }
}

fn ours() -> Namespace {
    space("acme com.acme/notes cache")
}

fn key(text: &str) -> Key {
    text.to_owned().try_into().unwrap()
}

/// Small enough to reach.
fn small() -> KvLimits {
    KvLimits {
        value_bytes: 100,
        bucket_keys: 5,
        bucket_bytes: 300,
        page_keys: 2,
    }
}

/// Every key, page by page, and how many pages it took.
async fn all_keys(store: &dyn KvStore, space: &Namespace) -> (Vec<String>, usize) {
    let (mut keys, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.list(space, cursor).await.unwrap();
        keys.extend(page.keys);
        pages += 1;
        cursor = page.cursor;
        if cursor.is_none() {
            keys.sort();
            return (keys, pages);
        }
    }
}
