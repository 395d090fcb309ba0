//! The files of a skill: `skill.toml`, `SKILL.md` and the plan.

use metier_core::{Effect, Manifest, http::Scheme, ids::SkillName};
use metier_mcp_wire::{Plan, plan::VERSION};
use metier_openapi::text::line;

use super::{
    convert::{Converted, Made},
    place::Place,
    server::Listed,
    unusable,
};
use crate::errors::Failure;

/// The version a new skill begins with.
const FIRST: &str = "0.1.0";

/// Longest description of the skill, in characters; the format allows 1,024.
const MAX_DESCRIPTION: usize = 300;

/// Longest line about one tool, in characters.
const MAX_LINE: usize = 200;

/// The files, each whole.
#[derive(Clone, Debug)]
pub struct Files {
    /// `skill.toml`.
    pub manifest: String,
    /// `SKILL.md`.
    pub skill_md: String,
    /// `assets/server.json`.
    pub plan: String,
    /// The part of a grant that has the credential; empty without one.
    pub grant: String,
}

impl Files {
    /// Writes them.
    ///
    /// # Errors
    /// Where one of them would be refused.
    pub fn write(
        name: &SkillName,
        place: &Place,
        listed: &Listed,
        converted: &Converted,
        credential: Option<&str>,
    ) -> Result<Files, Failure> {
        let refused = |what: &str, error: &str| {
            unusable(
                &format!("the {what} made from the server's tools would be refused: {error}"),
                "Choose other tools with --tools a,b,c.",
            )
        };
        let plan = Plan {
            version: VERSION,
            url: place.url.as_str().to_owned(),
            revision: listed.revision,
            session: listed.session,
            server: listed.name.clone(),
            tools: converted
                .tools
                .iter()
                .map(|made| made.tool.clone())
                .collect(),
        };
        let manifest = manifest(name, place, listed, converted, credential);
        Manifest::parse(&manifest).map_err(|error| refused("skill.toml", &error.to_string()))?;
        Ok(Files {
            skill_md: skill_md(name, place, listed, converted),
            plan: plan
                .to_json()
                .map_err(|error| refused("plan", &error.to_string()))?,
            grant: credential.map_or_else(String::new, |credential| grant(credential, place)),
            manifest,
        })
    }
}

fn manifest(
    name: &SkillName,
    place: &Place,
    listed: &Listed,
    converted: &Converted,
    credential: Option<&str>,
) -> String {
    let mut text = format!(
        "# Made by `metier attach`. The effects are what the server's hints come to: its word, to be read and mended here.\n\n\
         [skill]\nname = {}\nversion = {}\ndescription = {}\n",
        quoted(name.as_str()),
        quoted(FIRST),
        quoted(&description(place, listed, &converted.tools)),
    );
    for made in &converted.tools {
        let hints = match made.hints.is_empty() {
            true => "nothing: assume the worst",
            false => &made.hints,
        };
        text.push_str(&format!(
            "\n# The server says {hints}.\n[tools.{}]\neffect = {}\n",
            made.tool.name,
            quoted(made.effect.as_str())
        ));
        if let Some(title) = &made.title {
            text.push_str(&format!("title = {}\n", quoted(title)));
        }
    }
    text.push_str("\n[[capabilities.http]]\n");
    let url = &place.url;
    if url.scheme() != Scheme::Https {
        text.push_str(&format!("scheme = {}\n", quoted(url.scheme().as_str())));
    }
    text.push_str(&format!("host = {}\n", quoted(&url.host().to_string())));
    if url.port() != url.scheme().default_port() {
        text.push_str(&format!("port = {}\n", url.port()));
    }
    let methods = match listed.session {
        true => r#"["DELETE", "POST"]"#,
        false => r#"["POST"]"#,
    };
    text.push_str(&format!(
        "methods = {methods}\npaths = [{}]\n",
        quoted(&place.path)
    ));
    if let Some(credential) = credential {
        text.push_str(&format!("credential = {}\n", quoted(credential)));
    }
    text.push_str(
        "\n# Files the tools hand back, and answers too large for a model.\n[capabilities.artifacts]\n",
    );
    text
}

fn grant(credential: &str, place: &Place) -> String {
    format!(
        "[credentials.{}]\nkind = \"bearer\"\nsecret = {{ vault = {} }}\nhosts = [{}]\n",
        quoted(credential),
        quoted(&format!("{credential}-key")),
        quoted(&place.url.host().to_string())
    )
}

/// What the skill is for, in one or two sentences.
fn description(place: &Place, listed: &Listed, made: &[Made]) -> String {
    let server = match listed.name.is_empty() {
        true => place.url.host().to_string(),
        false => listed.name.clone(),
    };
    let mut words = format!("{server}: ");
    for (index, one) in made.iter().enumerate() {
        let title = one.title.as_deref().unwrap_or(&one.tool.name);
        let separator = if index == 0 { "" } else { "; " };
        let more = format!("{separator}{}", title.trim_end_matches('.'));
        if words.chars().count() + more.chars().count() > MAX_DESCRIPTION {
            words.push_str(&format!(" and {} more", made.len() - index));
            break;
        }
        words.push_str(&more);
    }
    format!("{words}.")
}

fn skill_md(name: &SkillName, place: &Place, listed: &Listed, converted: &Converted) -> String {
    let title = match listed.name.is_empty() {
        true => name.short(),
        false => &listed.name,
    };
    let mut md = format!(
        "---\nname: {}\ndescription: {}\nmetadata:\n  version: \"{FIRST}\"\n---\n\n# {title}\n\n\
         Tools of an MCP server. You never need or see a password or token: the host adds it.\n",
        name.short(),
        yaml(&description(place, listed, &converted.tools)),
    );
    let groups = [
        (Effect::Read, "Look"),
        (
            Effect::Idempotent,
            "Set: doing it twice is the same as doing it once",
        ),
        (Effect::Write, "Change: doing it twice does it twice"),
        (Effect::Destructive, "May not be undone: ask first"),
    ];
    for (effect, heading) in groups {
        let mut of_it = converted
            .tools
            .iter()
            .filter(|made| made.effect == effect)
            .peekable();
        if of_it.peek().is_some() {
            md.push_str(&format!("\n## {heading}\n\n"));
        }
        for made in of_it {
            let about = line(&made.tool.description, MAX_LINE);
            let dash = if about.is_empty() { "" } else { " — " };
            md.push_str(&format!("- **{}**{dash}{about}\n", made.tool.name));
        }
    }
    md.push_str(ADVICE);
    md
}

const ADVICE: &str = "
## Answers

What the tool answered: JSON, a text, or a list of both. Images and other files are artifacts. A long answer is cut with a note that says
where the whole is kept.

## When it fails

- `invalid-input`: the server's own words say what is wrong. Mend the arguments and call again.
- `not-found`, `conflict`: look first, then decide.
- `rate-limited`, `unavailable`: wait, then call again; after a change that was `unavailable`, look whether it was made.
- `unauthorized`, `denied`: only the operator can help. Say what was refused; do not look for a way round.
";

/// A TOML string on one line.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            _ if character.is_control() => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(character)));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// A double-quoted YAML scalar, which any YAML reader takes as text.
fn yaml(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
