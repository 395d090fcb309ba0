//! `metier market queue`: what waits for a person, and what they decide.

use metier_market::{
    client::Client,
    keeper::acts::{Waiting, WaitsFor},
    review::Finding,
    state::Reason,
};
use serde_json::{Value, json};

use super::{
    account::{show, tell},
    session::Session,
};
use crate::{
    args::market::{Keeper, Queue, QueueAction},
    commands::{self, App},
    environment,
    errors::Failure,
    exit::Exit,
    given,
    printer::Format,
    render,
    terminal::Stream,
    text,
};

/// Largest token, in bytes.
const MAX_TOKEN: u64 = 4 << 10;

/// Lists, shows or decides.
///
/// # Errors
/// [`Failure`].
pub fn run(app: &App, args: &Queue) -> Result<Exit, Failure> {
    let keeper = args.action.keeper();
    let session = Session::new(app, &keeper.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let token = token(&session, &client, keeper).await?;
        match &args.action {
            QueueAction::List { .. } => list(app, &client.queue(&token).await?),
            QueueAction::Show { id, .. } => one(app, &client.waiting(id.as_str(), &token).await?),
            QueueAction::Approve { id, .. } => {
                decide(&session, &client, (id.as_str(), &token), None).await
            }
            QueueAction::Refuse { id, why, .. } => {
                decide(&session, &client, (id.as_str(), &token), Some(why)).await
            }
        }
    })
}

/// From the file, from the environment, or of the account that is logged in: who sent something sees their own.
async fn token(session: &Session<'_>, client: &Client, keeper: &Keeper) -> Result<String, Failure> {
    let app = session.app;
    let told = match &keeper.token_file {
        Some(path) => Some(given::file(path, "The token", MAX_TOKEN)?),
        None => app.environment.text(environment::MARKET_TOKEN),
    };
    match told.map(|told| told.trim().to_owned()) {
        Some(told) if told.is_empty() => Err(Failure::usage(
            "The token is empty.",
            "`metier market serve` shows the one of who keeps the market at its first start.",
        )),
        Some(told) => Ok(told),
        None => Ok(session.token(client).await?.token),
    }
}

fn list(app: &App, waiting: &[Waiting]) -> Result<Exit, Failure> {
    let rows: Vec<Value> = match app.printer.format {
        Format::Json => waiting.iter().map(|waiting| json!(waiting)).collect(),
        Format::Human => waiting.iter().map(row).collect(),
    };
    show(app, &json!(rows), "Nothing waits.")
}

fn row(waiting: &Waiting) -> Value {
    json!({
        "id": waiting.id,
        "since": waiting.at,
        "by": waiting.by,
        "version": format!("{} {}", waiting.submission.name, waiting.submission.version),
        "findings": waiting.report.findings.len(),
        "waits-for": for_whom(waiting),
    })
}

/// For whom.
fn for_whom(waiting: &Waiting) -> &'static str {
    match waiting.waits_for {
        WaitsFor::Market => "the market",
        WaitsFor::Member => "a member",
    }
}

fn one(app: &App, waiting: &Waiting) -> Result<Exit, Failure> {
    match app.printer.format {
        Format::Json => app.print(&format!("{}\n", json!(waiting)))?,
        Format::Human => app.print(&page(waiting, &app.printer.terminal.stdout))?,
    }
    Ok(Exit::Ok)
}

/// Each finding with what it rests on. All of it was written by a publisher.
fn page(waiting: &Waiting, stream: &Stream) -> String {
    let paint = stream.paint();
    let submission = &waiting.submission;
    let title = format!("{} {}", submission.name, submission.version);
    let mut lines = vec![
        paint.heading(&title).to_string(),
        format!("  sent by {} at {}", waiting.by, waiting.at),
        format!("  waits for {}", for_whom(waiting)),
        format!("  manifest {}", submission.manifest),
        format!(
            "  found by the rules of {}",
            text::one_line(&waiting.report.rules)
        ),
    ];
    if let Some(why) = &waiting.refused {
        lines.push(format!(
            "  {} {}",
            paint.bad("refused:"),
            text::one_line(why.as_str())
        ));
    }
    lines.push(format!(
        "\n{}",
        paint.heading(&render::count(waiting.report.findings.len(), "finding"))
    ));
    for finding in &waiting.report.findings {
        lines.extend(found(finding));
    }
    format!("{}\n", lines.join("\n"))
}

fn found(finding: &Finding) -> Vec<String> {
    let line = |label: &str, words: &str| format!("      {label}{}", text::one_line(words));
    let mut lines = vec![format!(
        "  {} {}: {}",
        text::one_line(&finding.place),
        finding.severity.words(),
        text::one_line(&finding.rule)
    )];
    if !finding.evidence.is_empty() {
        lines.push(line("there is: ", &finding.evidence));
    }
    lines.push(line("to mend: ", &finding.mend));
    lines
}

async fn decide(
    session: &Session<'_>,
    client: &Client,
    (id, token): (&str, &str),
    refused: Option<&Reason>,
) -> Result<Exit, Failure> {
    let waiting = client.waiting(id, token).await?;
    let what = format!("{} {}", waiting.submission.name, waiting.submission.version);
    if refused.is_none() {
        let printer = &session.app.printer;
        printer.note(page(&waiting, &printer.terminal.stderr).trim_end());
        session.ask(&format!("Publish {what} as it is, for ever?"), "--yes")?;
    }
    let is_there = client.decide(id, refused, token).await?;
    let line = json!({"id": id, "approved": refused.is_none(), "published": is_there});
    let words = match refused {
        None if is_there => format!("{what} is published."),
        None => format!("{what} waits for another member of its namespace now."),
        Some(_) => format!("{what} is refused: who sends the same again is told why."),
    };
    tell(session.app, &line, &words)
}
