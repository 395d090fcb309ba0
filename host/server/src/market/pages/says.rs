//! What a version says of itself, published or waiting for a person: what it is, what it may ask for, its tools and its words.

use maud::{Markup, html};
use metier_core::Tool;
use metier_market::{
    keeper::{describe::Described, registry::Record},
    kind::Kind,
};

use super::{agent, authority, frame::panel};
use crate::{console::text, market::MarketApp};

/// All of it, and since when it is what `since` says. A publisher wrote it.
pub async fn panels(
    app: &MarketApp,
    record: &Record,
    described: &Described,
    since: &str,
) -> Markup {
    let agent = match &described.agent {
        Some(package) => Some(agent::panels(app, package).await),
        None => None,
    };
    html! {
        @if let Some(description) = &record.facts.description { p.lead { (text::shown(description)) } }
        (facts(record, since))
        @if let Some(agent) = &agent { (agent) } @else {
            (panel("may", "What it may ask for", html! { div.panel-body {
                (authority::list(&described.manifest))
                p.muted.small { "Nothing of it is allowed before you grant it." }
            } }))
            (panel("tools", "Tools", tools(described)))
        }
        @if let Some(words) = &described.skill_md {
            (panel("words", "What a model reads", html! { div.panel-body { pre.whole { (text::shown(words)) } } }))
        }
    }
}

fn facts(record: &Record, since: &str) -> Markup {
    let facts = &record.facts;
    let millis = u64::try_from(record.at / 1_000).unwrap_or_default();
    html! {
        dl.facts.panel {
            div { dt { (since) } dd { (text::at(millis)) } }
            div { dt { "Price" } dd { @match facts.kind {
                Kind::Skill => (text::line(&facts.price.words(), 120)),
                Kind::Agent => "what its skills cost",
            } } }
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
