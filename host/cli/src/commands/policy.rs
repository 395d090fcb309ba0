//! `metier policy`: policies on tools, tried before they hold.

use std::path::Path;

use metier_core::{Blame, Code, Fault};
use metier_service::policy::{Checked, Compiled, MAX_TEXT, run_examples};
use serde_json::json;

use super::App;
use crate::{
    args::policy::{Policy, PolicyAction},
    errors::Failure,
    exit::Exit,
    given,
    printer::Format,
};

/// Largest file of examples, in bytes.
const MAX_EXAMPLES: u64 = 1 << 20;

/// Does what was asked with the policies.
///
/// # Errors
/// [`Failure`] for files that cannot be read or used; an example that is not met is an exit code.
pub fn run(app: &App, args: &Policy) -> Result<Exit, Failure> {
    match &args.action {
        PolicyAction::Check { policies } => check(app, policies),
        PolicyAction::Test { policies, examples } => test(app, policies, examples),
    }
}

fn check(app: &App, policies: &Path) -> Result<Exit, Failure> {
    let text = given::file(policies, "The policies", MAX_TEXT as u64)?;
    let read = Compiled::read(&text);
    let mistakes: Vec<String> = match &read {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    };
    if mistakes.is_empty() {
        app.printer
            .note(&format!("{}: nothing is wrong.", policies.display()));
        return Ok(Exit::Ok);
    }
    Err(unusable(policies, &mistakes))
}

fn test(app: &App, policies: &Path, examples: &Path) -> Result<Exit, Failure> {
    let text = given::file(policies, "The policies", MAX_TEXT as u64)?;
    let tried = given::file(examples, "The examples", MAX_EXAMPLES)?;
    let report = run_examples(&text, &tried);
    if !report.mistakes.is_empty() {
        return Err(unusable(policies, &report.mistakes));
    }
    if report.checked.is_empty() {
        let message = format!("{} has no examples.", examples.display());
        let fault = Fault::new(Code::InvalidArguments, message);
        return Err(fault
            .with_hint("`metier policy --help` shows what one looks like.")
            .into());
    }
    for checked in &report.checked {
        tell(app, checked)?;
    }
    let failed = report
        .checked
        .iter()
        .filter(|it| it.wrong.is_some())
        .count();
    if app.printer.format == Format::Human {
        let all = report.checked.len();
        app.print(&format!("{} of {all} examples are met.\n", all - failed))?;
    }
    match report.passes() {
        true => Ok(Exit::Ok),
        false => Ok(Exit::Failed(Blame::Caller)),
    }
}

fn tell(app: &App, checked: &Checked) -> Result<(), Failure> {
    let Checked {
        name,
        verdict,
        wrong,
    } = checked;
    if app.printer.format == Format::Json {
        let told = json!({
            "example": name, "met": wrong.is_none(), "allowed": verdict.allowed, "policies": verdict.policies,
            "errors": verdict.errors, "why": wrong,
        });
        return app.print(&format!("{told}\n"));
    }
    match wrong {
        None => app.print(&format!("ok      {name}\n")),
        Some(why) => app.print(&format!("NOT MET {name}\n        {why}\n")),
    }
}

fn unusable(policies: &Path, mistakes: &[String]) -> Failure {
    let message = format!(
        "{} cannot be used: {}.",
        policies.display(),
        mistakes.join("; ")
    );
    Fault::new(Code::InvalidArguments, message)
        .with_hint("docs/policy.md says what policies can speak of.")
        .into()
}
