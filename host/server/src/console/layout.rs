//! What all pages have in common.

use axum::response::Html;
use maud::{DOCTYPE, Markup, html};
use metier_service::Right;

use super::{assets, session::Session, text};

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
    /// Costs.
    Usage,
    /// What was written down.
    Audit,
}

const PLACES: [(Place, &str, &str, Right); 7] = [
    (Place::Overview, "/console", "Overview", Right::See),
    (Place::Runs, "/console/runs", "Runs", Right::See),
    (
        Place::Approvals,
        "/console/approvals",
        "Approvals",
        Right::See,
    ),
    (Place::Agents, "/console/agents", "Agents", Right::See),
    (Place::Skills, "/console/skills", "Skills", Right::See),
    (Place::Usage, "/console/usage", "Usage", Right::See),
    (Place::Audit, "/console/audit", "Audit", Right::Operate),
];

/// A page of somebody who is logged in.
pub fn page(session: &Session, here: Place, title: &str, body: Markup) -> Html<String> {
    let bar = html! {
        nav.places aria-label="Console" {
            ul {
                @for (place, path, name, right) in PLACES {
                    @if session.may(right) {
                        li { a href=(path) aria-current=[(place == here).then_some("page")] { (name) } }
                    }
                }
            }
        }
        div.who {
            span { (session.caller.tenant) " · " (session.caller.role) }
            form method="post" action="/console/logout" {
                (token(session))
                button.quiet type="submit" { "Log out" }
            }
        }
    };
    whole(title, bar, body)
}

/// A page of nobody's.
pub fn bare(title: &str, body: Markup) -> Html<String> {
    whole(title, html! {}, body)
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
        Some("current") => "New runs have this version.",
        _ => return html! {},
    };
    html! { p.notice role="status" { (words) } }
}

/// A title with what belongs to the whole page at its right.
pub fn heading(title: &str, aside: Markup) -> Markup {
    html! { header.heading { h1 { (text::shown(title)) } (aside) } }
}

/// What stands where nothing is yet: what that means, and what to do next.
pub fn empty(what: &str, next: Markup) -> Markup {
    html! { div.empty { p.lead { (what) } p { (next) } } }
}

fn whole(title: &str, bar: Markup, body: Markup) -> Html<String> {
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
            body {
                a.skip href="#main" { "Skip to the page" }
                header.bar { a.brand href="/console" { "Metier" } (bar) }
                main id="main" tabindex="-1" { (body) }
                footer { "Times are UTC." }
            }
        }
    };
    Html(page.into_string())
}
