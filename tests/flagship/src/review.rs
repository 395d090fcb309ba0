//! One review: begun, gone on with, and judged.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::metier::{Metier, Said};
use crate::services::Services;

/// What the user gives it; the file's defaults say the rest.
pub const INPUT: &str = r#"{"quarter":"2026-Q3"}"#;

/// Decisions and resumptions of one review; more is one that does not end.
const MAX_ROUNDS: usize = 40;

/// The two forms of the example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// The model decides.
    Agent,
    /// Fixed steps.
    Chain,
}

impl Form {
    /// The file, from the stage's folder.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Form::Agent => "examples/account-review/agent.toml",
            Form::Chain => "examples/account-review/chain.toml",
        }
    }

    /// Its name in that file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Form::Agent => "account-review",
            Form::Chain => "account-review-chain",
        }
    }

    /// The words that begin a review.
    #[must_use]
    pub fn words(self) -> [&'static str; 4] {
        ["run", self.file(), "--input", INPUT]
    }
}

/// How a review ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What the run answered.
    pub output: Value,
    /// What the services hold.
    pub services: Value,
}

/// How often something had to be decided.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decided {
    /// Calls that were under way when the host died, and made again.
    pub again: usize,
}

/// Goes with the one run of the store to its end; begins it where there is none.
///
/// # Errors
/// When it does not end well.
pub fn finish(metier: &Metier<'_>, form: Form) -> Result<Decided> {
    let mut decided = Decided::default();
    for _ in 0..MAX_ROUNDS {
        let runs = metier.json(&["runs", "list", "--output", "json"])?;
        let runs = runs.as_array().context("runs are a list")?;
        ensure!(
            runs.len() <= 1,
            "one review became {} runs: {runs:?}",
            runs.len()
        );
        let Some(run) = runs.first() else {
            metier.ask(&form.words())?;
            continue;
        };
        if run["state"] == "completed" {
            return Ok(decided);
        }
        let id = run["run"].as_str().context("a run has an id")?;
        decided.again += answer_questions(metier)?;
        let Said { status, told, .. } = metier.say(&["runs", "resume", id])?;
        ensure!(
            status.success(),
            "the run did not go on ({status}):\n{told}"
        );
    }
    bail!("the run has not ended after {MAX_ROUNDS} rounds")
}

/// Says yes to every open question: the same call, with the same key, once more.
fn answer_questions(metier: &Metier<'_>) -> Result<usize> {
    let open = metier.json(&["approvals", "list", "--output", "json"])?;
    let open = open.as_array().context("questions are a list")?;
    for question in open {
        let id = question["id"]
            .as_str()
            .with_context(|| format!("a question has an id: {question}"))?;
        metier.ask(&["approvals", "approve", id])?;
    }
    Ok(open.len())
}

/// How the one run of the store ended.
///
/// # Errors
/// When it did not end well, or its journal has a gap.
pub fn outcome(metier: &Metier<'_>, services: &Services) -> Result<Outcome> {
    let runs = metier.json(&["runs", "list", "--output", "json"])?;
    let id = runs[0]["run"].as_str().context("there is a run")?;
    let events = metier.json(&["runs", "show", id, "--output", "json"])?;
    let events = events.as_array().context("events are a list")?;
    ensure!(
        json!(events.len()) == runs[0]["events"],
        "the journal has a gap"
    );
    let ended = events.last().context("a run has events")?;
    let output = completed(ended).with_context(|| format!("the run ended with {ended}"))?;
    Ok(Outcome {
        output: output.clone(),
        services: services.state(),
    })
}

/// The output in the event that ends a run well, wherever its form keeps it.
fn completed(event: &Value) -> Option<&Value> {
    match event {
        Value::Object(fields) => fields
            .get("output")
            .or_else(|| fields.values().find_map(completed)),
        _ => None,
    }
}

/// Every write carried a key and was done once; one that came twice came after somebody's decision.
///
/// # Errors
/// When that is not so.
pub fn wrote_once(services: &Services, decided: Decided) -> Result<()> {
    let mut twice = 0;
    for (name, book) in services.books() {
        let counts = book.counts();
        if name == "models" {
            continue;
        }
        ensure!(
            counts.without_key == 0,
            "{name}: a write came without a key"
        );
        ensure!(
            counts.most_applied <= 1,
            "{name}: a write was done {} times: {:?}",
            counts.most_applied,
            book.writes()
        );
        twice += book.writes().iter().filter(|write| write.seen > 1).count();
    }
    ensure!(
        twice <= decided.again,
        "{twice} writes came again, and {} were decided on",
        decided.again
    );
    Ok(())
}
