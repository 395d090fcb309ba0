//! What an open bucket adds: keys are checked, batches bounded.

use std::sync::Arc;

use super::*;

fn bucket() -> Bucket {
    Bucket::new(Arc::new(MemoryKv::default()), ours())
}

fn keys(count: usize) -> Vec<String> {
    (0..count).map(|n| n.to_string()).collect()
}

#[tokio::test]
async fn keys_have_a_length() {
    for (length, good) in [
        (0, false),
        (1, true),
        (MAX_KEY_BYTES, true),
        (MAX_KEY_BYTES + 1, false),
    ] {
        let bucket = bucket();
        let text = "k".repeat(length);
        let wrong = |result: Result<(), KvError>| matches!(result, Err(KvError::InvalidKey(it)) if it == length);
        assert_eq!(
            wrong(bucket.set(text.clone(), vec![]).await),
            !good,
            "{length}"
        );
        assert_eq!(
            wrong(bucket.get(text.clone()).await.map(drop)),
            !good,
            "{length}"
        );
        assert_eq!(
            wrong(bucket.exists(text.clone()).await.map(drop)),
            !good,
            "{length}"
        );
        assert_eq!(wrong(bucket.delete(text.clone()).await), !good, "{length}");
        assert_eq!(
            wrong(bucket.increment(text, 1).await.map(drop)),
            !good,
            "{length}"
        );
    }
}

#[tokio::test]
async fn a_batch_answers_in_the_order_asked() {
    let bucket = bucket();
    bucket
        .set_many(vec![("a".into(), vec![1]), ("b".into(), vec![2])])
        .await
        .unwrap();
    let found = bucket
        .get_many(vec!["b".into(), "none".into(), "a".into(), "b".into()])
        .await
        .unwrap();
    let b = Some(("b".to_owned(), vec![2]));
    assert_eq!(found, [b.clone(), None, Some(("a".into(), vec![1])), b]);
    bucket
        .delete_many(vec!["a".into(), "none".into()])
        .await
        .unwrap();
    assert_eq!(bucket.list(None).await.unwrap().keys, ["b"]);
}

#[tokio::test]
async fn a_batch_with_a_bad_key_does_nothing() {
    let bucket = bucket();
    bucket.set("a".into(), vec![1]).await.unwrap();
    assert!(
        bucket
            .set_many(vec![("b".into(), vec![]), (String::new(), vec![])])
            .await
            .is_err()
    );
    assert!(
        bucket
            .delete_many(vec!["a".into(), String::new()])
            .await
            .is_err()
    );
    assert_eq!(bucket.list(None).await.unwrap().keys, ["a"]);
}

#[tokio::test]
async fn a_batch_has_a_length() {
    let bucket = bucket();
    bucket.get_many(keys(MAX_BATCH_KEYS)).await.unwrap();
    let many = || keys(MAX_BATCH_KEYS + 1);
    let refused = |result: Result<(), KvError>| {
        matches!(result, Err(KvError::BatchTooLarge { unit: "keys", .. }))
    };
    assert!(refused(bucket.get_many(many()).await.map(drop)));
    assert!(refused(bucket.delete_many(many()).await));
    assert!(refused(
        bucket
            .set_many(many().into_iter().map(|key| (key, vec![])).collect())
            .await
    ));
}

/// One stored megabyte asked for a thousand times would be a gigabyte of the host's memory.
#[tokio::test]
async fn a_batch_answer_has_a_size() {
    let bucket = bucket();
    bucket
        .set("a".into(), vec![0; MAX_VALUE_BYTES])
        .await
        .unwrap();
    let fits = MAX_BATCH_BYTES / MAX_VALUE_BYTES;
    assert_eq!(
        bucket.get_many(vec!["a".into(); fits]).await.unwrap().len(),
        fits
    );
    let large = bucket.get_many(vec!["a".into(); fits + 1]).await;
    assert!(matches!(
        large,
        Err(KvError::BatchTooLarge {
            limit: MAX_BATCH_BYTES,
            unit: "bytes"
        })
    ));
}
