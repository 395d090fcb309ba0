//! What a version changes against the one before it: as `metier update` tells it.

use maud::{Markup, html};
use metier_market::{
    consent::{Change, Class, Contents, Reason, compare},
    keeper::{Shown, registry::Record},
    kind::Kind,
};
use tokio::sync::Semaphore;

use crate::{console::text, market::MarketApp};

/// Pages that hold two files in memory at once; others wait.
static PLACES: Semaphore = Semaphore::const_new(2);

/// Largest files that are compared for a page, in bytes; an update compares all.
const MAX_COMPARED: u64 = 16 << 20;

/// Most lines of one difference.
const MAX_LINES: usize = 200;

/// The version that the one at this place follows; the newest come first.
pub fn before(versions: &[Shown], at: usize) -> Option<&Shown> {
    versions.get(at.checked_add(1)?)
}

/// In short, by the digests of their leaves: no file is read for it.
pub fn short(old: &Shown, new: &Shown) -> Vec<&'static str> {
    let (old, new) = (&old.published.publication, &new.published.publication);
    let mut said = Vec::new();
    if old.authority != new.authority {
        said.push("other authority");
    }
    if old.price != new.price {
        said.push("other price");
    }
    if old.words != new.words {
        said.push("other words");
    }
    if said.is_empty() {
        said.push("only code");
    }
    if new.security_fix {
        said.push("security fix");
    }
    said
}

/// What a version changes against another.
pub async fn against(app: &MarketApp, old: &Record, new: &Record) -> Markup {
    let change = between(app, old, new).await;
    let version = old.facts.version.to_string();
    html! { div.panel-body {
        p.muted.small { "Against " (text::line(&version, 60)) "." }
        @match &change {
            Some(change) => (told(change)),
            None if new.facts.kind == Kind::Agent => p {
                "An agent is compared with its skills, by " code { "metier update --dry-run" } " where it is installed."
            },
            None => p { "These files are too large to be compared here: " code { "metier update --dry-run" } " does." },
        }
    } }
}

/// Everything that changed, with its class. Nothing where the files are too large to be compared for a page, or cannot be read.
async fn between(app: &MarketApp, old: &Record, new: &Record) -> Option<Change> {
    let _place = PLACES.acquire().await.ok()?;
    let (old, new) = (bytes(app, old).await?, bytes(app, new).await?);
    let compared = tokio::task::spawn_blocking(move || {
        let (old, new) = (Contents::of_file(&old), Contents::of_file(&new));
        Some(compare(&old.ok()?, &new.ok()?))
    });
    compared.await.ok()?
}

async fn bytes(app: &MarketApp, record: &Record) -> Option<Vec<u8>> {
    if record.size > MAX_COMPARED {
        return None;
    }
    let registry = app.market.registry();
    let mut reading = registry
        .blob(&record.component, 0, record.size)
        .await
        .ok()?;
    let mut bytes = Vec::new();
    while let Some(piece) = reading.next().await.ok()? {
        bytes.extend_from_slice(&piece);
    }
    Some(bytes)
}

/// The difference as a page tells it.
fn told(change: &Change) -> Markup {
    html! {
        p { "An update is " span class={ "tag " (look(change.class)) } { (class(change.class)) } ": " (meaning(change.class)) }
        @if change.why.is_empty() { p.muted { "Nothing changed that anybody is asked about." } }
        ul.plain { @for reason in &change.why { (said(reason)) } }
    }
}

fn said(reason: &Reason) -> Markup {
    html! {
        li {
            span class={ "tag " (look(reason.class)) } { (class(reason.class)) } " " (text::prose(&reason.words))
            @if let Some((table, line)) = &reason.rule {
                span.muted.small { " [" (text::line(table, 80)) "], line " (line) " of skill.toml" }
            }
            @if !reason.diff.is_empty() {
                ul.difference { @for line in reason.diff.iter().take(MAX_LINES) { (difference(line)) } }
            }
        }
    }
}

fn difference(line: &str) -> Markup {
    let class = match line.as_bytes().first() {
        Some(b'+') => "new",
        Some(b'-') => "gone",
        _ => "same",
    };
    html! { li class=(class) { (text::line(line, 2_000)) } }
}

const fn class(class: Class) -> &'static str {
    match class {
        Class::Auto => "AUTO",
        Class::ReviewText => "REVIEW-TEXT",
        Class::ReconsentPrice => "RECONSENT-PRICE",
        Class::Reconsent => "RECONSENT",
    }
}

const fn look(class: Class) -> &'static str {
    match class {
        Class::Auto => "read",
        _ => "waits",
    }
}

const fn meaning(class: Class) -> &'static str {
    match class {
        Class::Auto => "it asks for no more, and is installed by itself.",
        Class::ReviewText => "somebody reads the new words first.",
        Class::ReconsentPrice => "somebody agrees to what it costs first.",
        Class::Reconsent => "it may do more, and somebody agrees first.",
    }
}
