//! From what a server lists to tools of a skill, or the reason why one is left out.
//!
//! **Effects** are what the server's hints come to, with the defaults of the protocol, which assume the worst:
//!
//! | hints | effect |
//! |---|---|
//! | `readOnlyHint` | `read` |
//! | not `destructiveHint: false` | `destructive` |
//! | `destructiveHint: false`, `idempotentHint` | `idempotent` |
//! | `destructiveHint: false` | `write` |

use std::collections::BTreeSet;

use metier_core::{
    Effect,
    ids::ToolName,
    nearest::nearest,
    package::{MAX_TOOLS, MAX_TOOLS_BYTES},
};
use metier_mcp_wire::plan::{MAX_PROMOTED, Promoted, Tool};
use metier_openapi::text::{limited, line};
use serde_json::Value;

use super::{schema, server::Listed, unusable};
use crate::{errors::Failure, text::one_line};

/// Longest description, in characters: more is a finding of `metier lint`.
const MAX_DESCRIPTION: usize = 2_000;

/// Longest title, in characters.
const MAX_TITLE: usize = 80;

/// Longest name of a tool here, in bytes: what model providers accept.
const MAX_NAME: usize = 64;

/// Longest name of a tool on the server, in bytes; the protocol has 128 characters.
const MAX_THEIR_NAME: usize = 256;

/// Deepest indentation of a line that is kept, in spaces.
const MAX_INDENT: usize = 8;

/// A tool of the server as one of a skill.
#[derive(Clone, Debug)]
pub struct Made {
    /// As the plan has it.
    pub tool: Tool,
    /// Its title.
    pub title: Option<String>,
    /// What its hints come to.
    pub effect: Effect,
    /// The hints themselves, as the server wrote them.
    pub hints: String,
}

/// What became of a server's tools.
#[derive(Clone, Debug, Default)]
pub struct Converted {
    /// Those that can be called, in the server's order.
    pub tools: Vec<Made>,
    /// Why others cannot, one sentence each.
    pub left_out: Vec<String>,
    /// What was changed on the way, one sentence each.
    pub notes: Vec<String>,
}

impl Converted {
    /// The chosen tools; all without a choice.
    ///
    /// # Errors
    /// Where a chosen tool is not there, or there are more than a skill may have.
    pub fn of(listed: &Listed, chosen: &[String]) -> Result<Converted, Failure> {
        let mut converted = Converted::default();
        let mut taken = BTreeSet::new();
        let mut found = BTreeSet::new();
        for entry in &listed.tools {
            let theirs = entry
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let wanted = chosen
                .iter()
                .find(|name| *name == theirs || **name == here(theirs));
            if !chosen.is_empty() && wanted.is_none() {
                continue;
            }
            found.extend(wanted);
            match made(theirs, entry, &mut converted.notes) {
                Ok(made) if taken.insert(made.tool.name.clone()) => converted.tools.push(made),
                Ok(made) => converted.left_out.push(format!(
                    "`{}` would be called `{}`, which another tool is called",
                    shown(theirs),
                    made.tool.name
                )),
                Err(why) => converted
                    .left_out
                    .push(format!("`{}` {why}", shown(theirs))),
            }
        }
        if let Some(missing) = chosen.iter().find(|name| !found.contains(name)) {
            return Err(not_there(missing, listed));
        }
        converted.check()
    }

    fn check(self) -> Result<Converted, Failure> {
        let hint = "Name those it needs with --tools a,b,c; --list prints them all.";
        if self.tools.len() > MAX_TOOLS {
            let message = format!(
                "The server has {} tools and a skill has at most {MAX_TOOLS}.",
                self.tools.len()
            );
            return Err(unusable(&message, hint));
        }
        let size = |made: &Made| {
            let schemas = [
                Some(&made.tool.input_schema),
                made.tool.output_schema.as_ref(),
            ];
            let schemas = schemas
                .into_iter()
                .flatten()
                .map(|schema| schema.to_string().len());
            made.tool.description.len() + schemas.sum::<usize>()
        };
        // What is beside them is bounded, and a fraction of them; a plan is written with spaces.
        if self.tools.iter().map(size).sum::<usize>() > MAX_TOOLS_BYTES / 2 {
            let message =
                "The schemas of the server's tools are larger than those of a skill may be.";
            return Err(unusable(message, hint));
        }
        Ok(self)
    }
}

fn not_there(name: &str, listed: &Listed) -> Failure {
    let names = listed
        .tools
        .iter()
        .filter_map(|tool| tool.get("name")?.as_str());
    let message = match nearest(name, names) {
        Some(meant) => format!(
            "The server has no tool `{name}`; did you mean `{}`?",
            shown(meant)
        ),
        None => format!("The server has no tool `{name}`."),
    };
    unusable(&message, "`metier attach URL --list` prints what there is.")
}

fn made(theirs: &str, entry: &Value, notes: &mut Vec<String>) -> Result<Made, String> {
    if theirs.is_empty() {
        return Err("has no name".to_owned());
    }
    if theirs.len() > MAX_THEIR_NAME || theirs.chars().any(char::is_control) {
        return Err("has a name that no tool has".to_owned());
    }
    let name = here(theirs);
    if name.len() > MAX_NAME {
        return Err(format!("has a name of more than {MAX_NAME} bytes"));
    }
    if let Err(error) = name.parse::<ToolName>() {
        return Err(format!("cannot be called that here: {}", error.rule()));
    }
    let described = entry
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let description = paragraphs(described, MAX_DESCRIPTION);
    let input = entry.get("inputSchema").unwrap_or(&Value::Null);
    let headers = promoted(input)?;
    let input_schema =
        schema::cleaned(input).map_err(|why| format!("has arguments whose schema {why}"))?;
    if input_schema.get("type").and_then(Value::as_str) != Some("object") {
        return Err("has arguments whose schema does not describe an object".to_owned());
    }
    let output_schema = match entry.get("outputSchema").map(schema::cleaned) {
        Some(Err(why)) => {
            notes.push(format!(
                "`{name}`: the schema of its answer is left out, as it {why}"
            ));
            None
        }
        schema => schema.and_then(Result::ok),
    };
    if name != theirs {
        notes.push(format!("`{}` is called `{name}` here", shown(theirs)));
    }
    if described.trim().chars().count() > description.chars().count() {
        notes.push(format!("`{name}`: its description was cleaned or cut"));
    }
    let annotations = entry.get("annotations");
    let title = entry
        .get("title")
        .or(annotations.and_then(|it| it.get("title")));
    let title = title
        .and_then(Value::as_str)
        .map(|title| line(title, MAX_TITLE));
    let (effect, hints) = effect(annotations);
    Ok(Made {
        tool: Tool {
            name,
            tool: theirs.to_owned(),
            description,
            input_schema,
            output_schema,
            headers,
        },
        title: title.filter(|title| !title.is_empty()),
        effect,
        hints,
    })
}

/// What a tool of the server is called in a skill: `.`, `/`, `:` and spaces, which a name here has not, become `_`.
fn here(theirs: &str) -> String {
    theirs.replace(['.', '/', ':', ' '], "_")
}

fn effect(annotations: Option<&Value>) -> (Effect, String) {
    let hint = |name: &str| annotations.and_then(|it| it.get(name)?.as_bool());
    let (reads, destroys, repeats) = (
        hint("readOnlyHint"),
        hint("destructiveHint"),
        hint("idempotentHint"),
    );
    let effect = match (
        reads.unwrap_or(false),
        destroys.unwrap_or(true),
        repeats.unwrap_or(false),
    ) {
        (true, ..) => Effect::Read,
        (false, true, _) => Effect::Destructive,
        (false, false, true) => Effect::Idempotent,
        (false, false, false) => Effect::Write,
    };
    let said = [
        ("readOnlyHint", reads),
        ("destructiveHint", destroys),
        ("idempotentHint", repeats),
    ];
    let said = said
        .iter()
        .filter_map(|(name, value)| Some(format!("{name} = {}", (*value)?)));
    (effect, said.collect::<Vec<_>>().join(", "))
}

/// The arguments that travel as headers as well: `x-mcp-header` on a plain property.
fn promoted(schema: &Value) -> Result<Vec<Promoted>, String> {
    let mut found = Vec::new();
    collect(schema, &mut Vec::new(), &mut found)?;
    let mut seen = BTreeSet::new();
    let twice = found
        .iter()
        .any(|one| !seen.insert(one.header.to_ascii_lowercase()));
    match twice || found.len() > MAX_PROMOTED {
        true => Err("wants its arguments as too many headers, or two as one".to_owned()),
        false => Ok(found),
    }
}

fn collect(
    schema: &Value,
    path: &mut Vec<String>,
    found: &mut Vec<Promoted>,
) -> Result<(), String> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Ok(());
    };
    if path.len() > MAX_PROMOTED {
        return Ok(());
    }
    for (name, property) in properties {
        path.push(name.clone());
        match property.get("x-mcp-header") {
            Some(Value::String(header)) if is_token(header) && is_plain(property) => {
                found.push(Promoted {
                    header: header.clone(),
                    path: path.clone(),
                });
            }
            Some(_) => return Err("wants an argument as a header that none can be".to_owned()),
            None => {}
        }
        collect(property, path, found)?;
        path.pop();
    }
    Ok(())
}

fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

fn is_plain(property: &Value) -> bool {
    let kind = property.get("type").and_then(Value::as_str);
    matches!(kind, Some("string" | "integer" | "boolean"))
}

/// A stranger's text without what hides, reorders or controls, at most so many characters; lines and their indentation are kept.
pub fn paragraphs(words: &str, max: usize) -> String {
    // Far more than is kept, far less than a server could send.
    let head: String = words.chars().take(max.saturating_mul(4)).collect();
    let lines = head.lines().map(|written| {
        let indent = written
            .chars()
            .take_while(|it| *it == ' ')
            .count()
            .min(MAX_INDENT);
        let shown = line(written, max);
        match shown.is_empty() {
            true => shown,
            false => format!("{}{shown}", " ".repeat(indent)),
        }
    });
    let lines: Vec<String> = lines.collect();
    limited(&lines.join("\n"), max)
}

/// A name of the server's in a sentence.
pub fn shown(name: &str) -> String {
    line(&one_line(name), MAX_TITLE)
}

#[cfg(test)]
mod tests;
