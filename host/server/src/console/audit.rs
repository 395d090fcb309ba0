//! What was written down, the newest first.

use std::sync::Arc;

use axum::{Router, extract::State, response::Html, routing::get};
use maud::{Markup, html};
use metier_service::audit::{Filter, Record};
use metier_store::types::RunId;
use serde::Deserialize;
use serde_json::Value;

use super::{
    failure::{Failure, Told},
    layout::{self, Place},
    session::Session,
    text,
};
use crate::{app::App, body::Params};

/// Records of a page.
const PAGE: usize = 50;

/// Kinds that are offered; what else is written is looked for too.
const KINDS: [&str; 17] = [
    "agent", "approval", "call", "delivery", "denied", "egress", "fired", "grant", "host", "key",
    "login", "policy", "run", "secret", "skill", "tenant", "trigger",
];

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/console/audit", get(show))
}

/// What is looked for; what is empty is not asked for.
#[derive(Deserialize, Default)]
struct Wanted {
    kind: Option<String>,
    principal: Option<String>,
    text: Option<String>,
    cursor: Option<String>,
}

fn said(field: &Option<String>) -> Option<&str> {
    field
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

async fn show(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Params(wanted)): Told<Params<Wanted>>,
) -> Result<Html<String>, Failure> {
    let filter = Filter {
        tenant: Some(session.caller.tenant.clone()),
        kind: said(&wanted.kind).map(str::to_owned),
        principal: said(&wanted.principal).map(str::to_owned),
        text: said(&wanted.text).map(str::to_owned),
        ..Filter::default()
    };
    let cursor = said(&wanted.cursor).map(str::to_owned);
    let found = app
        .service
        .records(&session.caller, filter, cursor, PAGE)
        .await?;
    let body = html! {
        (layout::heading("Audit", html! {}))
        (search(&wanted))
        @if found.records.is_empty() { (none(&wanted, found.next.is_some())) } @else {
            section.panel aria-label="Records" { (table(&found.records)) }
        }
        nav.pages aria-label="Pages" {
            @if wanted.cursor.is_some() { a href=(link(&wanted, None)) { "Newest" } }
            @if let Some(next) = &found.next { a rel="next" href=(link(&wanted, Some(next))) { "Older" } }
        }
    };
    Ok(layout::page(&session, Place::Audit, "Audit", body))
}

fn search(wanted: &Wanted) -> Markup {
    let field = |name: &str, words: &str, value: &Option<String>, list: Option<&str>| {
        html! {
            label for=(name) { (words) }
            input id=(name) name=(name) value=(text::plain(said(value).unwrap_or_default())) list=[list] autocomplete="off";
        }
    };
    html! {
        form.filters role="search" method="get" action="/console/audit" {
            (field("kind", "Kind", &wanted.kind, Some("kinds")))
            datalist id="kinds" { @for kind in KINDS { option value=(kind) {} } }
            (field("principal", "Who", &wanted.principal, None))
            (field("text", "With the text", &wanted.text, None))
            button type="submit" { "Search" }
            @if !is_all(wanted) { a.button.quiet href="/console/audit" { "Show all" } }
        }
    }
}

fn is_all(wanted: &Wanted) -> bool {
    let fields = [&wanted.kind, &wanted.principal, &wanted.text];
    fields.into_iter().all(|field| said(field).is_none())
}

fn none(wanted: &Wanted, has_more: bool) -> Markup {
    match (is_all(wanted), has_more) {
        (_, true) => layout::empty_page(
            "Nothing is like that so far back.",
            html! { "Look at what is older." },
        ),
        (true, false) => layout::empty_page(
            "Nothing is written down.",
            html! { "A service writes down each call, denial and change; " code { "metier audit verify" } " checks that nothing is missing." },
        ),
        (false, false) => layout::empty_page(
            "Nothing is like that.",
            html! { a href="/console/audit" { "Show everything" } "." },
        ),
    }
}

fn table(records: &[Record]) -> Markup {
    html! {
        table.stack {
            caption.unseen { "Records, newest first" }
            thead {
                tr {
                    th scope="col" { "Kind" } th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" }
                }
            }
            tbody {
                @for record in records {
                    tr {
                        th.with-status scope="row" { (text::line(&record.kind, 40)) }
                        td { (text::at(record.at)) }
                        td { (text::line(record.principal.as_deref().unwrap_or("the host"), 80)) }
                        td.most {
                            @if let Some(there) = seen_at(record) { a.more href=(there) { "Run" } }
                            details.folded { summary { (gist(record)) } pre tabindex="0" { (text::json(&whole(record))) } }
                        }
                    }
                }
            }
        }
    }
}

/// The plain facts of a record on one line: words, and of numbers how long something took.
fn gist(record: &Record) -> Markup {
    let facts = record.rest.iter().filter_map(|(name, value)| match value {
        Value::String(words) if is_told(name, words) => Some(format!("{name} {words}")),
        Value::Number(number) if name == "wall-us" => {
            Some(format!("took {}", text::span(number.as_u64()? / 1000)))
        }
        Value::Number(number) if name == "question" => Some(format!("{name} {number}")),
        _ => None,
    });
    let facts = facts.collect::<Vec<_>>().join(" · ");
    match facts.is_empty() {
        true => html! { "details" },
        false => text::line(&facts, 160),
    }
}

/// Digests are long, a grant has lines, and a run has its link.
fn is_told(name: &str, words: &str) -> bool {
    !words.starts_with("sha256:") && name != "text" && name != "run"
}

/// Where more is to be seen of what a record is about.
fn seen_at(record: &Record) -> Option<String> {
    let run: RunId = record.rest.get("run")?.as_str()?.parse().ok()?;
    Some(format!("/console/runs/{run}"))
}

fn whole(record: &Record) -> Value {
    let mut whole = record.rest.clone();
    whole.insert("seq".into(), record.seq.into());
    whole.insert("hash".into(), record.hash.clone().into());
    whole.insert("prev".into(), record.prev.clone().into());
    if let Some(request) = &record.request {
        whole.insert("request".into(), request.clone().into());
    }
    Value::Object(whole)
}

fn link(wanted: &Wanted, cursor: Option<&str>) -> String {
    let pairs = [
        ("kind", said(&wanted.kind)),
        ("principal", said(&wanted.principal)),
        ("text", said(&wanted.text)),
        ("cursor", cursor),
    ];
    let pairs = pairs
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", text::encoded(value?))));
    format!("/console/audit?{}", pairs.collect::<Vec<_>>().join("&"))
}
