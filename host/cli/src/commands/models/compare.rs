//! `metier models try`: every candidate of a route, asked the same.

use metier_agent::models::{Answer, ModelFailure};
use serde_json::{Value, json};

use super::{Answered, Bench, says, table};
use crate::{commands::App, errors::Failure, exit::Exit, given, printer::Format};

/// Longest question that is read from a file, in bytes: more than any context.
const MAX_PROMPT_BYTES: u64 = 8 << 20;

/// What is asked.
pub(super) struct Asked<'a> {
    pub prompt: &'a str,
    pub system: Option<&'a str>,
    pub max_tokens: u32,
}

pub(super) async fn run(
    app: &App,
    bench: &Bench,
    route: &str,
    asked: &Asked<'_>,
) -> Result<Exit, Failure> {
    let route = bench.route(route)?;
    let prompt = given::text(asked.prompt, "The question", MAX_PROMPT_BYTES)?;
    let request = says(asked.system, &prompt, asked.max_tokens);
    let answers = bench.ask_all(route, request).await;
    let text = match app.printer.format {
        Format::Json => format!("{}\n", Value::Array(answers.iter().map(data).collect())),
        Format::Human => human(app, &answers),
    };
    app.print(&text)?;
    let failed = answers.iter().find_map(|(_, answer)| answer.as_ref().err());
    match failed.filter(|_| answers.iter().all(|(_, answer)| answer.is_err())) {
        Some(failure) => Ok(Exit::Failed(failure.blame())),
        None => Ok(Exit::Ok),
    }
}

fn data((candidate, answer): &Answered) -> Value {
    match answer {
        Ok(answer) => json!({
            "candidate": candidate, "model": answer.model, "answer": answer.message.words(), "stop": answer.stop,
            "latency-ms": answer.latency_ms, "first-token-ms": answer.first_token_ms,
            "usage": answer.usage, "cost-nano-dollars": answer.cost,
        }),
        Err(failure) => json!({
            "candidate": candidate,
            "error": { "code": failure.kind.code(), "blame": failure.blame(), "message": failure.message },
        }),
    }
}

/// The figures first, to be compared at a glance; then what each says.
fn human(app: &App, answers: &[Answered]) -> String {
    let columns = ["candidate", "first token", "whole", "in", "out", "cost", ""];
    let mut text = table(app, &columns, answers.iter().map(figures));
    for (candidate, answer) in answers {
        if let Ok(answer) = answer {
            let words = crate::text::lines(&answer.message.words());
            text.push_str(&format!("\n── {candidate}\n{}\n", words.trim_end()));
        }
    }
    text
}

fn figures((candidate, answer): &Answered) -> [String; 7] {
    match answer {
        Ok(answer) => of_answer(candidate, answer),
        Err(failure) => of_failure(candidate, failure),
    }
}

fn of_answer(candidate: &str, answer: &Answer) -> [String; 7] {
    [
        candidate.to_owned(),
        format!("{} ms", answer.first_token_ms),
        format!("{} ms", answer.latency_ms),
        answer.usage.input.to_string(),
        answer.usage.output.to_string(),
        answer.cost.to_string(),
        String::new(),
    ]
}

fn of_failure(candidate: &str, failure: &ModelFailure) -> [String; 7] {
    let nothing = String::new;
    [
        candidate.to_owned(),
        nothing(),
        nothing(),
        nothing(),
        nothing(),
        nothing(),
        failure.message.clone(),
    ]
}
