//! What a model is made to read: SKILL.md, the words of tools, packed texts.
//!
//! None of these rules understands a text. They find what has no place in the words of an honest skill, or what a person should
//! see before a thousand models do. Words are compared as the eye takes them ([`super::fold`]), so that letters of
//! another script and digits for letters do not hide them.

mod blobs;
mod instructions;
mod scripts;
mod shell;
mod urls;

use metier_core::{Manifest, hidden, package::Tool};
use serde_json::Value;

use super::report::Findings;
use crate::{
    agent::{self, Package},
    consent::Contents,
    fixtures,
    folder::{MANIFEST_FILE, SKILL_MD_FILE, TOOLS_FILE},
    secrets,
};

/// Most texts of one tool that are looked at one by one.
const MAX_TEXTS: usize = 4_096;

/// Most secrets of a text that are told.
const MAX_SECRETS: usize = 20;

/// What every schema says it is written in: an address that is no word.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A text and where it stands.
struct Text {
    place: String,
    text: String,
    /// Whether it is prose, or data that happens to be text.
    prose: bool,
}

pub(super) fn check(contents: &Contents, findings: &mut Findings) {
    let reach = urls::Reach::of(contents.manifest());
    look(texts(contents), &reach, findings);
}

/// The same of an agent: what a model or a person is made to read, and the whole file for what must be in none of its texts.
pub(super) fn check_agent<'m>(
    package: &Package,
    manifests: impl Iterator<Item = &'m Manifest>,
    findings: &mut Findings,
) {
    let read = agent::words(package).into_iter();
    let read = read.map(|(place, text)| Text {
        place,
        text,
        prose: true,
    });
    let files = package.files().iter();
    let files = files.map(|(path, text)| (path.as_str(), text.as_str()));
    let whole = files.chain([("the definition", package.text())]);
    let whole = whole.map(|(place, text)| Text {
        place: place.to_owned(),
        text: text.to_owned(),
        prose: false,
    });
    let reach = urls::Reach::of_all(manifests);
    look(read.chain(whole).collect(), &reach, findings);
}

fn look(texts: Vec<Text>, reach: &urls::Reach, findings: &mut Findings) {
    for Text { place, text, prose } in texts {
        if let Some(found) = hidden::find(&text) {
            let evidence = format!("line {}, column {}: {found}", found.line, found.column);
            findings.add("words/hidden-characters", &place, &evidence);
        }
        for found in secrets::find(&text).into_iter().take(MAX_SECRETS) {
            // By its place only: a report is shown to many.
            let line = text[..found.range.start].matches('\n').count() + 1;
            findings.add(
                "words/secret",
                &place,
                &format!("line {line}: there is what looks like {}", found.kind),
            );
        }
        chat_template(&place, &text, findings);
        if !prose {
            continue;
        }
        for (line, text) in text.lines().enumerate() {
            let place = if line == 0 {
                place.clone()
            } else {
                format!("{place}:{}", line + 1)
            };
            shell::check(&place, text, findings);
            urls::check(&place, text, reach, findings);
            scripts::check(&place, text, findings);
        }
        // Sentences and blobs go over several lines.
        instructions::check(&place, &text, findings);
        blobs::check(&place, &text, findings);
    }
}

fn texts(contents: &Contents) -> Vec<Text> {
    let prose = |place: &str, text: &str| Text {
        place: place.to_owned(),
        text: text.to_owned(),
        prose: true,
    };
    let mut texts = vec![prose(SKILL_MD_FILE, contents.skill_md())];
    if let Some(skill) = &contents.manifest().skill {
        texts.extend(
            skill
                .description
                .iter()
                .map(|text| prose(MANIFEST_FILE, text)),
        );
    }
    let titles = contents
        .manifest()
        .tools
        .values()
        .filter_map(|ask| ask.title.as_deref());
    texts.extend(titles.map(|title| prose(MANIFEST_FILE, title)));
    for tool in contents.tools() {
        let place = format!("{TOOLS_FILE}: {}", tool.name);
        texts.extend(of_tool(tool).into_iter().map(|text| prose(&place, &text)));
    }
    for (path, bytes) in contents.files() {
        let fixture = path
            .strip_prefix(fixtures::FOLDER)
            .is_some_and(|rest| rest.starts_with('/'));
        let Ok(text) = std::str::from_utf8(bytes) else {
            continue;
        };
        // Fixtures are the linter's, which knows what they are made of.
        if !fixture {
            texts.push(Text {
                place: path.clone(),
                text: text.to_owned(),
                prose: is_prose(path),
            });
        }
    }
    texts
}

fn is_prose(path: &str) -> bool {
    let folder = ["references/", "scripts/"]
        .iter()
        .any(|folder| path.starts_with(folder));
    let lower = path.to_ascii_lowercase();
    folder
        || [".md", ".txt", ".rst", ".html"]
            .iter()
            .any(|end| lower.ends_with(end))
}

/// Every text of a tool that a model is given.
fn of_tool(tool: &Tool) -> Vec<String> {
    let mut texts = vec![tool.description.clone()];
    texts.extend(tool.title.clone());
    collect(&tool.input_schema, &mut texts);
    tool.output_schema
        .iter()
        .for_each(|schema| collect(schema, &mut texts));
    texts
}

fn collect(schema: &Value, texts: &mut Vec<String>) {
    match schema {
        _ if texts.len() >= MAX_TEXTS => {}
        Value::String(text) if text == DIALECT => {}
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(members) => {
            for (name, value) in members {
                texts.push(name.clone());
                collect(value, texts);
            }
        }
        _ => {}
    }
}

/// How models are told who speaks, in lower case.
const MARKS: [&str; 12] = [
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "[inst]",
    "[/inst]",
    "<<sys>>",
    "<|start_header_id|>",
    "<|eot_id|>",
    "<start_of_turn>",
];

fn chat_template(place: &str, text: &str, findings: &mut Findings) {
    let lower = text.to_lowercase();
    for mark in MARKS.iter().filter(|mark| lower.contains(*mark)) {
        findings.add("words/chat-template", place, &format!("there is {mark}"));
    }
}
