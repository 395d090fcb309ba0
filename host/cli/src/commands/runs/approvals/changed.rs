//! What is different from the last call of the same tool that somebody approved for this agent or chain.

use std::collections::BTreeMap;

use metier_agent::{
    driver::{Runs, Timeline},
    journal::{Event, QuestionKind, Seq, Verdict},
};
use metier_core::{Digest, PrincipalId, TenantId};
use metier_store::{
    Store,
    types::{Labels, Page, RunFilter, RunId},
};
use serde_json::Value;

use super::super::{failed, stored};
use crate::{errors::Failure, text};

/// Earlier runs that are looked through. Who approves daily sees some weeks.
const RUNS: usize = 50;

/// Lines of differences that are shown.
const LINES: usize = 40;

/// Characters of a value on one line.
const SHOWN: usize = 120;

/// An approved call.
struct Approved {
    run: RunId,
    question: Seq,
    by: Option<PrincipalId>,
    skill: Digest,
    arguments: Value,
}

/// Lines that say what changed; that there is nothing to compare with, when there is not.
pub async fn since_last(
    runs: &Runs,
    store: &dyn Store,
    told: &Timeline,
    run: &RunId,
    (tool, skill, arguments): (&str, &Digest, &Value),
) -> Result<Vec<String>, Failure> {
    let Some(last) = last(runs, store, told, run, tool).await? else {
        return Ok(vec![format!(
            "changed: {tool} was not approved for this before (in its last {RUNS} runs)"
        )]);
    };
    let by = last.by.map_or("somebody".to_owned(), |by| by.to_string());
    let mut lines = vec![format!(
        "changed since {}/{}, which {by} approved:",
        last.run, last.question
    )];
    if last.skill != *skill {
        lines.push(format!("  skill: {} → {skill}", last.skill));
    }
    let changes = differences(&last.arguments, arguments);
    let more = changes.len().saturating_sub(LINES);
    lines.extend(
        changes
            .into_iter()
            .take(LINES)
            .map(|line| format!("  {line}")),
    );
    if more > 0 {
        lines.push(format!("  … and {more} more"));
    }
    if lines.len() == 1 {
        lines.push("  nothing".to_owned());
    }
    Ok(lines)
}

/// In this run, or else in the latest earlier one of the same agent or chain that has one.
async fn last(
    runs: &Runs,
    store: &dyn Store,
    told: &Timeline,
    run: &RunId,
    tool: &str,
) -> Result<Option<Approved>, Failure> {
    if let Some(found) = in_run(told, run, tool) {
        return Ok(Some(found));
    }
    let name = told.state.started.definition.terms().name.as_str();
    let mut labels = Labels::new();
    if let Ok(key) = "name".parse() {
        labels.insert(key, name.to_owned());
    }
    let filter = RunFilter {
        tenant: Some(TenantId::local()),
        labels,
        ..RunFilter::default()
    };
    let page = Page {
        after: Some(*run),
        max: RUNS,
    };
    for row in store.runs(&filter, page).await.map_err(stored)? {
        let told = runs.timeline(&row.run).await.map_err(failed)?;
        if let Some(found) = in_run(&told, &row.run, tool) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn in_run(told: &Timeline, run: &RunId, wanted: &str) -> Option<Approved> {
    let mut asked = BTreeMap::new();
    let mut last = None;
    for (number, entry) in (1..).zip(&told.entries) {
        match &entry.event {
            Event::Asked(question) => {
                asked.insert(Seq(number), &question.what);
            }
            Event::Decided {
                question,
                verdict: Verdict::Approved,
                by,
            } => {
                if let Some(QuestionKind::Call {
                    tool,
                    skill,
                    arguments,
                    ..
                }) = asked.get(question)
                    && tool == wanted
                {
                    last = Some(Approved {
                        run: *run,
                        question: *question,
                        by: by.clone(),
                        skill: *skill,
                        arguments: arguments.clone(),
                    });
                }
            }
            _ => {}
        }
    }
    last
}

/// One line for each value that is new, gone or other, by its path.
fn differences(before: &Value, now: &Value) -> Vec<String> {
    let (before, now) = (flat(before), flat(now));
    let mut lines = Vec::new();
    for (path, value) in &now {
        match before.get(path) {
            None => lines.push(format!("+ {path}: {}", shown(value))),
            Some(old) if old != value => {
                lines.push(format!("~ {path}: {} → {}", shown(old), shown(value)));
            }
            Some(_) => {}
        }
    }
    let gone = before.iter().filter(|(path, _)| !now.contains_key(*path));
    lines.extend(gone.map(|(path, old)| format!("- {path}: {}", shown(old))));
    lines
}

/// The values that hold no others, by their paths: `body.items[0].name`.
fn flat(value: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut left = vec![(String::new(), value)];
    while let Some((path, value)) = left.pop() {
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                let below = |name: &str| match path.is_empty() {
                    true => name.to_owned(),
                    false => format!("{path}.{name}"),
                };
                left.extend(fields.iter().map(|(name, value)| (below(name), value)));
            }
            Value::Array(items) if !items.is_empty() => {
                let items = items.iter().enumerate();
                left.extend(items.map(|(at, value)| (format!("{path}[{at}]"), value)));
            }
            _ => {
                found.insert(path, value.clone());
            }
        }
    }
    found
}

fn shown(value: &Value) -> String {
    text::cut(&text::one_line(&value.to_string()), SHOWN).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::differences;

    #[test]
    fn what_is_new_gone_and_other_is_told_by_path() {
        let before = json!({"to": "ada", "body": {"items": [1, 2], "note": "x"}, "same": {}});
        let now = json!({"to": "bob", "body": {"items": [1, 3, 4]}, "same": {}});
        assert_eq!(
            differences(&before, &now),
            [
                "~ body.items[1]: 2 → 3",
                "+ body.items[2]: 4",
                "~ to: \"ada\" → \"bob\"",
                "- body.note: \"x\"",
            ]
        );
    }
}
