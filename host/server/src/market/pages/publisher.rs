//! A publisher: who it is, since when and by which proof, its keys with their times, and its skills.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::Html,
};
use maud::{Markup, html};
use metier_core::SkillName;
use metier_market::{
    fixtures::Moment,
    keeper::looks::{Found, Look},
    state::{KnownPublisher, Namespace, Owned, ProofMethod},
};
use metier_store::search::{Facet, MAX_HITS, SearchQuery};

use super::{
    frame::{Failure, page as framed, panel},
    search::{cards, told},
};
use crate::{
    console::text,
    market::{
        MarketApp,
        failure::{not_there, problem},
    },
};

/// What one publisher has.
pub async fn show(
    State(app): State<Arc<MarketApp>>,
    Path(namespace): Path<String>,
) -> Result<Html<String>, Failure> {
    let nothing = || not_there("There is no such publisher.");
    // A namespace is what a skill's name can begin with.
    let name: SkillName = format!("{namespace}/x").parse().map_err(|_| nothing())?;
    let query = SearchQuery {
        facets: [(Facet::Publisher, name.namespace().to_owned())].into(),
        max: MAX_HITS,
        ..SearchQuery::default()
    };
    let found = app.market.find(&query).await.map_err(problem)?;
    let namespace = Namespace::of(&name);
    let owned = app
        .market
        .state(|state| state.namespace(&namespace).cloned());
    let owned = owned.ok_or_else(nothing)?;
    let look = app.market.last_look(&namespace);
    let body = html! {
        div.heading { div.titles { p.crumbs { "Publisher" } h1 { (name.namespace()) } } span.muted { (told(&found)) } }
        @if let Some(why) = &owned.frozen { p.lead { strong { "Frozen." } " Nothing is published here now: " (text::line(why.as_str(), 300)) } }
        (panel("who", "Who it is", who(&owned, look.as_ref())))
        (panel("members", "Members", members(&owned)))
        (panel("keys", "Keys", keys(&owned)))
        @if !owned.publishers.is_empty() { (panel("runs", "Runs that publish without a key", runs(&owned))) }
        (cards(&found))
    };
    Ok(framed(name.namespace(), body))
}

/// Whose a namespace is, and how that was proven.
fn who(owned: &Owned, look: Option<&Look>) -> Markup {
    let proof = &owned.proof;
    let method = match proof.method {
        ProofMethod::Dns => "in DNS",
        ProofMethod::Https => "under HTTPS",
    };
    html! {
        dl.facts {
            div { dt { "Account" } dd { (owned.owner) } }
            @if let Some(first) = owned.keys.first() { div { dt { "Its own since" } dd { (moment(first.at)) } } }
            div.wide-fact { dt { "Proven " (method) } dd { (text::line(proof.place.as_str(), 300)) " on " (moment(proof.at)) } }
            @if let Some(look) = look { div.wide-fact { dt { "Looked for last" } dd { (moment(look.at)) ": " (found(look)) } } }
        }
        p.panel-body.muted.small {
            @match &owned.frozen {
                Some(_) => "The market looked for the proof again and again for a day, and it was not there any more. It looks on, and thaws the namespace when it is back.",
                None => "The market looks for the proof again every day. When it was not there three times, for a day at least, nothing is published here until it is back.",
            }
        }
    }
}

/// What the last look came to, and what it leads to.
fn found(look: &Look) -> Markup {
    html! {
        @match look.found {
            Found::There => "it was there",
            Found::Missing => "it was not there",
            Found::Unknown => { "nobody could tell" @if let Some(why) = &look.why { " (" (text::line(why, 300)) ")" } }
        }
        @if let (Some(since), Some(lost)) = (look.missing_since, look.lost_from()) {
            " " span.tag.waits { "missing since " (moment(since)) ", " (text::many(look.misses as usize, "look", "looks")) "; frozen from " (moment(lost)) " on unless it is back" }
        }
    }
}

/// Who belongs to it, and whether two have to stand for what it publishes.
fn members(owned: &Owned) -> Markup {
    html! {
        table.stack {
            caption.unseen { "Members" }
            thead { tr { th scope="col" { "Account" } th scope="col" { "Role" } th scope="col" { "Keys" } } }
            tbody { @for (account, role) in &owned.members {
                @let theirs = owned.keys.iter().filter(|key| key.account == *account && key.record.end().is_none());
                tr {
                    th scope="row" { (account) }
                    td { (role) }
                    td { @for key in theirs { code { (key.record.key.hint()) } " " } }
                }
            } }
        }
        p.panel-body.muted.small {
            @match owned.two_person {
                true => "The 2-person rule is on: every version is signed by one member, and approved by another. Whoever installs it verifies both.",
                false => "Each owner and publisher publishes alone.",
            }
        }
    }
}

fn keys(owned: &Owned) -> Markup {
    html! {
        table.stack {
            caption.unseen { "Keys" }
            thead { tr { th scope="col" { "Key" } th scope="col" { "Of" } th scope="col" { "From" } th scope="col" { "Until" } th scope="col" { "Vouched for by" } } }
            tbody { @for key in &owned.keys {
                @let record = &key.record;
                tr {
                    th scope="row" { code { (record.key.hint()) } }
                    td { (key.account) }
                    td { (moment(record.from)) }
                    td {
                        @match record.end() { Some(end) => (moment(end)), None => "further notice" }
                        @if let Some(since) = record.compromised { " " span.tag.waits { "in other hands since " (moment(since)) } }
                    }
                    td {
                        @match key.signed_by {
                            Some(signer) => code { (signer) },
                            None => @if key.recovered { span.tag.waits { "no earlier key vouches for it" } } @else { "the first" },
                        }
                    }
                }
            } }
        }
    }
}

/// Whose runs publish here without a key.
fn runs(owned: &Owned) -> Markup {
    html! {
        table.stack {
            caption.unseen { "Runs that publish without a key" }
            thead { tr { th scope="col" { "Runs" } th scope="col" { "For" } th scope="col" { "From" } th scope="col" { "Until" } th scope="col" { "Vouched for by" } } }
            tbody { @for known in &owned.publishers {
                tr {
                    th scope="row" { (text::line(&claims(known), 600)) }
                    td { @if known.publisher.skills.is_empty() { "every skill" } @for skill in &known.publisher.skills { (skill) " " } }
                    td { (moment(known.at)) }
                    td {
                        @match known.ended { Some(end) => (moment(end)), None => "further notice" }
                        @if let Some(since) = owned.void_from(known) { " " span.tag.waits { "in other hands since " (moment(since)) } }
                    }
                    td { code { (known.signed_by) } }
                }
            } }
        }
        p.panel-body.muted.small { "The market alone sees what a CI service says of a run. Which run published a version is on the version's page, to be compared." }
    }
}

/// What a run has to be: `https://gitlab.com: project_path=acme/crm`.
fn claims(known: &KnownPublisher) -> String {
    let publisher = &known.publisher;
    let claims = publisher.claims.iter();
    let claims = claims.map(|(name, wanted)| format!("{name}={wanted}"));
    let claims: Vec<String> = claims.collect();
    format!("{}: {}", publisher.issuer, claims.join(", "))
}

fn moment(at: Moment) -> Markup {
    html! { time datetime=(at) { (at) } }
}
