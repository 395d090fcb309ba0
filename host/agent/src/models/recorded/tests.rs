#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use futures::FutureExt;

use super::*;
use crate::{
    models::{Deaf, Message, ModelRequest, StopReason, Usage},
    routes::{NanoDollars, Needs, PriceTable, Retry, Route},
};

/// Answers every step with its own name and a secret.
struct Parrot;

impl Model for Parrot {
    fn ask<'a>(
        &'a self,
        question: &'a Question,
        _: &'a dyn Sink,
    ) -> BoxFuture<'a, Result<Answer, ModelFailure>> {
        let words = format!(
            "{} knows hunter22 and sk-abcdefghijklmnop1234.",
            question.step
        );
        Box::pin(async move { Ok(answer(&words)) })
    }
}

fn answer(words: &str) -> Answer {
    Answer {
        message: Message::text(Role::Assistant, words),
        stop: StopReason::End,
        usage: Usage::default(),
        candidate: "a".to_owned(),
        model: None,
        cost: NanoDollars(7),
        latency_ms: 1,
        first_token_ms: 1,
        attempts: 1,
    }
}

fn question(step: &str) -> Question {
    Question {
        step: step.to_owned(),
        route: Arc::new(Route {
            name: "r".to_owned(),
            candidates: vec![],
            needs: Needs::default(),
            retry: Retry::default(),
        }),
        prices: Arc::new(PriceTable::default()),
        needs: Needs::default(),
        request: ModelRequest {
            messages: vec![Message::text(Role::User, "Say hunter22.")],
            ..ModelRequest::default()
        },
    }
}

fn ask(model: &dyn Model, step: &str) -> Result<Answer, ModelFailure> {
    model.ask(&question(step), &Deaf).now_or_never().unwrap()
}

fn record(folder: &Path, steps: &[&str]) {
    let recorder = Recorder::new(Parrot, folder, vec!["hunter22".to_owned()]).unwrap();
    for step in steps {
        ask(&recorder, step).unwrap();
    }
}

#[test]
fn what_was_recorded_is_answered_again_without_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), &["draft/1", "draft/2"]);
    let names: Vec<_> = files(folder.path())
        .unwrap()
        .iter()
        .map(|file| file.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["0001-draft-1.json", "0002-draft-2.json"]);
    for file in files(folder.path()).unwrap() {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(
            !text.contains("hunter22") && !text.contains("sk-abc"),
            "{text}"
        );
    }
    let recorded = Recorded::open(folder.path()).unwrap();
    assert_eq!(
        ask(&recorded, "draft/2").unwrap().message.words(),
        "draft/2 knows [removed] and [removed]."
    );
    assert_eq!(
        ask(&recorded, "another").unwrap().message.words(),
        "draft/1 knows [removed] and [removed]."
    );
    let failure = ask(&recorded, "draft/1").unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotRecorded);
    assert_eq!(recorded.left(), 0);
}

#[test]
fn a_recording_is_not_mixed_with_another() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), &["1"]);
    assert!(matches!(
        Recorder::new(Parrot, folder.path(), vec![]),
        Err(RecordingError::Invalid { .. })
    ));
}

#[test]
fn what_is_no_recording_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        Recorded::open(&folder.path().join("none")),
        Err(RecordingError::Io { .. })
    ));
    assert!(matches!(
        Recorded::open(folder.path()),
        Err(RecordingError::Empty(_))
    ));
    record(folder.path(), &["1"]);
    let file = files(folder.path()).unwrap().remove(0);
    let good = std::fs::read_to_string(&file).unwrap();
    for bad in [
        good.replace("\"version\": 1", "\"version\": 2"),
        good.replace("\"asked\"", "\"aksed\""),
        "{".to_owned(),
    ] {
        std::fs::write(&file, bad).unwrap();
        assert!(matches!(
            Recorded::open(folder.path()),
            Err(RecordingError::Invalid { .. })
        ));
    }
}

#[test]
fn keys_are_known_by_their_beginnings() {
    for (text, left) in [
        ("AKIAIOSFODNN7EXAMPLE1 and AKIA", "[removed] and AKIA"),
        (
            "task-force-of-the-whole-world",
            "task-force-of-the-whole-world",
        ),
        ("ghp_0123456789abcdef0123", "[removed]"),
        ("sk-short", "sk-short"),
    ] {
        assert_eq!(blotted(text, &[]), left);
    }
}
