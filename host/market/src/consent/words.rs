//! What a model reads of a skill, and how it changed.

use std::collections::BTreeMap;

use metier_core::{Digest, package::Tool};
use serde_json::{Value, json};

use super::{Class, Contents, Part, Reason, diff};
use crate::fixtures;

/// The folder of files that are there to be read, whatever they are made of.
const READ_FOLDER: &str = "references/";

/// Whether a packed file is read by a model: everything in `references`, and every text that is no fixture. A table that code reads
/// counts as well: SKILL.md may send a model to it.
pub(super) fn is_read(path: &str, body: &[u8]) -> bool {
    let fixture = path
        .strip_prefix(fixtures::FOLDER)
        .is_some_and(|rest| rest.starts_with('/'));
    path.starts_with(READ_FOLDER) || (!fixture && std::str::from_utf8(body).is_ok())
}

/// Everything a model reads but schemas.
pub(super) fn value(contents: &Contents) -> Value {
    let tools = contents.tools.iter();
    let tools: Value = tools
        .map(|tool| json!([tool.name, tool.title, tool.description]))
        .collect();
    let files: Value = read(contents)
        .map(|(path, body)| json!([path, Digest::of(body)]))
        .collect();
    let skill = contents.manifest.skill.as_ref();
    json!({
        "skill-md": contents.skill_md,
        "description": skill.and_then(|skill| skill.description.as_deref()),
        "homepage": skill.and_then(|skill| skill.homepage.as_deref()),
        "license": skill.and_then(|skill| skill.license.as_deref()),
        "titles": contents.manifest.tools.iter().map(|(name, ask)| json!([name, ask.title])).collect::<Value>(),
        "tools": tools,
        "files": files,
    })
}

fn read(contents: &Contents) -> impl Iterator<Item = (&String, &Vec<u8>)> {
    contents
        .files
        .iter()
        .filter(|(path, body)| is_read(path, body))
}

/// Every difference in words and schemas. New and lost tools are told elsewhere.
pub(super) fn compare(old: &Contents, new: &Contents) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut say = |what: String, part, before: &str, after: &str| {
        if before != after {
            let words = format!("{what} changed");
            reasons.push(
                Reason::wider(Class::ReviewText, part, words).with(diff::lines(before, after)),
            );
        }
    };
    say(
        "SKILL.md".to_owned(),
        Part::Words,
        &old.skill_md,
        &new.skill_md,
    );
    let [before, after] = [old, new].map(about);
    say(
        "what skill.toml says about the skill".to_owned(),
        Part::Words,
        &before,
        &after,
    );
    let known: BTreeMap<_, _> = old.tools.iter().map(|tool| (&tool.name, tool)).collect();
    for tool in &new.tools {
        let Some(before) = known.get(&tool.name) else {
            continue;
        };
        let what = format!("the description of `{}`", tool.name);
        say(
            what,
            Part::Words,
            &described(old, before),
            &described(new, tool),
        );
        let what = format!("the schema of `{}`", tool.name);
        say(what, Part::Schemas, &schemas(before), &schemas(tool));
    }
    files(old, new, &mut say);
    reasons
}

fn files(old: &Contents, new: &Contents, say: &mut impl FnMut(String, Part, &str, &str)) {
    let [before, after] = [old, new].map(|contents| read(contents).collect::<BTreeMap<_, _>>());
    let mut paths: Vec<_> = before.keys().chain(after.keys()).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        let text = |files: &BTreeMap<&String, &Vec<u8>>| match files.get(*path) {
            None => String::new(),
            // What is no text is compared by its digest.
            Some(body) => {
                String::from_utf8((*body).clone()).unwrap_or_else(|_| Digest::of(body).to_string())
            }
        };
        let what = match (before.contains_key(*path), after.contains_key(*path)) {
            (true, true) => format!("`{path}`"),
            (false, _) => format!("`{path}` is new; the skill"),
            (_, false) => format!("`{path}` is gone; the skill"),
        };
        let empty_came_or_went = before.contains_key(*path) != after.contains_key(*path);
        let (before, after) = (text(&before), text(&after));
        if empty_came_or_went && before == after {
            // Its name alone is words.
            say(what, Part::Words, "", path);
        } else {
            say(what, Part::Words, &before, &after);
        }
    }
}

fn about(contents: &Contents) -> String {
    let Some(skill) = &contents.manifest.skill else {
        return String::new();
    };
    let lines = [
        ("description", &skill.description),
        ("license", &skill.license),
        ("homepage", &skill.homepage),
    ];
    let lines = lines
        .into_iter()
        .filter_map(|(key, text)| Some(format!("{key}: {}", text.as_deref()?)));
    lines.collect::<Vec<_>>().join("\n")
}

/// Both titles, since a client may show either.
fn described(contents: &Contents, tool: &Tool) -> String {
    let asked = contents
        .manifest
        .tools
        .get(&tool.name)
        .and_then(|ask| ask.title.as_deref());
    let titles = [asked, tool.title.as_deref()].into_iter().flatten();
    let mut lines: Vec<&str> = titles.collect();
    lines.dedup();
    lines.push(&tool.description);
    lines.join("\n")
}

/// One spelling of both: the order of fields is no change.
fn schemas(tool: &Tool) -> String {
    let mut both = json!({"arguments": tool.input_schema, "answer": tool.output_schema});
    both.sort_all_objects();
    serde_json::to_string_pretty(&both).unwrap_or_default()
}
