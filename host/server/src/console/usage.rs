//! What was booked, by account and by day.

use std::sync::Arc;

use axum::{Router, extract::State, response::Html, routing::get};
use futures::future::try_join_all;
use maud::{Markup, html};
use metier_core::Fault;
use metier_store::types::{Time, Usage, UsageFilter};
use serde::Deserialize;

use super::{
    failure::{Failure, Told},
    layout::{self, Place},
    runs,
    session::Session,
    text,
};
use crate::{app::App, body::Params};

/// A day, in the store's microseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Days drawn.
const DAYS: i64 = 14;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/console/usage", get(show))
}

#[derive(Deserialize)]
struct Span {
    days: Option<String>,
}

/// How far back the sums go; nothing is all.
const SPANS: [(&str, &str, Option<i64>); 4] = [
    ("1", "Today", Some(1)),
    ("7", "7 days", Some(7)),
    ("30", "30 days", Some(30)),
    ("all", "All", None),
];

/// When the day began, in UTC.
pub fn midnight(now: Time) -> Time {
    Time(now.0 - now.0.rem_euclid(DAY))
}

async fn show(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Params(span)): Told<Params<Span>>,
) -> Result<Html<String>, Failure> {
    let word = span.days.as_deref().unwrap_or("7");
    let chosen = SPANS
        .iter()
        .find(|(known, ..)| *known == word)
        .unwrap_or(&SPANS[1]);
    let today = midnight(runs::now(&app).await?);
    let filter = UsageFilter {
        from: chosen.2.map(|days| Time(today.0 - (days - 1) * DAY)),
        ..UsageFilter::default()
    };
    let booked = app.service.usage(&session.caller, filter).await?;
    let days = try_join_all(
        (0..DAYS)
            .rev()
            .map(|ago| day(&app, &session, Time(today.0 - ago * DAY))),
    )
    .await?;
    let body = html! {
        (layout::heading("Usage", choice(chosen.0)))
        section aria-labelledby="days" { h2 id="days" { "The last " (DAYS) " days" } (drawn(&days, today)) }
        section aria-labelledby="accounts" {
            h2 id="accounts" { "By account, " (chosen.1.to_lowercase()) }
            (accounts(&booked, "Nothing was booked in this time."))
        }
    };
    Ok(layout::page(&session, Place::Usage, "Usage", body))
}

fn choice(chosen: &str) -> Markup {
    html! {
        nav.spans aria-label="How far back" {
            @for (word, name, _) in SPANS {
                a href={ "/console/usage?days=" (word) } aria-current=[(word == chosen).then_some("true")] { (name) }
            }
        }
    }
}

async fn day(app: &App, session: &Session, from: Time) -> Result<u64, Fault> {
    let filter = UsageFilter {
        from: Some(from),
        to: Some(Time(from.0 + DAY)),
        ..UsageFilter::default()
    };
    Ok(total(&app.service.usage(&session.caller, filter).await?))
}

fn total(booked: &[Usage]) -> u64 {
    booked.iter().map(amount).sum()
}

fn amount(usage: &Usage) -> u64 {
    u64::try_from(usage.amount.0).unwrap_or(0)
}

/// Accounts with what was booked on them, the dearest first.
pub fn accounts(booked: &[Usage], none: &str) -> Markup {
    if booked.is_empty() {
        let next =
            html! { "Answers of models, and tools that have a price, are booked when they end." };
        return layout::empty(none, next);
    }
    let mut booked: Vec<&Usage> = booked.iter().collect();
    booked.sort_by_key(|usage| std::cmp::Reverse(amount(usage)));
    let most = booked.first().map_or(1, |usage| amount(usage).max(1));
    let all: u64 = booked.iter().map(|usage| amount(usage)).sum();
    html! {
        div.wide {
            table {
                caption.unseen { "What was booked, by account" }
                thead {
                    tr {
                        th scope="col" { "Account" } th.share scope="col" { span.unseen { "Share" } }
                        th.number scope="col" { "Lines" } th.number scope="col" { "Cost" }
                    }
                }
                tbody {
                    @for usage in &booked {
                        tr {
                            th scope="row" { (text::line(&usage.account.to_string(), 100)) }
                            td.share { (share(amount(usage), most)) }
                            td.number { (text::count(usage.lines)) }
                            td.number title=(text::exactly(amount(usage))) { (text::money(amount(usage))) }
                        }
                    }
                }
                tfoot {
                    tr {
                        th scope="row" { "Together" } td {} td {}
                        td.number title=(text::exactly(all)) { (text::money(all)) }
                    }
                }
            }
        }
    }
}

fn share(part: u64, most: u64) -> Markup {
    html! {
        svg.bars viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
            rect class="bar bar-model" x="0" y="2" width=(of_hundred(part, most)) height="6" {}
        }
    }
}

fn of_hundred(part: u64, most: u64) -> u64 {
    let share = u128::from(part) * 100 / u128::from(most.max(1));
    u64::try_from(share).unwrap_or(100)
}

fn drawn(days: &[u64], today: Time) -> Markup {
    let most = days.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return html! { p.muted { "Nothing was booked in these days." } };
    }
    let places = (0_u64..).zip(days);
    let ago = |place: u64| (DAYS - 1).saturating_sub(i64::try_from(place).unwrap_or(0));
    html! {
        figure.days {
            svg viewBox={ "0 0 " (DAYS * 20) " 100" } preserveAspectRatio="none" role="img" aria-label={ "Cost per day, at most " (text::money(most)) } {
                @for (place, cost) in places.clone() {
                    rect class="bar bar-model" x=(place * 20 + 3) width="14" y=(100 - of_hundred(*cost, most)) height=(of_hundred(*cost, most)) {
                        title { (text::money(*cost)) }
                    }
                }
            }
            figcaption {
                details {
                    summary { "As a table; the dearest day cost " (text::money(most)) }
                    table {
                        thead { tr { th scope="col" { "Day begins" } th.number scope="col" { "Cost" } } }
                        tbody {
                            @for (place, cost) in places {
                                tr { th scope="row" { (text::at(runs::millis(Time(today.0 - ago(place) * DAY)))) } td.number { (text::money(*cost)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
