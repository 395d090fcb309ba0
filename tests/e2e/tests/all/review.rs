//! An account review, tool by tool: a query, a deck, the deck on an issue, a comment there, a meeting. Every call carries an
//! idempotency key, as a durable run's calls do, so that making one again changes nothing.

mod scene;

use std::time::Duration;

use metier_core::{Blame, Code};
use metier_emulator_kit::{Book, Counts, Held, Moment, Verdict};
use serde_json::{Value, json};
use tokio::time::timeout;

use scene::{Scene, Step};

/// Longer than any call takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Writes of the whole story.
const WRITES: u64 = 3;

#[tokio::test]
async fn the_five_tools_work_together() {
    let scene = Scene::start().await;
    let story = scene.tell("run-1", 1).await;
    assert_eq!(story[0]["rows"].as_array().unwrap().len(), 5);
    assert_eq!(story[2][0]["filename"], "Account review.pptx");
    let issue = scene.jira.state()["issues"][0].clone();
    let attached = issue["attachments"].as_array().unwrap();
    assert_eq!(attached.len(), 1);
    assert_eq!(attached[0]["mimeType"], scene::PPTX);
    assert_eq!(attached[0]["size"], scene.deck_text(&story[0]).len());
    assert_eq!(issue["comments"], json!(["The deck is attached."]));
    let calendar = scene.calendar.state();
    assert_eq!(calendar["events"][1]["summary"], "Account review");
    assert_eq!(calendar["invitations"].as_array().unwrap().len(), 1);
    for book in scene.books() {
        let Counts {
            without_key,
            most_applied,
            ..
        } = book.counts();
        assert!((without_key, most_applied) <= (0, 1));
    }
    assert_eq!(scene.applied(), WRITES);
}

#[tokio::test]
async fn told_three_times_under_the_same_keys_it_has_happened_once() {
    let (once, thrice) = (Scene::start().await, Scene::start().await);
    let story = once.tell("run-1", 1).await;
    assert_eq!(thrice.tell("run-1", 3).await, story);
    assert_eq!(thrice.state(), once.state());
    assert_eq!(thrice.applied(), WRITES);
    let seen: u64 = thrice.books().iter().map(|book| book.counts().seen).sum();
    assert_eq!(seen, 3 * WRITES, "every repetition came in");
    // Another run is another story.
    thrice.tell("run-2", 1).await;
    assert_eq!(thrice.applied(), 2 * WRITES);
}

#[tokio::test]
async fn without_keys_it_happens_as_often_as_it_is_told() {
    let scene = Scene::start().await;
    for _ in 0..2 {
        scene.tell_without_keys().await;
    }
    assert_eq!(scene.applied(), 2 * WRITES);
}

/// A record made twice under one key is one record.
#[tokio::test]
async fn a_salesforce_record_is_made_once() {
    let scene = Scene::start().await;
    let fields = json!([{ "name": "Name", "value": "Metier GmbH" }]);
    let arguments = json!({ "object": "Account", "fields": fields });
    let step = Step::of(&scene.salesforce_skill, "create-record", arguments);
    let first = scene.take("run-1/1", &step).await;
    assert_eq!(scene.take("run-1/1", &step).await, first);
    let soql = "SELECT Id FROM Account WHERE Name = 'Metier GmbH'";
    let query = Step::of(&scene.salesforce_skill, "query", json!({ "soql": soql }));
    let found = scene.take("run-1/2", &query).await;
    assert_eq!(found["rows"].as_array().unwrap().len(), 1);
}

/// The caller dies while its request is held; what becomes of the request is tried in every way.
#[tokio::test]
async fn a_call_that_dies_anywhere_is_made_again_and_has_happened_once() {
    let whole = Scene::start().await;
    let expected = whole.tell("run-1", 1).await;
    for at in 2..5 {
        for (moment, verdict) in [
            (Moment::Arrived, Verdict::Lose),
            (Moment::Arrived, Verdict::Go),
            (Moment::Applied, Verdict::Lose),
            (Moment::Applied, Verdict::Go),
        ] {
            let scene = Scene::start().await;
            let mut answers = Vec::new();
            for step in 0..5 {
                let taken = scene.step(step, &answers);
                let key = format!("run-1/{step}");
                if step == at {
                    die(&scene, &taken, &key, moment, verdict).await;
                }
                answers.push(scene.insist(&key, &taken).await);
            }
            let tried = format!("step {at}, {moment:?}, {verdict:?}");
            assert_eq!(answers, expected, "{tried}");
            assert_eq!(scene.state(), whole.state(), "{tried}");
            assert_eq!(scene.applied(), WRITES, "{tried}");
        }
    }
}

/// Begins a call and gives it up where its request that changes something is held; then that goes on by itself.
async fn die(scene: &Scene, step: &Step, key: &str, moment: Moment, verdict: Verdict) {
    let book = scene.book_of(step);
    let before = book.counts().applied;
    let mut watched = book.watch();
    let calling = scene.take(key, step);
    let held = async {
        loop {
            let held: Held = watched.recv().await.expect("the service is running");
            if held.trace.asked.write && held.trace.at == moment {
                return held;
            }
        }
    };
    let held = timeout(PATIENCE, async {
        tokio::select! {
            held = held => held,
            answer = calling => panic!("it was not held: {answer}"),
        }
    });
    let held = held.await.expect("the request arrives");
    // The call is gone here: `select!` dropped it.
    drop(watched);
    held.release(verdict);
    let is_done = moment == Moment::Applied || verdict == Verdict::Go;
    settled(book, before + u64::from(is_done)).await;
}

/// Waits until the service has done what it does after its client has gone.
async fn settled(book: &Book, applied: u64) {
    let waiting = async {
        while book.counts().applied != applied {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, waiting)
        .await
        .expect("the service goes on");
}

#[tokio::test]
async fn an_artifact_that_is_not_the_tenants_or_not_named_is_not_attached() {
    let scene = Scene::start().await;
    let other = scene.deck_of_another_tenant().await;
    let unknown = format!("sha256:{}", "0".repeat(64));
    for digest in [other.as_str(), unknown.as_str(), "", "../deck"] {
        let ended = scene
            .attach(json!({ "artifact": digest, "name": "a.pptx" }))
            .await;
        ended.failed(Code::InvalidArguments, Blame::Caller);
    }
    let ended = scene.attach(json!({ "name": "a.pptx" })).await;
    ended.failed(Code::InvalidArguments, Blame::Caller);
    assert_eq!(scene.jira.book().counts().requests, 0, "nothing was sent");
    assert_eq!(
        scene.jira.state()["issues"][0]["attachments"],
        Value::Array(Vec::new())
    );
}
