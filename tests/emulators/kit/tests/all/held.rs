//! Requests stand still where a test wants them to.

use std::time::Duration;

use metier_emulator_kit::{Held, Moment, Verdict};
use serde_json::Value;
use tokio::sync::mpsc::Receiver;
use tokio::time::{sleep, timeout};

use crate::client::Counter;

/// Longer than any of this takes.
const PATIENCE: Duration = Duration::from_secs(30);

async fn next(watched: &mut Receiver<Held>) -> Held {
    timeout(PATIENCE, watched.recv()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_watcher_is_told_before_and_after_and_the_request_waits() {
    let service = Counter::start();
    let mut watched = service.book.watch();
    let watching = async {
        let held = next(&mut watched).await;
        assert_eq!(
            (held.trace.at, held.trace.asked.key.as_deref()),
            (Moment::Arrived, Some("a"))
        );
        assert_eq!(service.counted(), 0, "nothing was done yet");
        held.release(Verdict::Go);
        let held = next(&mut watched).await;
        assert_eq!(
            (held.trace.at, held.trace.status),
            (Moment::Applied, Some(200))
        );
        assert_eq!(service.counted(), 1, "it was done");
        drop(held);
    };
    let (answer, ()) = tokio::join!(service.post("/count", "a", "{}"), watching);
    assert_eq!(answer.text(), "1");
    drop(watched);
    assert_eq!(
        service.post("/count", "a", "{}").await.text(),
        "1",
        "nobody watches any more"
    );
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_its_request_behind() {
    let service = Counter::start();
    let mut watched = service.book.watch();
    let asking = timeout(
        Duration::from_millis(300),
        service.post("/count", "a", "{}"),
    );
    assert!(asking.await.is_err(), "it is held");
    let first = next(&mut watched).await;
    // The client comes back before the service has done what it was asked first.
    let second = async {
        next(&mut watched).await.release(Verdict::Go);
        let applied = next(&mut watched).await;
        assert_eq!(applied.trace.at, Moment::Applied);
        applied.release(Verdict::Go);
    };
    let (answer, ()) = tokio::join!(service.post("/count", "a", "{}"), second);
    assert_eq!(answer.text(), "1");
    first.release(Verdict::Go);
    assert_eq!(next(&mut watched).await.trace.at, Moment::Replayed);
    assert_eq!(service.counted(), 1, "it was done once");
}

#[tokio::test]
async fn what_is_lost_was_not_done_or_is_not_answered() {
    let service = Counter::start();
    for (at, counted) in [(Moment::Arrived, 0), (Moment::Applied, 1)] {
        let mut watched = service.book.watch();
        let losing = async {
            loop {
                let held = next(&mut watched).await;
                if held.trace.at == at {
                    held.release(Verdict::Lose);
                    return;
                }
            }
        };
        let (answer, ()) = tokio::join!(service.ask("POST", "/count", "a", "{}"), losing);
        assert!(answer.is_none());
        assert_eq!(service.counted(), counted);
    }
    assert_eq!(service.post("/count", "a", "{}").await.text(), "1");
}

#[tokio::test]
async fn another_process_holds_by_number_and_reads_the_log() {
    let service = Counter::start();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    service.book.log_to(&log).unwrap();
    service.ask("GET", "/", "", "").await.unwrap();
    // Two moments are over; the fourth is the next request's second one.
    let set = service
        .ask("PUT", "/__hold", "", r#"{"in": 2}"#)
        .await
        .unwrap();
    assert_eq!(set.status, 204);
    let releasing = async {
        let held = loop {
            let seen = service.ask("GET", "/__hold", "", "").await.unwrap().json();
            if !seen["held"].is_null() {
                break seen["held"].clone();
            }
            sleep(Duration::from_millis(5)).await;
        };
        assert_eq!(
            (&held["moment"], &held["at"]),
            (&4.into(), &"applied".into())
        );
        assert_eq!(service.counted(), 1);
        assert_eq!(
            service
                .ask("DELETE", "/__hold", "", "")
                .await
                .unwrap()
                .status,
            204
        );
    };
    let (answer, ()) = timeout(PATIENCE, async {
        tokio::join!(service.post("/count", "k", "{}"), releasing)
    })
    .await
    .unwrap();
    assert_eq!(answer.text(), "1");
    assert_eq!(
        service
            .ask("DELETE", "/__hold", "", "")
            .await
            .unwrap()
            .status,
        404
    );
    let text = std::fs::read_to_string(log).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<String> = lines
        .iter()
        .map(|line| {
            format!(
                "{} {} {} {}",
                line["moment"], line["at"], line["path"], line["held"]
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            r#"1 "arrived" "/" false"#,
            r#"2 "answered" "/" false"#,
            r#"3 "arrived" "/count" false"#,
            r#"4 "applied" "/count" true"#,
        ]
    );
    assert_eq!(
        (&lines[3]["key"], &lines[3]["write"]),
        (&"k".into(), &true.into())
    );
    let writes = service
        .ask("GET", "/__writes", "", "")
        .await
        .unwrap()
        .json();
    assert_eq!(
        (&writes["counts"]["applied"], &writes["counts"]["requests"]),
        (&1.into(), &2.into())
    );
}
