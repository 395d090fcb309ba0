//! `metier inspect` for people.

use std::collections::BTreeMap;

use metier_core::{effect::Effect, package::Tool};
use metier_runtime::{engine::Flavour, skill::Skill};

use super::{reach, signature};
use crate::{
    args::Inspect,
    json::{Json, pretty},
    render::{self, Cell, count},
    terminal::{Paint, Stream},
    text,
};

/// The whole page.
pub fn write(skill: &Skill, args: &Inspect, stream: &Stream) -> String {
    let paint = stream.paint();
    let mut sections = vec![head(skill, stream), tools(skill, args.schemas, paint)];
    if !skill.refused().is_empty() {
        let lines = skill.refused().iter().map(|refused| {
            format!(
                "  {}: {}",
                paint.name(&text::one_line(&refused.name)),
                text::one_line(&refused.reason)
            )
        });
        sections.push(section("Exported, but no tool", lines, paint));
    }
    sections.push(asks(skill, stream));
    let price = &skill.manifest().pricing;
    if !price.is_free() {
        sections.push(section("Costs", [format!("  {}", price.words())], paint));
    }
    sections.push(imports(skill, args.imports, paint));
    if !skill.resources().is_empty() {
        let files = skill.resources().iter();
        let lines = files.map(|(path, body)| {
            format!(
                "  {}  {}",
                text::one_line(path),
                render::bytes(body.len() as u64)
            )
        });
        sections.push(section("Packed files", lines, paint));
    }
    format!("{}\n", sections.join("\n\n"))
}

fn section(title: &str, lines: impl IntoIterator<Item = String>, paint: Paint) -> String {
    let mut all = vec![paint.heading(title)];
    all.extend(lines);
    all.join("\n")
}

fn head(skill: &Skill, stream: &Stream) -> String {
    let paint = stream.paint();
    let info = skill.manifest().skill.as_ref();
    let title = match info {
        Some(info) => format!("{} {}", paint.heading(info.name.as_str()), info.version),
        None => format!(
            "{} {}",
            paint.heading("a component without a manifest"),
            paint.faint("(it reaches what a grant for its digest allows)")
        ),
    };
    let mut lines = vec![title];
    let description = info.and_then(|info| info.description.as_deref());
    lines.extend(description.map(text::one_line));
    lines.push(String::new());
    let generation = match skill.flavour() {
        Flavour::Sync => "WASI 0.2",
        Flavour::Async => "WASI 0.3",
    };
    let mut fields = vec![
        ("digest".to_owned(), Cell::text(skill.digest().to_string())),
        ("size".to_owned(), Cell::text(render::bytes(skill.size()))),
        ("built for".to_owned(), Cell::text(generation)),
    ];
    let more = [
        ("license", info.and_then(|i| i.license.as_deref())),
        ("homepage", info.and_then(|i| i.homepage.as_deref())),
    ];
    for (name, value) in more {
        fields.extend(value.map(|value| (name.to_owned(), Cell::text(text::one_line(value)))));
    }
    lines.push(render::pairs(&fields, stream));
    lines.join("\n")
}

fn tools(skill: &Skill, schemas: bool, paint: Paint) -> String {
    let lines = skill
        .tools()
        .map(|tool| self::tool(&tool.info, schemas, paint));
    section("Tools", lines, paint)
}

fn tool(tool: &Tool, schemas: bool, paint: Paint) -> String {
    let effect = match tool.effect {
        Effect::Read => paint.good(tool.effect.as_str()),
        Effect::Idempotent | Effect::Write => paint.caution(tool.effect.as_str()),
        Effect::Destructive => paint.bad(tool.effect.as_str()),
    };
    let signature = signature::of(
        tool.name.as_str(),
        &tool.input_schema,
        tool.output_schema.as_ref(),
    );
    let (name, rest) = signature.split_at(tool.name.as_str().len());
    let mut lines = vec![format!("  {}{rest}  [{effect}]", paint.name(name))];
    lines.extend(
        tool.title
            .as_deref()
            .map(|title| format!("    {}", paint.heading(&text::one_line(title)))),
    );
    lines.extend(
        text::lines(&tool.description)
            .lines()
            .filter(|line| !line.is_empty())
            .map(|line| format!("    {line}")),
    );
    if schemas {
        let all = [
            ("arguments", Some(&tool.input_schema)),
            ("answer", tool.output_schema.as_ref()),
        ];
        for (what, schema) in all {
            lines.extend(schema.map(|schema| self::schema(what, schema, paint)));
        }
    }
    lines.join("\n")
}

fn schema(what: &str, schema: &serde_json::Value, paint: Paint) -> String {
    let json = schema.to_string();
    let shown = Json::parse(&json)
        .map(|json| pretty(json, paint))
        .unwrap_or_default();
    let indented: Vec<String> = shown.lines().map(|line| format!("    {line}")).collect();
    format!(
        "    {}\n{}",
        paint.faint(&format!("{what}:")),
        indented.join("\n")
    )
}

fn asks(skill: &Skill, stream: &Stream) -> String {
    let paint = stream.paint();
    let reach = reach::sentences(&skill.manifest().capabilities);
    let mut lines = reach;
    if lines.is_empty() {
        let nothing = match skill.manifest().name() {
            Some(_) => "nothing: it can only compute",
            None => "does not say: a grant for its digest decides alone",
        };
        lines.push(("reach", nothing.to_owned()));
    }
    let limits = reach::limits(&skill.manifest().limits);
    if !limits.is_empty() {
        let shown: Vec<String> = limits
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        lines.push(("limits", format!("up to {}", shown.join(", "))));
    }
    section("Asks for", grouped(&lines, paint), paint)
}

/// The capability once, its sentences below each other.
fn grouped(reach: &[(&str, String)], paint: Paint) -> Vec<String> {
    let longest = reach.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut before = "";
    let mut lines = Vec::new();
    for (name, sentence) in reach {
        let shown = if *name == before {
            String::new()
        } else {
            paint.name(name)
        };
        let padding = " ".repeat(longest - if *name == before { 0 } else { name.len() });
        lines.push(format!("  {shown}{padding}  {sentence}"));
        before = name;
    }
    lines
}

/// `wasi:io (error, poll, streams)`, or every name.
fn imports(skill: &Skill, all: bool, paint: Paint) -> String {
    if skill.imports().is_empty() {
        return section("Imports", ["  nothing".to_owned()], paint);
    }
    if all {
        return section(
            "Imports",
            skill
                .imports()
                .iter()
                .map(|name| format!("  {}", text::one_line(name))),
            paint,
        );
    }
    let mut packages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for import in skill.imports() {
        let bare = import.split('@').next().unwrap_or(import);
        let (package, interface) = bare.split_once('/').unwrap_or((bare, ""));
        packages
            .entry(text::one_line(package))
            .or_default()
            .push(text::one_line(interface));
    }
    let lines = packages.into_iter().map(|(package, interfaces)| {
        let shown = interfaces.join(", ");
        format!(
            "  {}  {}",
            paint.name(&package),
            if shown.is_empty() {
                count(interfaces.len(), "import")
            } else {
                shown
            }
        )
    });
    section("Imports", lines.collect::<Vec<_>>(), paint)
}
