//! Tells what came of a call: the answer on standard output, everything else beside it.

use metier_core::{call::Artifact, denial::Denial, fault::Fault, ids::TenantId};
use metier_runtime::{capabilities::artifacts::ArtifactStore, outcome::Outcome};
use serde_json::{json, value::RawValue};

use super::{artifacts, footer};
use crate::{
    args::call::CallOptions,
    commands::App,
    errors::{Failure, code, hint},
    exit::Exit,
    json::Json,
    printer::{Format, Printer},
    render,
    terminal::Paint,
    text,
};

/// Prints everything. A failed call is an exit code, not an error: it has been told.
///
/// # Errors
/// When the answer or an artifact cannot be written.
pub async fn tell(
    app: &App,
    options: &CallOptions,
    outcome: &Outcome,
    tenant: &TenantId,
    store: Option<&dyn ArtifactStore>,
) -> Result<Exit, Failure> {
    let printer = &app.printer;
    let failure = outcome.result.as_ref().err().cloned().map(Failure::from);
    print(app, options.envelope, outcome, failure.as_ref())?;
    // An author looks here first, and a trap says little without it.
    if !outcome.stdio.trim().is_empty() {
        printer.note(text::lines(&outcome.stdio).trim_end());
    }
    let error = failure.as_ref().map(|failure| &failure.fault);
    for line in denials(&outcome.denials, error, printer.terminal.stderr.paint()) {
        printer.note(&line);
    }
    if let Some(failure) = &failure {
        failure.tell(printer);
    }
    let saved = artifacts::save(
        options.artifacts.as_deref(),
        &outcome.artifacts,
        tenant,
        store,
    )
    .await;
    for line in list(&outcome.artifacts, saved.as_ref().ok(), printer) {
        printer.note(&line);
    }
    printer.note(&footer::line(&outcome.usage, failure.is_none(), printer));
    saved?;
    Ok(failure.map_or(Exit::Ok, |failure| failure.exit))
}

fn print(
    app: &App,
    envelope: bool,
    outcome: &Outcome,
    failure: Option<&Failure>,
) -> Result<(), Failure> {
    let stdout = &app.printer.terminal.stdout;
    if envelope {
        return app.print(&format!("{}\n", self::envelope(outcome, failure)));
    }
    let Ok(answer) = &outcome.result else {
        return Ok(());
    };
    match (app.printer.format, Json::parse(answer)) {
        (Format::Human, Ok(json)) => app.print(&render::draw(&render::view(json), stdout)),
        // The tool's very bytes.
        _ => app.print(&format!("{answer}\n")),
    }
}

/// One object on one line. The answer's bytes are the tool's own.
fn envelope(outcome: &Outcome, failure: Option<&Failure>) -> String {
    let denials: Vec<_> = outcome
        .denials
        .iter()
        .map(|denial| json!({"code": denial.code(), "message": denial.message()}))
        .collect();
    let rest = json!({"usage": outcome.usage, "artifacts": outcome.artifacts, "denials": denials})
        .to_string();
    let first = match (&outcome.result, failure) {
        (Ok(answer), _) if serde_json::from_str::<&RawValue>(answer).is_ok() => {
            format!("\"result\":{answer}")
        }
        (_, Some(failure)) => format!("\"error\":{}", failure.wire()),
        _ => "\"result\":null".to_owned(),
    };
    format!("{{{first},{}", rest.strip_prefix('{').unwrap_or(&rest))
}

/// Each refusal once, unless the error is that very refusal.
pub fn denials(denials: &[Denial], error: Option<&Fault>, paint: Paint) -> Vec<String> {
    let mut told: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    for denial in denials {
        let is_the_error = error
            .is_some_and(|fault| fault.code == denial.code() && fault.message == denial.message());
        if is_the_error || told.contains(&denial.message()) {
            continue;
        }
        told.push(denial.message());
        let message = text::one_line(denial.message());
        lines.push(format!("{} {message}", paint.caution("denied:")));
        lines.push(code(denial.code(), paint));
        lines.extend(
            denial
                .remedy()
                .into_iter()
                .flat_map(|remedy| hint(remedy, paint)),
        );
    }
    lines
}

/// What was handed back, and where it is now.
fn list(
    artifacts: &[Artifact],
    saved: Option<&Vec<artifacts::Saved>>,
    printer: &Printer,
) -> Vec<String> {
    let paint = printer.terminal.stderr.paint();
    let line = |(at, artifact): (usize, &Artifact)| {
        let place = match saved.and_then(|saved| saved.get(at)) {
            Some(saved) => format!("→ {}", text::one_line(&saved.path.display().to_string())),
            None => artifact.digest.to_string(),
        };
        let name = paint.name(&text::one_line(&artifact.name));
        let size = render::bytes(artifact.size);
        format!(
            "{} {name} · {} · {size} · {place}",
            paint.faint("artifact:"),
            text::one_line(&artifact.media_type)
        )
    };
    artifacts.iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use metier_core::{code::Code, denial::Denial, fault::Fault};

    use super::denials;
    use crate::terminal::Paint;

    #[test]
    fn each_refusal_is_told_once_and_not_when_it_is_the_error() {
        let first = Denial::new(Code::HttpNotGranted, "No rule for this.")
            .with_remedy("[[http]]\nhost = \"x\"");
        let second = Denial::new(Code::KvNotGranted, "No bucket\u{1b}[2J.");
        let all = [first.clone(), second, first.clone()];
        let lines = denials(&all, None, Paint::new(false));
        insta::assert_snapshot!("denials", lines.join("\n"));
        let error = Fault::from(first);
        assert_eq!(denials(&all, Some(&error), Paint::new(false)).len(), 2);
    }
}
