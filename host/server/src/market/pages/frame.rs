//! What all pages of the catalogue have in common.

use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::{
    console::{icons::mark, text},
    problem::Problem,
};

/// Where the style is.
pub const STYLE: &str = "/style.css";

/// Where the mark is.
pub const ICON: &str = "/icon.svg";

/// A page.
pub fn page(title: &str, body: Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (text::plain(title)) " · Metier market" }
                link rel="icon" type="image/svg+xml" href=(ICON);
                link rel="stylesheet" href=(STYLE);
            }
            body.bare {
                a.skip href="#main" { "Skip to the page" }
                header { a.brand href="/" { (mark()) "Metier market" } }
                main id="main" tabindex="-1" { (body) }
                footer { "All times are UTC." }
            }
        }
    };
    Html(page.into_string())
}

/// A part of a page with its title.
pub fn panel(id: &str, title: &str, body: Markup) -> Markup {
    html! {
        section.panel aria-labelledby=(id) {
            div.panel-head { h2 id=(id) { (title) } }
            (body)
        }
    }
}

/// What is shown instead of a page.
pub struct Failure(pub Problem);

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure(problem)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, fault) = (self.0.status(), self.0.fault());
        let body = html! {
            section.failure {
                p.eyebrow { (status.as_u16()) }
                h1 { "Nothing to show" }
                p.lead { (text::shown(&fault.message)) }
                p { a.button href="/" { "To the catalogue" } }
            }
        };
        (status, page("Nothing to show", body)).into_response()
    }
}
