//! What `metier attach` says.

use std::path::Path;

use metier_core::ids::SkillName;
use metier_market::pack::Packed;
use metier_openapi::text::line;
use serde_json::{Value, json};

use super::{
    convert::{Converted, Made},
    files::Files,
    place::Place,
};
use crate::{
    commands::App,
    errors::Failure,
    printer::Format,
    render::{bytes, count},
    text,
};

/// Most sentences told of one kind: the rest are counted. `--output json` has them all.
const MAX_TOLD: usize = 20;

/// Longest description in a list, in characters.
const MAX_ABOUT: usize = 80;

/// What was left out and what was changed.
pub fn left_out(app: &App, converted: &Converted) {
    if app.printer.format == Format::Json {
        return;
    }
    let more = |all: &[String]| all.len().checked_sub(MAX_TOLD).filter(|more| *more > 0);
    for why in converted.left_out.iter().take(MAX_TOLD) {
        app.printer
            .warn(&text::one_line(&format!("left out: {why}")));
    }
    if let Some(more) = more(&converted.left_out) {
        app.printer.warn(&format!("left out: {more} more"));
    }
    for what in converted.notes.iter().take(MAX_TOLD) {
        app.printer.note(&text::one_line(&format!("note: {what}")));
    }
    if let Some(more) = more(&converted.notes) {
        app.printer
            .note(&format!("note: {more} more; --output json has them all"));
    }
}

fn described(made: &Made) -> Value {
    json!({
        "tool": made.tool.name,
        "name": made.tool.tool,
        "effect": made.effect,
        "hints": made.hints,
    })
}

/// The server's tools.
pub fn list(app: &App, converted: &Converted) -> Result<(), Failure> {
    if app.printer.format == Format::Json {
        let all: Vec<Value> = converted
            .tools
            .iter()
            .map(|made| {
                let mut all = described(made);
                all["description"] = json!(made.tool.description);
                all
            })
            .collect();
        let told = json!({"tools": all, "left-out": converted.left_out, "notes": converted.notes});
        return app.print(&format!("{told}\n"));
    }
    let names = converted.tools.iter().map(|made| made.tool.name.len());
    let names = names.max().unwrap_or(0);
    let mut page = String::new();
    for made in &converted.tools {
        let about = line(&made.tool.description, MAX_ABOUT);
        let row = format!(
            "{:names$}  {:11}  {about}",
            made.tool.name,
            made.effect.as_str()
        );
        page.push_str(text::one_line(&row).trim_end());
        page.push('\n');
    }
    app.print(&page)?;
    left_out(app, converted);
    app.printer
        .note(&format!("{}.", count(converted.tools.len(), "tool")));
    Ok(())
}

/// The skill that was made, and what comes next.
pub fn made(
    app: &App,
    folder: &Path,
    name: &SkillName,
    converted: &Converted,
    files: &Files,
    packed: &Packed,
) -> Result<(), Failure> {
    let shown = text::one_line(&folder.display().to_string());
    if app.printer.format == Format::Json {
        let told = json!({
            "folder": shown,
            "name": name.as_str(),
            "digest": packed.skill.digest(),
            "tools": converted.tools.iter().map(described).collect::<Vec<_>>(),
            "left-out": converted.left_out,
            "notes": converted.notes,
            "grant": files.grant,
        });
        return app.print(&format!("{told}\n"));
    }
    left_out(app, converted);
    app.print(&format!("{shown}\n"))?;
    let size = bytes(packed.bytes.len() as u64);
    let file = format!("{shown}/dist/{}.wasm", name.short());
    app.printer.note(&format!(
        "{file} has {} in {size}. What they do to the world is the server's word; mend it in {shown}/skill.toml, then `metier build {shown}`:\n{}",
        count(converted.tools.len(), "tool"),
        effects(&converted.tools)
    ));
    app.printer.note(&format!(
        "What comes next:\n  metier inspect {file} --grant-template > grant.toml\n  \
         metier call {file} {} --help\n  metier admin skill install --allow-unsigned {file} --grant grant.toml",
        converted
            .tools
            .first()
            .map_or("TOOL", |made| made.tool.name.as_str())
    ));
    if !files.grant.is_empty() {
        app.printer.note(&format!(
            "The grant's credential, to be completed:\n\n{}",
            text::lines(&files.grant)
        ));
    }
    Ok(())
}

/// `  add  write  destructiveHint = false`
fn effects(tools: &[Made]) -> String {
    let names = tools
        .iter()
        .map(|made| made.tool.name.len())
        .max()
        .unwrap_or(0);
    let mut lines: Vec<String> = tools
        .iter()
        .take(MAX_TOLD)
        .map(|made| {
            let line = format!(
                "  {:names$}  {:11}  {}",
                made.tool.name,
                made.effect.as_str(),
                made.hints
            );
            line.trim_end().to_owned()
        })
        .collect();
    if tools.len() > MAX_TOLD {
        lines.push(format!("  … and {} more", tools.len() - MAX_TOLD));
    }
    lines.join("\n")
}

/// What a grant for a server on this machine needs besides.
pub fn addresses(app: &App, place: &Place) {
    if let Some(addresses) = place.addresses()
        && app.printer.format != Format::Json
    {
        app.printer.note(&format!(
            "The server is on this machine: its rule in the grant needs `addresses = [\"{addresses}\"]`."
        ));
    }
}

/// What a server has changed.
pub fn changes(app: &App, changes: &[String]) -> Result<(), Failure> {
    if app.printer.format == Format::Json {
        return app.print(&format!("{}\n", json!({"changes": changes})));
    }
    let lines: String = changes
        .iter()
        .map(|change| format!("{}\n", text::one_line(change)))
        .collect();
    app.print(&lines)?;
    app.printer.note(match changes.is_empty() {
        true => "The server says what it said.",
        false => "The skill is as it was: calls go by what was attached. To have the new, attach the server again and review it.",
    });
    Ok(())
}
