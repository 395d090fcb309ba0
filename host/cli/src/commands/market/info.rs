//! `metier info`, and the page that an install asks about: who publishes, what it may touch, what it costs.

use metier_core::{Manifest, manifest::words as reach};
use metier_market::{
    client::{Ask, Client, FirstKey, revoked_line},
    index::{IndexFile, Line, Requirement},
    kind::Kind,
    receipt::{Proven, Receipt},
    revoked::List,
    state::{Leaf, Run},
};
use semver::VersionReq;
use serde_json::{Value, json};

use super::{
    agents,
    find::{Found, Wanted, look},
    session::Session,
};
use crate::{
    args::market_client::Info,
    commands::{self, App},
    errors::Failure,
    exit::Exit,
    printer::Format,
    render,
    terminal::Stream,
    text,
};

/// Shows a skill or an agent.
///
/// # Errors
/// [`Failure`].
pub fn run(app: &App, args: &Info) -> Result<Exit, Failure> {
    let session = Session::new(app, &args.place)?;
    commands::runtime()?.block_on(async {
        let wanted = Wanted {
            requirement: args.skill.clone(),
            locked: None,
        };
        let looked = match look(&session, wanted).await {
            Ok(looked) => looked,
            Err(failure) => return without(&session, &args.skill, failure).await,
        };
        if looked.line.kind == Kind::Agent {
            return agents::show(&session, looked).await;
        }
        let found = looked.fetch(FirstKey::Remembered).await?;
        if app.printer.format == Format::Json {
            let line = value(&found);
            app.print(&format!("{line}\n"))?;
            return Ok(Exit::Ok);
        }
        let stream = &app.printer.terminal.stdout;
        app.print(&page(&found, stream))?;
        app.print(&versions(&found.index, found.list(), stream))?;
        Ok(Exit::Ok)
    })
}

/// Where no version will do, what there is and why not is the answer to who asked for none in particular.
async fn without(
    session: &Session<'_>,
    wanted: &Requirement,
    failure: Failure,
) -> Result<Exit, Failure> {
    let app = session.app;
    let listed = async {
        let seen = session.seen(&wanted.name).await.ok()?;
        let index = seen.client.index(&wanted.name, Ask::WhenCold).await.ok()?;
        Some((seen, index))
    };
    let Some((seen, index)) = listed.await.filter(|(_, index)| !index.lines().is_empty()) else {
        return Err(failure);
    };
    match app.printer.format {
        Format::Json => {
            let all = each(&index, &seen.list);
            let line = json!({"name": wanted.name, "version": null, "versions": all});
            app.print(&format!("{line}\n"))?;
        }
        Format::Human => {
            let stream = &app.printer.terminal.stdout;
            let heading = stream.paint().heading(wanted.name.as_str());
            app.print(&format!("{heading}\n"))?;
            app.print(&versions(&index, &seen.list, stream))?;
        }
    }
    let is_any = wanted.versions == VersionReq::STAR;
    let is_all_gone = index.lines().iter().all(|line| {
        line.void.is_some() || line.yanked.is_some() || revoked_line(&seen.list, line).is_some()
    });
    match is_any && is_all_gone {
        true => {
            app.printer.warn(&failure.fault.message);
            Ok(Exit::Ok)
        }
        false => Err(failure),
    }
}

/// What somebody reads before they say yes.
pub fn page(found: &Found, stream: &Stream) -> String {
    let paint = stream.paint();
    let (line, contents) = (&found.line, &found.fetched.contents);
    let manifest = contents.manifest();
    let mut lines = vec![format!(
        "{} {}",
        paint.heading(line.name.as_str()),
        line.vers
    )];
    let skill = manifest.skill.as_ref();
    lines.extend(
        skill
            .and_then(|skill| skill.description.as_deref())
            .map(text::one_line),
    );
    lines.push(format!("\n{}", paint.heading("Published by")));
    let fetched = &found.fetched;
    lines.extend(who(found.client(), line, &fetched.receipt, &fetched.proven));
    lines.push(format!("\n{}", paint.heading("It may")));
    lines.extend(may(manifest));
    lines.push(format!("\n{}", paint.heading("It costs")));
    lines.push(format!("  {}", manifest.pricing.words()));
    lines.extend(
        line.yanked
            .as_ref()
            .map(|why| format!("\n{}: {}", paint.bad("Yanked"), text::one_line(why))),
    );
    format!("{}\n", lines.join("\n"))
}

/// What a skill may touch, one line each.
pub fn may(manifest: &Manifest) -> Vec<String> {
    let mut asks = reach::sentences(&manifest.capabilities);
    if asks.is_empty() {
        asks.push(("reach", "nothing: it can only compute".to_owned()));
    }
    let limits: Vec<String> = reach::limits(&manifest.limits)
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    if !limits.is_empty() {
        asks.push(("limits", format!("up to {}", limits.join(", "))));
    }
    listed(&asks)
}

/// Sentences, each behind what it is about.
pub fn listed(said: &[(&str, String)]) -> Vec<String> {
    let longest = said.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    said.iter()
        .map(|(name, words)| format!("  {name:longest$}  {}", text::one_line(words)))
        .collect()
}

/// Who publishes it, and who stands for it.
pub fn who(client: &Client, line: &Line, receipt: &[u8], proven: &Proven) -> Vec<String> {
    let namespace = line.name.namespace();
    let since = since(receipt);
    let since = since.map_or(String::new(), |since| format!(", its own since {since}"));
    let review = match proven.review.findings.len() {
        0 => "nothing found".to_owned(),
        found => render::count(found, "finding"),
    };
    let mut lines = vec![
        format!("  {namespace}{since}"),
        match &proven.publication.run {
            Some(run) => format!("  by {}", seen(run)),
            None => format!("  key {}{}", proven.publication.key, of(proven)),
        },
        format!("  at {}, leaf {} of its log", proven.at, proven.index),
        format!(
            "  reviewed by {} with the rules of {}: {review}",
            client.market().address,
            proven.review.rules
        ),
        format!("  {}, {}", line.component, render::bytes(line.size)),
    ];
    if let Some(approved) = &proven.approved {
        lines.push(format!(
            "  approved by {} with the key {}",
            approved.account, approved.key
        ));
    }
    if proven.publication.run.is_some() || proven.first_key != proven.publication.key {
        lines.push(format!("  its keys go back to {}", proven.first_key));
    }
    if proven.recovered {
        lines.push(
            "  WARNING: its key was recovered: no key from before vouches for it. Ask the publisher by another way."
                .to_owned(),
        );
    }
    lines
}

/// Whose key it is.
fn of(proven: &Proven) -> String {
    let by = proven.by.as_ref();
    by.map_or(String::new(), |by| format!(" of {by}"))
}

/// Which run published it, and who says so.
pub fn seen(run: &Run) -> String {
    format!("{}, as the market saw it", text::one_line(&run.words()))
}

/// When the namespace was claimed.
fn since(receipt: &[u8]) -> Option<String> {
    let receipt = Receipt::read(receipt).ok()?;
    let first = receipt.history.first()?;
    Some(Leaf::decode(first.leaf.as_bytes()).ok()?.at.to_string())
}

/// The newest versions, with what is said against them.
pub fn versions(index: &IndexFile, list: &List, stream: &Stream) -> String {
    let mut lines = vec![format!("\n{}", stream.paint().heading("Versions"))];
    for line in index.lines().iter().rev().take(20) {
        let revoked = revoked_line(list, line);
        let yanked = line.yanked.as_ref().map(|why| format!("yanked: {why}"));
        let void = line.void.as_ref().map(|why| format!("void: {why}"));
        let note = void
            .or(revoked)
            .or(yanked)
            .map_or(String::new(), |note| format!("  {note}"));
        lines.push(format!("  {}{}", line.vers, text::one_line(&note)));
    }
    format!("{}\n", lines.join("\n"))
}

/// The same for programs.
pub fn value(found: &Found) -> Value {
    let (line, proven) = (&found.line, &found.fetched.proven);
    let manifest = found.fetched.contents.manifest();
    let asks: Vec<Value> = reach::sentences(&manifest.capabilities)
        .into_iter()
        .map(|(capability, words)| json!({"capability": capability, "words": words}))
        .collect();
    let versions = each(&found.index, found.list());
    json!({
        "name": line.name,
        "version": line.vers,
        "component": line.component,
        "size": line.size,
        "market": found.client().market().address.as_str(),
        "key": proven.publication.key,
        "account": proven.by,
        "approved-by": proven.approved.as_ref().map(|approved| &approved.account),
        "approved-with": proven.approved.as_ref().map(|approved| approved.key),
        "run": proven.publication.run,
        "first-key": proven.first_key,
        "recovered": proven.recovered,
        "published": proven.at,
        "leaf": proven.index,
        "asks": asks,
        "price": manifest.pricing.words(),
        "versions": versions,
    })
}

/// The same for programs.
pub fn each(index: &IndexFile, list: &List) -> Vec<Value> {
    let lines = index.lines().iter().rev();
    lines
        .map(|line| json!({"version": line.vers, "yanked": line.yanked, "void": line.void, "revoked": revoked_line(list, line)}))
        .collect()
}
