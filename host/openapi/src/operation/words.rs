//! What a model reads of an operation, and what it does to the world.

use metier_core::Effect;
use serde_json::Value;

use super::Listed;
use crate::text;

/// Longest description of a tool, in characters.
const MAX_DESCRIPTION: usize = 1024;

/// Longest title, in characters: it stands on one line.
const MAX_TITLE: usize = 100;

/// Summary and description, without saying one thing twice.
pub(super) fn description(listed: &Listed<'_>) -> String {
    let written = |key: &str| {
        let text = listed
            .operation
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or("");
        text::prose(text, MAX_DESCRIPTION)
    };
    let (summary, description) = (written("summary"), written("description"));
    let mut said = match (summary.as_str(), description.as_str()) {
        ("", "") => format!("{} {}", listed.method, listed.path),
        ("", only) | (only, "") => only.to_owned(),
        (summary, description) if description.starts_with(summary.trim_end_matches('.')) => {
            description.to_owned()
        }
        (summary, description) => {
            let stop = if summary.ends_with(['.', '!', '?']) {
                ""
            } else {
                "."
            };
            format!("{summary}{stop}\n\n{description}")
        }
    };
    if listed.deprecated {
        said = format!("Deprecated. {said}");
    }
    text::limited(&said, MAX_DESCRIPTION)
}

/// One line for people.
pub(super) fn title(listed: &Listed<'_>) -> Option<String> {
    let summary = listed.operation.get("summary").and_then(Value::as_str)?;
    let title = text::line(&text::prose(summary, MAX_TITLE), MAX_TITLE);
    (!title.is_empty()).then_some(title)
}

/// What the method says (RFC 9110, section 9.2): safe, idempotent, neither; what deletes is destructive first of all.
pub(super) fn effect(method: &str) -> Effect {
    match method {
        "GET" | "HEAD" | "OPTIONS" | "QUERY" => Effect::Read,
        "PUT" => Effect::Idempotent,
        "POST" | "PATCH" => Effect::Write,
        _ => Effect::Destructive,
    }
}
