//! A write is done once per key.

use crate::client::Counter;

#[tokio::test]
async fn a_repeated_key_is_answered_as_the_first_time_and_done_once() {
    let service = Counter::start();
    for _ in 0..3 {
        // The draft quotes, custom does not.
        assert_eq!(service.post("/count", "\"a\"", "{}").await.text(), "1");
        assert_eq!(service.post("/count", "a", "{}").await.text(), "1");
    }
    assert_eq!(service.post("/count", "b", "{}").await.text(), "2");
    assert_eq!(service.counted(), 2);
    let writes = service.book.writes();
    let numbers: Vec<_> = writes
        .iter()
        .map(|write| (write.seen, write.applied, write.status))
        .collect();
    assert_eq!(numbers, [(6, 1, 200), (1, 1, 200)]);
    let counts = service.book.counts();
    assert_eq!(
        (
            counts.seen,
            counts.applied,
            counts.most_applied,
            counts.without_key
        ),
        (7, 2, 1, 0)
    );
}

#[tokio::test]
async fn without_a_key_everything_is_done_and_counted() {
    let service = Counter::start();
    for count in ["1", "2"] {
        assert_eq!(service.post("/count", "", "{}").await.text(), count);
    }
    let counts = service.book.counts();
    assert_eq!((counts.seen, counts.applied, counts.without_key), (2, 2, 2));
}

#[tokio::test]
async fn what_only_looks_is_no_write() {
    let service = Counter::start();
    for _ in 0..2 {
        assert_eq!(service.post("/search", "a", "{}").await.text(), "found");
        assert_eq!(
            service.ask("GET", "/count", "a", "").await.unwrap().text(),
            "0"
        );
    }
    let counts = service.book.counts();
    assert_eq!((counts.requests, counts.seen), (4, 0));
}

#[tokio::test]
async fn a_key_used_for_another_request_is_refused() {
    let service = Counter::start();
    service.post("/count", "a", "{}").await;
    for (path, body) in [("/count", "{ }"), ("/count?x", "{}"), ("/moody", "{}")] {
        assert_eq!(
            service.post(path, "a", body).await.status,
            422,
            "{path} {body}"
        );
    }
    assert_eq!(service.counted(), 1);
}

#[tokio::test]
async fn what_was_refused_may_be_tried_again_and_is_then_done_once() {
    let service = Counter::start();
    for status in [400, 201, 201] {
        assert_eq!(service.post("/moody", "a", "{}").await.status, status);
    }
    let writes = service.book.writes();
    assert_eq!((writes[0].seen, writes[0].applied), (3, 1));
}
