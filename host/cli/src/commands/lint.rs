//! `metier lint`: what a market would refuse.

use std::{fs, path::Path};

use metier_core::{code::Code, fault::Fault};
use metier_market::{
    folder::MANIFEST_FILE,
    lint::{self, Finding, Report, Severity},
};
use serde_json::json;

use super::{App, skill_file};
use crate::{args::Lint, errors::Failure, printer::Format, render::count, text};

/// Lists what breaks a rule.
///
/// # Errors
/// [`Failure`] when something cannot be read, or an error was found; warnings alone are none.
pub fn run(app: &App, args: &Lint) -> Result<(), Failure> {
    let report = report(&args.skill)?;
    match app.printer.format {
        Format::Json => app.print(&format!("{}\n", json(&report)))?,
        Format::Human => app.print(&human(app, &report))?,
    }
    if !report.saw_tools {
        app.printer.warn("nothing is built yet: the rules about tools were not checked. `metier build` builds it.");
    }
    let (errors, warnings) = (
        report.count(Severity::Error),
        report.count(Severity::Warning),
    );
    if errors > 0 {
        let message = format!(
            "The skill breaks rules: {}, {}.",
            count(errors, "error"),
            count(warnings, "warning")
        );
        return Err(Fault::new(Code::SkillLintFailed, message).into());
    }
    app.printer
        .note(&format!("No errors, {}.", count(warnings, "warning")));
    Ok(())
}

fn report(skill: &Path) -> Result<Report, Failure> {
    let unreadable = |error| Failure::unreadable(skill, &error);
    let place = fs::canonicalize(skill).map_err(unreadable)?;
    if !place.is_dir() {
        return Ok(lint::file(&skill_file::read(skill)?));
    }
    match place.join(MANIFEST_FILE).exists() {
        true => Ok(lint::folder(&place)),
        false => Err(metier_market::folder::FolderError::Missing {
            folder: skill.to_owned(),
            file: MANIFEST_FILE,
        }
        .into()),
    }
}

fn human(app: &App, report: &Report) -> String {
    let paint = app.printer.terminal.stdout.paint();
    let line = |finding: &Finding| {
        let word = match finding.severity() {
            Severity::Error => paint.bad("error"),
            Severity::Warning => paint.caution("warning"),
        };
        let place = text::one_line(&finding.place);
        let message = text::one_line(&finding.message);
        format!("{place}: {word}[{}]: {message}\n", paint.name(finding.rule))
    };
    report.findings.iter().map(line).collect()
}

fn json(report: &Report) -> serde_json::Value {
    let finding = |finding: &Finding| {
        json!({
            "rule": finding.rule, "severity": finding.severity().as_str(),
            "place": finding.place, "message": finding.message,
        })
    };
    json!({
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "errors": report.count(Severity::Error),
        "warnings": report.count(Severity::Warning),
        "tools-checked": report.saw_tools,
    })
}
