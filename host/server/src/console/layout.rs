//! What all pages have in common.

use axum::response::Html;
use maud::{DOCTYPE, Markup, html};
use metier_service::Right;

use super::{
    assets,
    icons::{Icon, icon, mark},
    session::Session,
    text,
};

/// Where in the console a page is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// What runs, what waits, what it cost.
    Overview,
    /// Runs.
    Runs,
    /// What waits for a person.
    Approvals,
    /// Agents and chains.
    Agents,
    /// Skills and grants.
    Skills,
    /// Accounts of whoever is logged in.
    Accounts,
    /// Costs.
    Usage,
    /// What was written down.
    Audit,
}

/// Each with its path, its name, and the right without which it is not offered.
const PLACES: [(Place, Icon, &str, &str, Right); 8] = [
    (
        Place::Overview,
        Icon::Overview,
        "/console",
        "Overview",
        Right::See,
    ),
    (Place::Runs, Icon::Runs, "/console/runs", "Runs", Right::See),
    (
        Place::Approvals,
        Icon::Approvals,
        "/console/approvals",
        "Approvals",
        Right::See,
    ),
    (
        Place::Agents,
        Icon::Agents,
        "/console/agents",
        "Agents",
        Right::See,
    ),
    (
        Place::Skills,
        Icon::Skills,
        "/console/skills",
        "Skills",
        Right::See,
    ),
    (
        Place::Accounts,
        Icon::Person,
        "/console/accounts",
        "Accounts",
        Right::See,
    ),
    (
        Place::Usage,
        Icon::Usage,
        "/console/usage",
        "Usage",
        Right::See,
    ),
    (
        Place::Audit,
        Icon::Audit,
        "/console/audit",
        "Audit",
        Right::Operate,
    ),
];

/// A page of somebody who is logged in.
pub fn page(session: &Session, here: Place, title: &str, body: Markup) -> Html<String> {
    let bar = html! {
        nav.places aria-label="Console" {
            ul {
                @for (place, sign, path, name, right) in PLACES {
                    @if session.may(right) {
                        li { a href=(path) aria-current=[(place == here).then_some("page")] { (icon(sign)) (name) } }
                    }
                }
            }
        }
        div.who {
            span { strong { (session.caller.tenant) } " " (session.caller.role) }
            form method="post" action="/console/logout" {
                (token(session))
                button.quiet type="submit" { "Log out" }
            }
        }
    };
    let frame = html! {
        body {
            a.skip href="#main" { "Skip to the page" }
            header.side { div.rail { (brand()) (bar) } }
            div.stage {
                main id="main" tabindex="-1" { (body) }
                footer { "All times are UTC." }
            }
        }
    };
    whole(title, frame)
}

/// A page of nobody's.
pub fn bare(title: &str, body: Markup) -> Html<String> {
    let frame = html! {
        body.bare {
            header { (brand()) }
            main id="main" tabindex="-1" { (body) }
        }
    };
    whole(title, frame)
}

fn brand() -> Markup {
    html! { a.brand href="/console" { (mark()) "Metier" } }
}

/// The field that makes a form one of this session's.
pub fn token(session: &Session) -> Markup {
    html! { input type="hidden" name="csrf" value=(session.csrf()); }
}

/// What was just done, by the word a redirect says it with: nobody can make the page say anything else.
pub fn notice(done: Option<&str>) -> Markup {
    let words = match done {
        Some("cancelled") => "The run was asked to end.",
        Some("approved") => "Approved. The run goes on.",
        Some("denied") => "Denied. The model is told why.",
        Some("enabled") => "The skill is switched on.",
        Some("disabled") => "The skill is switched off: its tools are not there any more.",
        Some("granted") => "The grant is saved. It holds from the next call on.",
        Some("connected") => "Connected. Calls in your name work with this account from now on.",
        Some("disconnected") => {
            "Forgotten here. The issuer has no way to be told: take the access away there, too."
        }
        Some("revoked") => "Forgotten here, and taken back by the issuer.",
        Some("current") => "New runs have this version.",
        _ => return html! {},
    };
    html! { p.notice role="status" { (words) } }
}

/// A title with what belongs to the whole page at its right.
pub fn heading(title: &str, aside: Markup) -> Markup {
    below(None, title, html! {}, aside)
}

/// The same for a page below another, with what is said beside its title.
pub fn below(parent: Option<(&str, &str)>, title: &str, beside: Markup, aside: Markup) -> Markup {
    html! {
        div.heading {
            div.titles {
                @if let Some((path, name)) = parent { p.crumbs { a href=(path) { (name) } " /" } }
                div.titled { h1 { (text::shown(title)) } (beside) }
            }
            (aside)
        }
    }
}

/// A part of a page with its title.
pub fn panel(id: &str, title: &str, aside: Markup, body: Markup) -> Markup {
    html! {
        section.panel aria-labelledby=(id) {
            div.panel-head { h2 id=(id) { (title) } (aside) }
            (body)
        }
    }
}

/// What stands where nothing is yet: what that means, and what to do next.
pub fn empty(what: &str, next: Markup) -> Markup {
    html! { div.empty { p.lead { (what) } p { (next) } } }
}

/// The same where it is all that is on the page.
pub fn empty_page(what: &str, next: Markup) -> Markup {
    html! { div.empty.alone { p.lead { (what) } p { (next) } } }
}

fn whole(title: &str, frame: Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (text::plain(title)) " · Metier" }
                link rel="icon" type="image/svg+xml" href="/console/icon.svg";
                link rel="stylesheet" href=(assets::STYLE);
                script src=(assets::SCRIPT) defer {}
            }
            (frame)
        }
    };
    Html(page.into_string())
}
