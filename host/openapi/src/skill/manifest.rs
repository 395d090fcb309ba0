//! `skill.toml`: exactly the methods and paths of the operations, nothing more.

use std::collections::{BTreeMap, BTreeSet};

use metier_openapi_plan::{BASE_URL_KEY, BaseUrlConfig};

use super::About;
use super::credentials::Credentials;
use crate::convert::Conversion;
use crate::document::Document;
use crate::operation::Made;
use crate::text;

/// Longest description of the skill, in characters; the format allows 1,024.
const MAX_DESCRIPTION: usize = 300;

/// What requests of one kind have in common, except their methods and paths.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    host: String,
    scheme: String,
    port: Option<u16>,
    credential: Option<String>,
}

pub(super) fn write(
    document: &Document,
    about: &About,
    conversion: &Conversion,
    credentials: &Credentials,
) -> String {
    let made = &conversion.operations;
    let mut text = String::from(
        "# Made by `metier openapi`. An operator grants it, or less: one host instead of a pattern, some of the paths.\n\n",
    );
    text.push_str(&format!(
        "[skill]\nname = {}\nversion = {}\ndescription = {}\n",
        quoted(about.name.as_str()),
        quoted(&about.version.to_string()),
        quoted(&description(document, made)),
    ));
    for one in made {
        text.push_str(&format!(
            "\n[tools.{}]\neffect = {}\n",
            one.operation.tool,
            quoted(one.effect.as_str())
        ));
        if let Some(title) = &one.operation.title {
            text.push_str(&format!("title = {}\n", quoted(title)));
        }
    }
    for (target, methods, paths) in rules(made, credentials) {
        text.push_str(&rule(&target, &methods, &paths));
    }
    text.push_str("\n# Answers too large for a model are kept whole.\n[capabilities.artifacts]\n");
    // The component always can ask; it does where the plan says that the address is an operator's to say.
    let asked = made
        .iter()
        .any(|one| one.server.config != BaseUrlConfig::Fixed);
    let why = if asked {
        "Where the service is: https://…"
    } else {
        "Not asked for: the address is fixed."
    };
    text.push_str(&format!(
        "\n# {why}\n[capabilities.config]\nkeys = [{}]\n",
        quoted(BASE_URL_KEY)
    ));
    text
}

/// What the skill is for, in one or two sentences.
pub(super) fn description(document: &Document, made: &[Made]) -> String {
    let title = text::line(document.info("title").unwrap_or("an HTTP API"), 80);
    let titles = made.iter().map(|one| {
        one.operation
            .title
            .as_deref()
            .unwrap_or(&one.operation.tool)
    });
    let mut words = format!("{title}: ");
    for (index, title) in titles.enumerate() {
        let separator = if index == 0 { "" } else { "; " };
        let more = format!("{separator}{}", text::line(title.trim_end_matches('.'), 80));
        if words.chars().count() + more.chars().count() > MAX_DESCRIPTION {
            words.push_str(&format!(" and {} more", made.len() - index));
            break;
        }
        words.push_str(&more);
    }
    format!("{words}.")
}

/// Methods with the same paths at the same target are one rule; no rule allows a pair nobody needs.
fn rules(made: &[Made], credentials: &Credentials) -> Vec<(Target, Vec<String>, Vec<String>)> {
    let mut paths: BTreeMap<(Target, String), BTreeSet<String>> = BTreeMap::new();
    for (index, one) in made.iter().enumerate() {
        let target = Target {
            host: one.server.host.clone(),
            scheme: one.server.scheme.clone(),
            port: one.server.port,
            credential: credentials.name(index).map(str::to_owned),
        };
        let key = (target, one.operation.method.clone());
        paths.entry(key).or_default().insert(one.path_pattern());
    }
    let mut merged: BTreeMap<(Target, BTreeSet<String>), Vec<String>> = BTreeMap::new();
    for ((target, method), paths) in paths {
        merged.entry((target, paths)).or_default().push(method);
    }
    let rules = merged.into_iter();
    rules
        .map(|((target, paths), methods)| (target, methods, paths.into_iter().collect()))
        .collect()
}

fn rule(target: &Target, methods: &[String], paths: &[String]) -> String {
    let mut text = String::from("\n[[capabilities.http]]\n");
    if target.scheme != "https" {
        text.push_str(&format!("scheme = {}\n", quoted(&target.scheme)));
    }
    text.push_str(&format!("host = {}\n", quoted(&target.host)));
    if let Some(port) = target.port {
        text.push_str(&format!("port = {port}\n"));
    }
    let methods: Vec<String> = methods.iter().map(|method| quoted(method)).collect();
    text.push_str(&format!("methods = [{}]\n", methods.join(", ")));
    match paths {
        [only] => text.push_str(&format!("paths = [{}]\n", quoted(only))),
        several => {
            text.push_str("paths = [\n");
            for path in several {
                text.push_str(&format!("    {},\n", quoted(path)));
            }
            text.push_str("]\n");
        }
    }
    if let Some(credential) = &target.credential {
        text.push_str(&format!("credential = {}\n", quoted(credential)));
    }
    text
}

/// A TOML string on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            _ if character.is_control() => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(character)))
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
