//! A skill: who, what it asks for, its tools and words, and its versions.

use std::sync::Arc;

use axum::{extract::State, response::Html};
use maud::{Markup, html};
use metier_core::Tool;
use metier_market::{
    keeper::{Shown, describe::Described, registry::Record},
    receipt::Proven,
    state::Standing,
};

use super::{
    authority, changes,
    frame::{Failure, page as framed, panel},
};
use crate::{
    console::text,
    market::{
        MarketApp,
        api::Named,
        failure::{not_there, problem},
    },
};

/// Versions that are listed.
const MAX_VERSIONS: usize = 50;

/// A version of a skill, the newest where none is named.
pub async fn show(
    State(app): State<Arc<MarketApp>>,
    named: Result<Named, crate::problem::Problem>,
) -> Result<Html<String>, Failure> {
    let named = named?;
    let versions = app.market.shown(&named.skill).await.map_err(problem)?;
    let at = match &named.version {
        None => newest(&versions),
        Some(version) => versions
            .iter()
            .position(|shown| shown.record.facts.version == *version),
    };
    let found = at.and_then(|at| Some((at, versions.get(at)?)));
    let (at, shown) = found.ok_or_else(|| not_there("There is no such skill or version."))?;
    let record = &shown.record;
    let looked = app.market.registry().look_into(record).await;
    let described = looked.map_err(|error| problem(error.into()))?;
    let proven = proven(&app, shown).await;
    let changed = changed(&app, &versions, at).await;
    let name = named.skill.as_str();
    let body = html! {
        div.heading {
            div.titles {
                p.crumbs { a href={ "/publishers/" (named.skill.namespace()) } { (named.skill.namespace()) } " /" }
                div.titled { h1 { (named.skill.short()) } span.tag.current { (text::line(&record.facts.version.to_string(), 60)) } }
            }
        }
        (warning(&shown.standing))
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
        @if let Some(changed) = changed { (panel("changes", "What it changes", changed)) }
        (panel("proof", "Who stands for it", stands(shown, proven.as_ref())))
        (panel("versions", "Versions", listed(name, &versions, record)))
    };
    Ok(framed(name, body))
}

/// The place of the newest good version that is no pre-release, or of what there is.
fn newest(versions: &[Shown]) -> Option<usize> {
    let is_good = |shown: &Shown| shown.standing == Standing::Good;
    let is_stable = |shown: &Shown| shown.record.facts.version.pre.is_empty();
    let stable = versions
        .iter()
        .position(|one| is_good(one) && is_stable(one));
    let good = stable.or_else(|| versions.iter().position(is_good));
    good.or((!versions.is_empty()).then_some(0))
}

/// What it changes against the version before it.
async fn changed(app: &MarketApp, versions: &[Shown], at: usize) -> Option<Markup> {
    let (old, new) = (changes::before(versions, at)?, versions.get(at)?);
    let change = changes::between(app, &old.record, &new.record).await;
    let version = old.record.facts.version.to_string();
    Some(html! { div.panel-body {
        p.muted.small { "Against " (text::line(&version, 60)) "." }
        @match &change {
            Some(change) => (changes::told(change)),
            None => p { "These files are too large to be compared here: " code { "metier update --dry-run" } " does." },
        }
    } })
}

/// What its receipt shows, verified as a client does it.
async fn proven(app: &MarketApp, shown: &Shown) -> Option<Proven> {
    let receipt = app.market.receipt(shown.published.leaf, None).await.ok()?;
    receipt
        .verify(app.market.root(), &shown.record.component)
        .ok()
}

fn word(standing: &Standing) -> Option<&'static str> {
    match standing {
        Standing::Good => None,
        Standing::Yanked => Some("yanked"),
        Standing::Revoked(_) => Some("revoked"),
        Standing::Void(_) => Some("void"),
    }
}

fn warning(standing: &Standing) -> Markup {
    html! {
        @match standing {
            Standing::Good => {}
            Standing::Yanked => p.lead { strong { "Yanked." } " Nobody should begin to use this version." }
            Standing::Revoked(entry) => p.lead { strong { "Revoked." } " It must not run: " (text::line(entry.why.as_str(), 300)) }
            Standing::Void(why) => p.lead { strong { "Void." } " Its publisher's signature does not count any more: " (text::line(&why.to_string(), 300)) }
        }
    }
}

/// Signatures, log and review, as its receipt shows them.
fn stands(shown: &Shown, proven: Option<&Proven>) -> Markup {
    let published = &shown.published;
    let publication = &published.publication;
    html! {
        dl.facts {
            @match &publication.run {
                Some(run) => {
                    div.wide-fact { dt { "Published by" } dd { (text::line(&run.words(), 600)) ", as the market saw it" } }
                    div.wide-fact { dt { "Signed with the key of that run" } dd { code { (publication.key) } } }
                }
                None => div.wide-fact { dt { "Signed by its publisher with the key" } dd { code { (publication.key) } } },
            }
            div.wide-fact { dt { "Manifest" } dd { code { (publication.manifest) } } }
            div { dt { "In the market's log" } dd { a href={ "/receipts/" (published.leaf) } { "leaf " (published.leaf) } } }
            @match proven {
                Some(proven) => {
                    div { dt { "Proven" } dd { "in " a href="/log/checkpoint" { "a log of " (proven.size) " leaves" } } }
                    div { dt { "Published at" } dd { (proven.at) } }
                    div.wide-fact { dt { "Its keys go back to" } dd {
                        code { (proven.first_key) }
                        @if proven.recovered { " " span.tag.waits { "no earlier key vouches for it" } }
                    } }
                }
                None => div { dt { "Proven" } dd { strong { "no: its receipt does not verify" } } }
            }
            @if let Some(why) = &published.yanked { div { dt { "Yanked" } dd { (text::line(why.as_str(), 300)) } } }
        }
        @if let Some(proven) = proven { div.panel-body {
            p { "Reviewed by the rules of " (text::line(&proven.review.rules, 40)) "." }
            @if !proven.review.findings.is_empty() { ul.plain {
                @for found in &proven.review.findings {
                    li { code { (text::line(&found.rule, 60)) } " " (text::line(&found.message, 400)) }
                }
            } }
        } }
    }
}

fn facts(record: &Record) -> Markup {
    let facts = &record.facts;
    let millis = u64::try_from(record.at / 1_000).unwrap_or_default();
    html! {
        dl.facts.panel {
            div { dt { "Published" } dd { (text::at(millis)) } }
            div { dt { "Price" } dd { (text::line(&facts.price.words(), 120)) } }
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

fn listed(name: &str, versions: &[Shown], current: &Record) -> Markup {
    html! {
        ul.plain {
            @for (at, shown) in versions.iter().enumerate().take(MAX_VERSIONS) {
                @let record = &shown.record;
                @let version = record.facts.version.to_string();
                li.across {
                    a href={ "/skills/" (name) "/" (text::encoded(&version)) } aria-current=[(record.manifest == current.manifest).then_some("true")] {
                        (text::line(&version, 60))
                    }
                    @if let Some(word) = word(&shown.standing) { span.tag.waits { (word) } }
                    @if let Some(old) = changes::before(versions, at) { span.small { (changes::short(old, shown).join(", ")) } }
                    span.muted { (text::at(u64::try_from(record.at / 1_000).unwrap_or_default())) }
                }
            }
        }
    }
}
