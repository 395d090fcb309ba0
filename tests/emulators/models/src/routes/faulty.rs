//! Answers that go wrong; [`crate::faults`] says which and when.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use metier_emulator_kit::ResetHandle;
use serde_json::json;

use super::stream::{self, Then, Way};
use super::{Shared, refuse, say, sent_key};
use crate::answer::{Answer, Call};
use crate::faults::Fault;
use crate::question::Question;
use crate::wire::{Refused, SPOILED, Why, Wire, bytes};

/// A tool that nobody offers.
const UNKNOWN: &str = "launch_missiles";

pub(super) async fn answer(
    shared: &Shared,
    wire: &dyn Wire,
    question: &Question,
    parts: &Parts,
    fault: Fault,
) -> Response {
    let truth = |way| {
        say(
            shared,
            wire,
            question,
            shared.script.answer(question),
            false,
            way,
        )
    };
    let then = |after, then| Way {
        after: Some((after, then)),
        ..Way::default()
    };
    match fault {
        Fault::Slow { head_ms, piece_ms } => {
            tokio::time::sleep(Duration::from_millis(head_ms)).await;
            truth(Way {
                pause: Duration::from_millis(piece_ms),
                ..Way::default()
            })
        }
        Fault::Hold { after: Some(after) } => truth(then(after, Then::Hold(shared.faults.hold()))),
        Fault::Hold { after: None } => {
            // An emulator that is stopped lets go as well.
            let _stopped = shared.faults.hold().changed().await;
            truth(Way::default())
        }
        Fault::Reset { after: Some(after) } => truth(then(after, Then::Reset(handle(parts)))),
        Fault::Reset { after: None } => {
            handle(parts).reset();
            // The connection goes away under this future.
            std::future::pending().await
        }
        Fault::BreakOff { after } => truth(then(after, Then::End)),
        Fault::RateLimited { retry_after_s } => {
            let refused = Refused::new(
                Why::RateLimited,
                "This request would exceed your rate limit.",
            );
            refuse(
                wire,
                &Refused {
                    wait: retry_after_s,
                    ..refused
                },
            )
        }
        Fault::Overloaded { retry_after_s } => refuse(
            wire,
            &Refused {
                wait: retry_after_s,
                ..overloaded()
            },
        ),
        Fault::ErrorInside if question.stream => truth(then(
            wire.before_words() + 1,
            Then::Say(wire.refusal_piece(&overloaded())),
        )),
        Fault::ErrorInside => one(Bytes::from(bytes(&wire.refusal(&overloaded())))),
        Fault::Redirect { to } => Redirect::temporary(&to).into_response(),
        Fault::SecretEcho => {
            let words = format!("Incorrect API key provided: {}.", sent_key(parts));
            refuse(wire, &Refused::new(Why::Unauthorized, words))
        }
        Fault::NotJson if question.stream => {
            truth(then(wire.before_words(), Then::Say(wire.nonsense())))
        }
        Fault::NotJson => one(Bytes::from_static(b"<html>It works!</html>")),
        made_up => say(
            shared,
            wire,
            question,
            made_up_answer(question, &made_up),
            true,
            Way::default(),
        ),
    }
}

/// What a model says that is not well.
fn made_up_answer(question: &Question, fault: &Fault) -> Answer {
    let tool = question
        .tools
        .first()
        .map_or(UNKNOWN, |tool| tool.name.as_str());
    let call = |name: &str, arguments: String| Call {
        name: name.to_owned(),
        arguments,
    };
    let calls = match fault {
        Fault::BadArguments => vec![call(tool, r#"{"soql": "SELECT"#.to_owned())],
        Fault::UnknownTool => vec![call(UNKNOWN, "{}".to_owned())],
        Fault::ManyCalls { count } => (0..*count)
            .map(|at| call(tool, json!({ "number": at }).to_string()))
            .collect(),
        Fault::SameCall => vec![call(tool, json!({ "number": 1 }).to_string())],
        _ => Vec::new(),
    };
    let text = match fault {
        Fault::LongText { bytes } => "All work and no play. ".repeat(bytes / 22 + 1),
        Fault::NotUtf8 => format!("Words {SPOILED} that are none."),
        _ => String::new(),
    };
    Answer { text, calls }
}

fn overloaded() -> Refused {
    Refused::new(Why::Overloaded, "Overloaded")
}

fn one(body: Bytes) -> Response {
    stream::response("application/json", vec![body], Way::default())
}

fn handle(parts: &Parts) -> ResetHandle {
    parts
        .extensions
        .get::<ResetHandle>()
        .cloned()
        .unwrap_or_default()
}
