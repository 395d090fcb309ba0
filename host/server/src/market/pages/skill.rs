//! A skill: who, what it asks for, its tools and words, and its versions.

use std::sync::Arc;

use axum::{extract::State, response::Html};
use maud::{Markup, html};
use metier_market::{
    keeper::{Shown, registry::Record},
    receipt::Proven,
    state::Standing,
};

use super::{
    changes,
    frame::{Failure, page as framed, panel},
    says,
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
    let changed = match changes::before(&versions, at) {
        Some(old) => Some(changes::against(&app, &old.record, record).await),
        None => None,
    };
    let says = says::panels(&app, record, &described, "Published").await;
    let name = named.skill.as_str();
    let body = html! {
        div.heading {
            div.titles {
                p.crumbs { a href={ "/publishers/" (named.skill.namespace()) } { (named.skill.namespace()) } " /" }
                div.titled { h1 { (named.skill.short()) } span.tag.current { (text::line(&record.facts.version.to_string(), 60)) } }
            }
        }
        (warning(&shown.standing))
        (says)
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
                None => div.wide-fact { dt { "Signed by its publisher with the key" } dd {
                    code { (publication.key) }
                    @if let Some(by) = proven.and_then(|proven| proven.by.as_ref()) { " of " (by) }
                } },
            }
            @if let Some(approved) = proven.and_then(|proven| proven.approved.as_ref()) {
                div.wide-fact { dt { "Approved by" } dd { (approved.account) " with the key " code { (approved.key) } } }
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
