//! An agent's part of its page: what each skill may ask for, apart, then what the agent may do itself.

use maud::{Markup, html};
use metier_market::agent::{Package, Pin, sentences};

use super::{authority, frame::panel};
use crate::{console::text, market::MarketApp};

/// Longest text of a definition that is shown; all of it is in the package.
const MAX_TEXT: usize = 64 << 10;

/// Everything about it that a skill's page has not.
pub async fn panels(app: &MarketApp, package: &Package) -> Markup {
    let mut skills = Vec::new();
    for (alias, pin) in package.pins() {
        let id = format!("may-{}", alias.as_str());
        skills.push(panel(
            &id,
            &title(alias.as_str(), pin),
            skill(app, pin).await,
        ));
    }
    html! {
        @for skill in &skills { (skill) }
        (panel("itself", "What the agent may do itself", html! { div.panel-body {
            dl.facts { @for (about, words) in sentences(package) {
                div.wide-fact { dt { (about) } dd { (text::prose(&words)) } }
            } }
            p.muted.small { "Each skill may ask for what stands below its own name, and for nothing of the others'." }
        } }))
        (panel("words", "Its file", html! { div.panel-body { pre.whole { (text::shown(start(package.text()))) } } }))
        @for (at, (path, body)) in package.files().iter().enumerate() {
            (panel(&format!("file-{at}"), path, html! { div.panel-body { pre.whole { (text::shown(start(body))) } } }))
        }
    }
}

fn title(alias: &str, pin: &Pin) -> String {
    format!(
        "What its skill {alias} may ask for: {} {}",
        pin.name, pin.version
    )
}

/// As the skill's own page has it; that it cannot be read hides nothing else.
async fn skill(app: &MarketApp, pin: &Pin) -> Markup {
    let page = format!(
        "/skills/{}/{}",
        pin.name,
        text::encoded(&pin.version.to_string())
    );
    let described = match app.market.record(&pin.name, &pin.version).await {
        Ok(record) => app.market.registry().look_into(&record).await.ok(),
        Err(_) => None,
    };
    html! { div.panel-body {
        @match &described {
            Some(described) => {
                (authority::list(&described.manifest))
                p { "It costs: " (text::line(&described.facts.price.words(), 120)) }
            }
            None => p { strong { "This market cannot show it." } }
        }
        p.muted.small { a href=(page) { "Its page" } " · " code { (pin.digest) } }
    } }
}

/// The beginning of a text, whole characters.
fn start(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
