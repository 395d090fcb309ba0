//! A skill: who, what it asks for, its tools and words, and its versions.

use std::sync::Arc;

use axum::{extract::State, response::Html};
use maud::{Markup, html};
use metier_core::Tool;
use metier_market::keeper::{self, describe::Described, registry::Record};

use super::{
    authority,
    frame::{Failure, page as framed, panel},
};
use crate::{
    console::text,
    market::{
        MarketApp,
        api::{self, Named},
        failure::{not_there, problem},
    },
};

/// Versions that are listed.
const MAX_VERSIONS: usize = 50;

/// The newest version of a skill.
pub async fn newest(
    State(app): State<Arc<MarketApp>>,
    named: Result<Named, crate::problem::Problem>,
) -> Result<Html<String>, Failure> {
    show(&app, &named?).await
}

/// One version of a skill.
pub async fn version(
    State(app): State<Arc<MarketApp>>,
    named: Result<Named, crate::problem::Problem>,
) -> Result<Html<String>, Failure> {
    show(&app, &named?).await
}

async fn show(app: &MarketApp, named: &Named) -> Result<Html<String>, Failure> {
    let versions = api::versions(app, &named.skill).await?;
    let record = match &named.version {
        None => keeper::newest(&versions),
        Some(version) => versions
            .iter()
            .find(|record| record.facts.version == *version),
    };
    let record = record.ok_or_else(|| not_there("There is no such version."))?;
    let looked = app.market.registry().look_into(record).await;
    let described = looked.map_err(|error| problem(error.into()))?;
    let name = named.skill.as_str();
    let body = html! {
        div.heading {
            div.titles {
                p.crumbs { a href={ "/publishers/" (named.skill.namespace()) } { (named.skill.namespace()) } " /" }
                div.titled { h1 { (named.skill.short()) } span.tag.current { (text::line(&record.facts.version.to_string(), 60)) } }
            }
        }
        @if let Some(description) = &record.facts.description { p.lead { (text::shown(description)) } }
        (facts(record))
        (panel("may", "What it may ask for", html! { div.panel-body {
            (authority::list(&described.manifest))
            p.muted.small { "Nothing of it is allowed before you grant it." }
        } }))
        (panel("tools", "Tools", tools(&described)))
        @if let Some(words) = &described.skill_md {
            (panel("words", "What a model reads", html! { div.panel-body { pre.whole { (text::shown(words)) } } }))
        }
        (panel("versions", "Versions", listed(name, &versions, record)))
    };
    Ok(framed(name, body))
}

fn facts(record: &Record) -> Markup {
    let facts = &record.facts;
    let millis = u64::try_from(record.at / 1_000).unwrap_or_default();
    html! {
        dl.facts.panel {
            div { dt { "Published" } dd { (text::at(millis)) } }
            div { dt { "Price" } dd { @if facts.paid { "see its manifest" } @else { "free" } } }
            @if let Some(license) = &facts.license { div { dt { "License" } dd { (text::line(license, 80)) } } }
            @if let Some(language) = &facts.language { div { dt { "Written in" } dd { (text::line(language, 40)) } } }
            div { dt { "Size" } dd { (text::bytes(record.size)) } }
            div.wide-fact { dt { "SHA-256" } dd { code { (record.component) } } }
        }
    }
}

fn tools(described: &Described) -> Markup {
    html! {
        table.stack {
            caption.unseen { "Tools" }
            thead { tr { th scope="col" { "Tool" } th scope="col" { "Effect" } th scope="col" { "What it does" } } }
            tbody { @for tool in &described.tools { (row(tool)) } }
        }
    }
}

fn row(tool: &Tool) -> Markup {
    html! {
        tr {
            th.with-status scope="row" { code { (text::line(tool.name.as_str(), 128)) } }
            td.status-cell { span class={ "tag " (tool.effect) } { (tool.effect) } }
            td {
                (text::prose(&tool.description))
                details.folded { summary { "Schema" } pre { (text::json(&tool.input_schema)) } }
            }
        }
    }
}

fn listed(name: &str, versions: &[Record], shown: &Record) -> Markup {
    html! {
        ul.plain {
            @for record in versions.iter().take(MAX_VERSIONS) {
                @let version = record.facts.version.to_string();
                li.across {
                    a href={ "/skills/" (name) "/" (text::encoded(&version)) } aria-current=[(record.manifest == shown.manifest).then_some("true")] {
                        (text::line(&version, 60))
                    }
                    span.muted { (text::at(u64::try_from(record.at / 1_000).unwrap_or_default())) }
                }
            }
        }
    }
}
