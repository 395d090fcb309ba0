//! What was booked, over time, by model, agent, skill and tenant.

pub mod plot;
pub mod spent;

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::State, response::Html, routing::get};
use maud::{Markup, html};
use metier_service::Right;
use metier_store::types::{Spending, Time, UsageFilter};
use serde::Deserialize;

use self::{
    plot::DAY,
    spent::{By, Part, Spans, parts},
};
use super::{
    failure::{Failure, Told},
    layout::{self, Place, panel},
    runs,
    session::Session,
    text,
};
use crate::{app::App, body::Params};

/// An hour, in microseconds.
const HOUR: i64 = DAY / 24;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/console/usage", get(show))
}

#[derive(Deserialize)]
struct Wish {
    days: Option<String>,
    by: Option<String>,
}

/// How far back, and in spans of how long.
const TIMES: [(&str, &str, i64, usize); 4] = [
    ("1", "24 hours", HOUR, 24),
    ("7", "7 days", DAY, 7),
    ("30", "30 days", DAY, 30),
    ("90", "90 days", DAY, 90),
];

/// The last so many spans, the one that runs among them.
pub fn last(now: Time, every: i64, count: usize) -> Spans {
    let begun = now.0 - now.0.rem_euclid(every);
    let before = i64::try_from(count).unwrap_or(1) - 1;
    Spans {
        from: Time(begun - before * every),
        every,
        count,
    }
}

/// What was booked in them.
///
/// # Errors
/// `forbidden`, or the store's.
pub async fn booked(
    app: &App,
    session: &Session,
    spans: Spans,
    everywhere: bool,
) -> Result<Vec<Spending>, Failure> {
    let filter = UsageFilter {
        from: Some(spans.from),
        ..UsageFilter::default()
    };
    let every = Duration::from_micros(u64::try_from(spans.every).unwrap_or(1));
    let booked = app
        .service
        .spending(&session.caller, filter, every, everywhere);
    Ok(booked.await?)
}

async fn show(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Params(wish)): Told<Params<Wish>>,
) -> Result<Html<String>, Failure> {
    let word = wish.days.as_deref().unwrap_or("30");
    let time = TIMES
        .iter()
        .find(|(known, ..)| *known == word)
        .unwrap_or(&TIMES[2]);
    let by = wish.by.as_deref().unwrap_or("model");
    let may = offered(&session);
    let by = may
        .iter()
        .find(|(_, known, _)| *known == by)
        .unwrap_or(&By::ALL[0]);
    let spans = last(runs::now(&app).await?, time.2, time.3);
    let booked = booked(&app, &session, spans, by.0 == By::Tenant).await?;
    let parts = parts(&booked, by.0, spans);
    let title = format!("{}, {}", by.2, time.1);
    let body = html! {
        (layout::heading("Usage", choice(&may, by.1, time.0)))
        @if parts.iter().all(|part| part.total == 0) { (nothing()) } @else {
            (panel("cost", &title, total(&parts), html! { (plot::draw(&parts, spans)) (table(&parts, by.2)) }))
            (by_time(&parts, spans))
        }
    };
    Ok(layout::page(&session, Place::Usage, "Usage", body))
}

/// By what this session may add up: all tenants are an administrator's.
fn offered(session: &Session) -> Vec<(By, &'static str, &'static str)> {
    let is_theirs = |by: By| by != By::Tenant || session.may(Right::Administer);
    By::ALL
        .into_iter()
        .filter(|(by, ..)| is_theirs(*by))
        .collect()
}

fn nothing() -> Markup {
    layout::empty_page(
        "Nothing was booked in this time.",
        html! { "Answers of models, and tools that have a price, are booked when they end." },
    )
}

fn total(parts: &[Part]) -> Markup {
    let all = all(parts);
    html! { strong.more title=(text::exactly(all)) { (text::money(all)) } }
}

fn all(parts: &[Part]) -> u64 {
    parts
        .iter()
        .fold(0, |sum, part| sum.saturating_add(part.total))
}

fn choice(may: &[(By, &'static str, &'static str)], by: &str, days: &str) -> Markup {
    html! {
        div.choices {
            nav.spans aria-label="By what" {
                @for (_, word, name) in may {
                    a href={ "/console/usage?by=" (word) "&days=" (days) } aria-current=[(*word == by).then_some("true")] { (name) }
                }
            }
            nav.spans aria-label="How far back" {
                @for (word, name, ..) in TIMES {
                    a href={ "/console/usage?by=" (by) "&days=" (word) } aria-current=[(word == days).then_some("true")] { (name) }
                }
            }
        }
    }
}

/// The parts with what each cost.
pub fn table(parts: &[Part], what: &str) -> Markup {
    let most = parts.iter().map(|part| part.total).max().unwrap_or(0);
    let all = all(parts);
    html! {
        table.stack {
            caption.unseen { "What was booked: " (what) }
            thead {
                tr {
                    th scope="col" { (what) } th.share scope="col" { span.unseen { "Share" } }
                    th.number scope="col" { "Bookings" } th.number scope="col" { "Share" } th.number scope="col" { "Cost" }
                }
            }
            tbody {
                @for (place, part) in (1..).zip(parts) {
                    tr {
                        th scope="row" { (plot::key(place)) (text::line(&plot::named(part), 100)) }
                        td.share { (plot::share(place, part.total, most)) }
                        td.number data-label="Bookings" { (text::count(part.lines)) }
                        td.number data-label="Share" { (text::share(part.total, all)) }
                        td.number data-label="Cost" title=(text::exactly(part.total)) { (text::money(part.total)) }
                    }
                }
            }
        }
    }
}

/// The same as the drawing, in numbers.
fn by_time(parts: &[Part], spans: Spans) -> Markup {
    let sums = spent::sums(parts, spans.count);
    let what = if spans.every < DAY { "Hour" } else { "Day" };
    html! {
        section.panel aria-label="By time" {
            details.journal {
                summary { "By time, in numbers" }
                div.wide tabindex="0" role="region" aria-label="By time, in numbers" {
                    table {
                        thead {
                            tr {
                                th scope="col" { (what) }
                                @for part in parts { th.number scope="col" { (text::line(&plot::named(part), 40)) } }
                                th.number scope="col" { "Together" }
                            }
                        }
                        tbody {
                            @for (number, sum) in sums.iter().enumerate().rev() {
                                tr {
                                    th scope="row" { (plot::moment(spans, spans.begin(number))) }
                                    @for part in parts { td.number { (text::money(part.amounts.get(number).copied().unwrap_or(0))) } }
                                    td.number { (text::money(*sum)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
