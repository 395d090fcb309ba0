//! What a test in another process sees and sets. The emulator listens on loopback only.
//!
//! | request | what it does |
//! |---|---|
//! | `GET`, `PUT /__faults` | the rules of what goes wrong |
//! | `POST /__release` | lets go on what a fault holds |
//! | `GET`, `PUT /__answers` | the answers in the queue: `[{"text": "…", "calls": [{"name": "…", "arguments": "{}"}]}]` |
//! | `GET /__questions` | what was asked so far |

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Shared;
use crate::answer::Answer;
use crate::faults::Rule;
use crate::question::Question;

pub(super) async fn faults(State(shared): State<Shared>) -> Json<Vec<Rule>> {
    Json(shared.faults.list())
}

pub(super) async fn set_faults(
    State(shared): State<Shared>,
    Json(rules): Json<Vec<Rule>>,
) -> StatusCode {
    shared.faults.replace(rules);
    StatusCode::NO_CONTENT
}

pub(super) async fn release(State(shared): State<Shared>) -> StatusCode {
    shared.faults.release();
    StatusCode::NO_CONTENT
}

pub(super) async fn answers(State(shared): State<Shared>) -> Json<Vec<Answer>> {
    Json(shared.script.left())
}

pub(super) async fn set_answers(
    State(shared): State<Shared>,
    Json(answers): Json<Vec<Answer>>,
) -> StatusCode {
    shared.script.replace(answers);
    StatusCode::NO_CONTENT
}

pub(super) async fn questions(State(shared): State<Shared>) -> Json<Vec<Question>> {
    Json(shared.script.asked())
}
