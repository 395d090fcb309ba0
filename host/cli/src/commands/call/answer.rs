//! Tells what came of a call: the answer on standard output, everything else beside it.

use metier_core::{call::Artifact, denial::Denial, ids::TenantId};
use metier_runtime::{capabilities::artifacts::ArtifactStore, outcome::Outcome};
use serde_json::{json, value::RawValue};

use super::{artifacts, footer};
use crate::{
    args::call::CallOptions,
    commands::App,
    errors::{Failure, hint},
    exit::Exit,
    json::Json,
    printer::{Format, Printer, Volume},
    render, text,
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
    if printer.volume == Volume::Verbose && !outcome.stdio.is_empty() {
        printer.note(text::lines(&outcome.stdio).trim_end());
    }
    denials(&outcome.denials, failure.as_ref(), printer);
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

/// Each refusal once, unless the error says it already.
fn denials(denials: &[Denial], failure: Option<&Failure>, printer: &Printer) {
    let paint = printer.terminal.stderr.paint();
    let error = failure.map(|failure| &failure.fault);
    let mut told: Vec<&str> = Vec::new();
    for denial in denials {
        let is_the_error = error
            .is_some_and(|fault| fault.code == denial.code() && fault.message == denial.message());
        if is_the_error || told.contains(&denial.message()) {
            continue;
        }
        told.push(denial.message());
        printer.note(&format!(
            "{} {}",
            paint.caution("denied:"),
            text::one_line(denial.message())
        ));
        for line in denial
            .remedy()
            .into_iter()
            .flat_map(|remedy| hint(remedy, paint))
        {
            printer.note(&line);
        }
    }
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
