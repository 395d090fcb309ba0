//! Tells what a replay found: a line for each fixture, what differs below it, and a sum.

use metier_market::fixtures::{Difference, Mismatch, Replayed, Report};
use serde_json::{Value, json};

use crate::{
    commands::App,
    errors::Failure,
    printer::Format,
    render::{count, duration},
    terminal::Paint,
    text,
};

/// Prints the report on standard output, the sum beside it.
///
/// # Errors
/// When it cannot be written.
pub fn report(app: &App, report: &Report) -> Result<(), Failure> {
    if app.printer.format == Format::Json {
        return app.print(&format!("{}\n", json(report)));
    }
    let paint = app.printer.terminal.stdout.paint();
    app.print(&human(report, paint))?;
    let failed = report.fixtures.iter().filter(|one| !one.passed()).count();
    let all = count(report.fixtures.len(), "fixture");
    app.printer.note(&match failed {
        0 => format!("{all} passed."),
        _ => format!("{failed} of {all} failed."),
    });
    Ok(())
}

fn human(report: &Report, paint: Paint) -> String {
    let fixtures = &report.fixtures;
    let widest = |of: fn(&Replayed) -> &str| {
        let widths = fixtures.iter().map(|one| of(one).chars().count());
        widths.max().unwrap_or(0)
    };
    let (names, tools) = (
        widest(|one| one.name.as_str()),
        widest(|one| one.tool.as_deref().unwrap_or("?")),
    );
    let mut text = String::new();
    for one in fixtures {
        let verdict = match one.passed() {
            true => paint.good("ok  "),
            false => paint.bad("FAIL"),
        };
        text.push_str(&format!(
            "{verdict}  {:names$}  {:tools$}  {}\n",
            one.name.as_str(),
            one.tool.as_deref().unwrap_or("?"),
            paint.faint(&duration(one.wall()))
        ));
        for line in one
            .mismatches
            .iter()
            .flat_map(|mismatch| lines(mismatch, paint))
        {
            text.push_str(&format!("      {line}\n"));
        }
        if !one.passed() && !one.stdio.trim().is_empty() {
            text.push_str(&format!("      {}\n", paint.faint("the skill wrote:")));
            for line in text::lines(&one.stdio).trim_end().lines() {
                text.push_str(&format!("        {line}\n"));
            }
        }
    }
    text
}

/// One mismatch, for people: a sentence, and what is recorded (`-`) against what came (`+`).
pub fn lines(mismatch: &Mismatch, paint: Paint) -> Vec<String> {
    match mismatch {
        Mismatch::Unreadable { problem } => {
            vec![format!("it is no fixture: {}", text::one_line(problem))]
        }
        Mismatch::NotRecorded => {
            vec!["it has neither an answer nor an error; record it with --record".to_owned()]
        }
        Mismatch::NotAllowed {
            number,
            request,
            code,
            message,
            remedy,
        } => {
            let mut lines = vec![
                format!("exchange {number} is refused: {}", text::one_line(request)),
                format!("  {} ({code})", text::one_line(message)),
            ];
            let remedy = text::lines(remedy.as_deref().unwrap_or_default());
            lines.extend(remedy.lines().map(|line| format!("  {line}")));
            lines
        }
        Mismatch::Unexpected { request, closest } => unexpected(request, closest.as_ref(), paint),
        Mismatch::NotSent { number, request } => vec![format!(
            "the skill did not send exchange {number}: {}",
            text::one_line(request)
        )],
        Mismatch::Answer { differences } => with("the answer differs:", differences, paint),
        Mismatch::Answered { expected, answer } => vec![
            format!("it should fail with {expected}, and answers:"),
            format!("  {}", paint.good(&format!("+ {}", text::one_line(answer)))),
        ],
        Mismatch::Failed { expected, fault } => {
            let should = match expected {
                Some(code) => format!("it should fail with {code}, and fails with {}:", fault.code),
                None => format!("it should answer, and fails with {}:", fault.code),
            };
            vec![should, format!("  {}", text::one_line(&fault.message))]
        }
        Mismatch::Words { difference } => with(
            "it fails as recorded, in other words:",
            std::slice::from_ref(difference),
            paint,
        ),
        Mismatch::Artifacts { differences } => {
            with("the files handed back differ:", differences, paint)
        }
    }
}

fn unexpected(
    request: &str,
    closest: Option<&(usize, Vec<Difference>)>,
    paint: Paint,
) -> Vec<String> {
    let sent = format!(
        "no exchange answers what it sent: {}",
        text::one_line(request)
    );
    let Some((number, differences)) = closest else {
        return vec![sent, "  every recorded exchange is used".to_owned()];
    };
    let mut lines = vec![sent];
    lines.push(format!("  exchange {number} comes closest:"));
    lines.extend(
        differences
            .iter()
            .flat_map(|one| difference(one, paint))
            .map(|line| format!("  {line}")),
    );
    lines
}

fn with(sentence: &str, differences: &[Difference], paint: Paint) -> Vec<String> {
    let mut lines = vec![sentence.to_owned()];
    lines.extend(differences.iter().flat_map(|one| difference(one, paint)));
    lines
}

fn difference(difference: &Difference, paint: Paint) -> Vec<String> {
    let mut lines = vec![format!("  {}", paint.name(&text::one_line(&difference.at)))];
    if let Some(expected) = &difference.expected {
        let line = format!("- {}", text::one_line(expected));
        lines.push(format!("    {}", paint.bad(&line)));
    }
    if let Some(got) = &difference.got {
        let line = format!("+ {}", text::one_line(got));
        lines.push(format!("    {}", paint.good(&line)));
    }
    lines
}

fn json(report: &Report) -> Value {
    let one = |one: &Replayed| {
        json!({
            "name": one.name,
            "tool": one.tool,
            "passed": one.passed(),
            "mismatches": one.mismatches,
            "usage": one.usage,
        })
    };
    let fixtures: Vec<Value> = report.fixtures.iter().map(one).collect();
    json!({"passed": report.passed(), "fixtures": fixtures})
}
