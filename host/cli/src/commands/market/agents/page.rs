//! What somebody reads before they say yes to an agent: what each skill may touch, apart, and then what the agent may do itself.

use metier_agent::definition::{Definition, Name, ToolChoice};
use metier_core::manifest::words as reach;
use metier_market::{
    agent::sentences,
    client::{Fetched, FirstKey},
};
use serde_json::{Value, json};

use super::find::{FoundAgent, find};
use crate::{
    commands::market::{
        find::{Found, Looked},
        info,
        session::Session,
    },
    errors::Failure,
    exit::Exit,
    printer::Format,
    terminal::Stream,
    text,
};

/// Shows an agent.
///
/// # Errors
/// When it, or one of its skills, is not what it should be.
pub async fn show(session: &Session<'_>, looked: Looked) -> Result<Exit, Failure> {
    let app = session.app;
    let found = find(session, looked, FirstKey::Remembered).await?;
    if app.printer.format == Format::Json {
        app.print(&format!("{}\n", value(&found)))?;
        return Ok(Exit::Ok);
    }
    let stream = &app.printer.terminal.stdout;
    app.print(&page(&found, stream))?;
    app.print(&info::versions(&found.index, found.list(), stream))?;
    Ok(Exit::Ok)
}

/// The page.
pub fn page(found: &FoundAgent, stream: &Stream) -> String {
    let paint = stream.paint();
    let (line, package) = (&found.line, &found.fetched.contents);
    let name = paint.heading(line.name.as_str());
    let mut lines = vec![format!(
        "{name} {}, {}",
        line.vers,
        kind(package.definition())
    )];
    let description = &package.definition().terms().description;
    lines.extend(Some(text::one_line(description)).filter(|words| !words.is_empty()));
    lines.push(format!("\n{}", paint.heading("Published by")));
    let Fetched {
        receipt, proven, ..
    } = &found.fetched;
    lines.extend(info::who(found.client(), line, receipt, proven));
    for (alias, skill) in &found.skills {
        lines.extend(of_skill(found, alias, skill, stream));
    }
    lines.push(format!("\n{}", paint.heading("The agent itself")));
    lines.extend(info::listed(&sentences(package)));
    if found.skills.len() > 1 {
        let apart =
            "Each skill may touch what stands below its own name, and nothing of the others'.";
        lines.push(format!("\n{apart}"));
    }
    lines.extend(
        line.yanked
            .as_ref()
            .map(|why| format!("\n{}: {}", paint.bad("Yanked"), text::one_line(why))),
    );
    format!("{}\n", lines.join("\n"))
}

/// One skill, as its own page has it.
fn of_skill(agent: &FoundAgent, alias: &Name, skill: &Found, stream: &Stream) -> Vec<String> {
    let paint = stream.paint();
    let (line, proven) = (&skill.line, &skill.fetched.proven);
    let manifest = skill.fetched.contents.manifest();
    let heading = paint.heading(&format!("Its skill `{}`", alias.as_str()));
    let mut lines = vec![
        format!("\n{heading}: {} {}", line.name, line.vers),
        match &proven.publication.run {
            Some(run) => format!("  published by {}", info::seen(run)),
            None => format!(
                "  signed by {} with the key {}",
                line.name.namespace(),
                proven.publication.key
            ),
        },
        format!(
            "  the agent uses {}",
            tools(agent.fetched.contents.tools(alias))
        ),
        " It may".to_owned(),
    ];
    lines.extend(info::may(manifest));
    lines.push(" It costs".to_owned());
    lines.push(format!("  {}", manifest.pricing.words()));
    lines
}

fn tools(choice: Option<&ToolChoice>) -> String {
    match choice {
        Some(ToolChoice::All) => "all its tools".to_owned(),
        Some(ToolChoice::These(names)) if !names.is_empty() => names.join(", "),
        _ => "none of its tools".to_owned(),
    }
}

fn kind(definition: &Definition) -> &'static str {
    match definition {
        Definition::Agent(_) => "an agent: a model decides what happens",
        Definition::Chain(_) => "a chain: its file decides what happens",
    }
}

/// The same for programs.
fn value(found: &FoundAgent) -> Value {
    let (line, proven) = (&found.line, &found.fetched.proven);
    let package = &found.fetched.contents;
    let told = |said: Vec<(&str, String)>| -> Vec<Value> {
        let said = said.into_iter();
        said.map(|(about, words)| json!({"capability": about, "words": words}))
            .collect()
    };
    let skills: Vec<Value> = found
        .skills
        .iter()
        .map(|(alias, skill)| {
            let manifest = skill.fetched.contents.manifest();
            json!({
                "alias": alias,
                "name": skill.line.name,
                "version": skill.line.vers,
                "component": skill.line.component,
                "key": skill.fetched.proven.publication.key,
                "run": skill.fetched.proven.publication.run,
                "asks": told(reach::sentences(&manifest.capabilities)),
                "price": manifest.pricing.words(),
            })
        })
        .collect();
    json!({
        "name": line.name,
        "kind": line.kind,
        "version": line.vers,
        "component": line.component,
        "size": line.size,
        "market": found.client().market().address.as_str(),
        "key": proven.publication.key,
        "run": proven.publication.run,
        "first-key": proven.first_key,
        "recovered": proven.recovered,
        "published": proven.at,
        "leaf": proven.index,
        "skills": skills,
        "itself": told(sentences(package)),
        "versions": info::each(&found.index, found.list()),
    })
}
