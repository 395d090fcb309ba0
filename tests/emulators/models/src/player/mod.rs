//! Plays the model of `examples/account-review`, as an agent and in the chain: a pure function of the conversation.
//!
//! The same conversation gives the same answer, so that a run that was killed anywhere and goes on elsewhere ends as one that
//! was not. Anything else it is asked, it repeats.

mod deck;
mod facts;
mod review;
mod sample;
mod story;

use serde_json::json;

use crate::answer::Answer;
use crate::question::Question;
use story::Story;

/// Characters of a prompt that are repeated.
const REPEATED: usize = 200;

/// What the model says next.
#[must_use]
pub fn answer(question: &Question) -> Answer {
    if let Some(answer) = review::next(question) {
        return answer;
    }
    match &question.schema {
        None => Answer::text(repeated(question.prompt())),
        Some(schema) => Answer::text(shaped(question, schema).to_string()),
    }
}

/// The chain's question has the rows in it; other questions with a schema get what fits it.
fn shaped(question: &Question, schema: &serde_json::Value) -> serde_json::Value {
    let wants = |name| schema.pointer(&format!("/properties/{name}")).is_some();
    let is_story = wants("title") && wants("summary") && wants("points");
    match Story::found_in(question.prompt()).filter(|_| is_story) {
        Some(story) => {
            json!({ "title": story.title, "summary": story.summary, "points": story.points })
        }
        None => sample::of(schema),
    }
}

fn repeated(prompt: &str) -> String {
    let beginning: String = prompt.chars().take(REPEATED).collect();
    format!("You said: {beginning}")
}

#[cfg(test)]
mod tests;
