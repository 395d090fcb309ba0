//! What was written down, the newest first.

use std::sync::Arc;

use axum::{Router, extract::State, response::Html, routing::get};
use maud::{Markup, html};
use metier_service::audit::{Filter, Record};
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
        @if found.records.is_empty() { (none(&wanted, found.next.is_some())) } @else { (table(&found.records)) }
        nav.pages aria-label="Pages" {
            @if wanted.cursor.is_some() { a href=(link(&wanted, None)) { "Newest" } }
            @if let Some(next) = &found.next { a rel="next" href=(link(&wanted, Some(next))) { "Older" } }
        }
    };
    Ok(layout::page(&session, Place::Audit, "Audit", body))
}

fn search(wanted: &Wanted) -> Markup {
    let field = |name: &str, words: &str, value: &Option<String>| {
        html! {
            label for=(name) { (words) }
            input id=(name) name=(name) value=(text::plain(said(value).unwrap_or_default())) autocomplete="off";
        }
    };
    html! {
        form.inline role="search" method="get" action="/console/audit" {
            (field("kind", "Kind", &wanted.kind))
            (field("principal", "Who", &wanted.principal))
            (field("text", "With the text", &wanted.text))
            button type="submit" { "Search" }
        }
    }
}

fn none(wanted: &Wanted, has_more: bool) -> Markup {
    let is_all = said(&wanted.kind).is_none()
        && said(&wanted.principal).is_none()
        && said(&wanted.text).is_none();
    match (is_all, has_more) {
        (_, true) => layout::empty(
            "Nothing is like that so far back.",
            html! { "Look at what is older." },
        ),
        (true, false) => layout::empty(
            "Nothing is written down.",
            html! { "A service writes down each call, denial and change; " code { "metier audit verify" } " checks that nothing is missing." },
        ),
        (false, false) => layout::empty(
            "Nothing is like that.",
            html! { a href="/console/audit" { "Show everything" } "." },
        ),
    }
}

fn table(records: &[Record]) -> Markup {
    html! {
        div.wide {
            table {
                caption.unseen { "Records, newest first" }
                thead {
                    tr {
                        th scope="col" { "When" } th scope="col" { "Kind" } th scope="col" { "Who" } th scope="col" { "What" }
                    }
                }
                tbody {
                    @for record in records {
                        tr {
                            td { (text::at(record.at)) }
                            th scope="row" { (text::line(&record.kind, 40)) }
                            td { (text::line(record.principal.as_deref().unwrap_or("the host"), 80)) }
                            td { details { summary { (gist(record)) } pre { (text::json(&whole(record))) } } }
                        }
                    }
                }
            }
        }
    }
}

/// The plain facts of a record on one line.
fn gist(record: &Record) -> Markup {
    let facts = record.rest.iter().filter_map(|(name, value)| match value {
        Value::String(text) if !text.starts_with("sha256:") => Some(format!("{name} {text}")),
        Value::Number(number) => Some(format!("{name} {number}")),
        _ => None,
    });
    let facts = facts.collect::<Vec<_>>().join(" · ");
    match facts.is_empty() {
        true => html! { "details" },
        false => text::line(&facts, 120),
    }
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
