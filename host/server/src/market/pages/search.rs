//! Finding skills.

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Html};
use maud::{Markup, html};
use metier_market::{keeper::Summary, kind::Kind};
use metier_store::search::{Facet, Found, SearchQuery};

use super::frame::{Failure, page as framed};
use crate::{
    console::text,
    market::{MarketApp, api, failure::problem},
};

/// Values of a facet that are offered.
const MAX_VALUES: usize = 8;

/// The catalogue.
pub async fn page(State(app): State<Arc<MarketApp>>, uri: Uri) -> Result<Html<String>, Failure> {
    let query = api::query(&uri)?;
    let found = app.market.find(&query).await.map_err(problem)?;
    let body = html! {
        form.filters method="get" action="/" role="search" {
            label.unseen for="q" { "Find skills" }
            input type="search" id="q" name="q" value=(text::plain(&query.text)) placeholder="crm query";
            @for (facet, value) in &query.facets { input type="hidden" name=(facet.name()) value=(text::plain(value)); }
            button.primary type="submit" { "Find" }
        }
        @if let Some(corrected) = &found.corrected { p.muted { "Nobody has those words. Shown is what there is for " strong { (text::line(corrected, 200)) } "." } }
        div.columns.main-aside {
            div {
                p.muted { (told(&found)) }
                (cards(&found))
                (pages(&query, &found))
            }
            aside { (facets(&query, &found)) }
        }
    };
    Ok(framed("Skills", body))
}

pub(super) fn told(found: &Found) -> Markup {
    html! { @if found.is_cut { "At least " } (text::many(found.total, "result", "results")) }
}

pub(super) fn cards(found: &Found) -> Markup {
    let summaries = found
        .hits
        .iter()
        .filter_map(|hit| Summary::read(&hit.shown));
    html! {
        @if found.hits.is_empty() {
            div.empty.alone { p.lead { "Nothing fits." } p { "Use fewer or other words, or " a href="/" { "look at everything" } "." } }
        }
        div.cards { @for summary in summaries { (card(&summary)) } }
    }
}

fn card(summary: &Summary) -> Markup {
    let name = summary.name.as_str();
    html! {
        article.card {
            div.heading {
                h2 { a href={ "/skills/" (name) } { (name) } }
                span.muted.small { (text::line(&summary.version.to_string(), 40)) }
            }
            p { (text::line(&summary.description, 240)) }
            p.bottom.muted.small {
                @for effect in &summary.effects { span class={ "tag " (effect) } { (effect) } " " }
                @if summary.paid { span.tag.waits { "paid" } " " }
                @match summary.kind {
                    Kind::Skill => (text::many(summary.tool_count, "tool", "tools")),
                    Kind::Agent => span.tag.current { "agent" },
                }
                @if let Some(first) = summary.services.first() { ", speaks to " code { (text::line(first, 60)) } }
                @if summary.services.len() > 1 { " and " (summary.services.len() - 1) " more" }
            }
        }
    }
}

fn facets(query: &SearchQuery, found: &Found) -> Markup {
    html! {
        @for facet in Facet::ALL {
            @let values = found.facets.get(&facet).map(Vec::as_slice).unwrap_or_default();
            @if !values.is_empty() {
                h3.small { (title(facet)) }
                ul.plain {
                    @for (value, count) in values.iter().take(MAX_VALUES) {
                        @let chosen = query.facets.contains(&(facet, value.clone()));
                        li.across {
                            a href=(with(query, facet, value)) aria-current=[chosen.then_some("true")] {
                                @if chosen { "✓ " } (text::line(value, 60))
                            }
                            span.muted { (count) }
                        }
                    }
                }
            }
        }
    }
}

fn title(facet: Facet) -> &'static str {
    match facet {
        Facet::Kind => "Is",
        Facet::Service => "Speaks to",
        Facet::Effect => "Does to the world",
        Facet::Capability => "Asks for",
        Facet::Language => "Written in",
        Facet::Price => "Price",
        Facet::Publisher => "Publisher",
    }
}

/// The address of the same search with a facet chosen, or not chosen any more.
fn with(query: &SearchQuery, facet: Facet, value: &str) -> String {
    let mut facets = query.facets.clone();
    let chosen = (facet, value.to_owned());
    if !facets.remove(&chosen) {
        facets.insert(chosen);
    }
    address(&SearchQuery {
        facets,
        skip: 0,
        ..query.clone()
    })
}

fn address(query: &SearchQuery) -> String {
    let mut parts = vec![format!("q={}", text::encoded(&query.text))];
    for (facet, value) in &query.facets {
        parts.push(format!("{}={}", facet.name(), text::encoded(value)));
    }
    if query.skip > 0 {
        parts.push(format!("skip={}", query.skip));
    }
    format!("/?{}", parts.join("&"))
}

fn pages(query: &SearchQuery, found: &Found) -> Markup {
    let at = |skip| {
        address(&SearchQuery {
            skip,
            ..query.clone()
        })
    };
    let next = query.skip.saturating_add(found.hits.len());
    html! {
        nav.pages aria-label="Pages" {
            @if query.skip > 0 { a href=(at(query.skip.saturating_sub(query.max))) { "Earlier" } }
            @if !found.hits.is_empty() && next < found.total { a href=(at(next)) { "Further" } }
        }
    }
}
