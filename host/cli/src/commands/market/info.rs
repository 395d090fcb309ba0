//! `metier info`, and the page that an install asks about: who publishes, what it may touch, what it costs.

use metier_core::manifest::words as reach;
use metier_market::{
    client::{Ask, Client, Fetched, FirstKey, check_revoked, revoked_line},
    index::{IndexFile, Line, Requirement, ResolveError, Rules, Why, resolve},
    receipt::Receipt,
    revoked::{Accepted, List},
    state::Leaf,
};
use serde_json::{Value, json};

use super::session::{Session, now, seconds};
use crate::{
    args::market_client::Info,
    commands::{self, App},
    errors::{Failure, sentence},
    exit::Exit,
    printer::Format,
    render,
    terminal::Stream,
    text,
};
use metier_core::{Code, Fault};

/// Shows a skill.
///
/// # Errors
/// [`Failure`].
pub fn run(app: &App, args: &Info) -> Result<Exit, Failure> {
    let session = Session::new(app, &args.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market_of(&args.skill.name).await?;
        let found = find(&session, &client, &args.skill, None, FirstKey::Remembered).await?;
        if app.printer.format == Format::Json {
            let line = value(&client, &found);
            app.print(&format!("{line}\n"))?;
            return Ok(Exit::Ok);
        }
        let stream = &app.printer.terminal.stdout;
        app.print(&page(&client, &found, stream))?;
        app.print(&versions(&found.index, &found.list, stream))?;
        Ok(Exit::Ok)
    })
}

/// A version that was found, fetched and verified.
pub struct Found {
    /// The whole index.
    pub index: IndexFile,
    /// Its line.
    pub line: Line,
    /// The file and what shows it to be it.
    pub fetched: Fetched,
    /// What is revoked.
    pub list: List,
}

/// The version that a requirement means: one that had its cooldown, or, where there is none yet, the newest, which is said.
///
/// # Errors
/// When there is none, or it is not what it should be.
pub async fn find(
    session: &Session<'_>,
    client: &Client,
    wanted: &Requirement,
    locked: Option<&metier_market::index::Locked>,
    said: FirstKey,
) -> Result<Found, Failure> {
    let (witness, list, index) = tokio::join!(
        client.advance(),
        client.revocations(now()),
        client.index(&wanted.name, Ask::WhenCold),
    );
    let (witness, list, mut index) = (witness?, fresh(session, list?), index?);
    let refused = |line: &Line| revoked_line(&list, line);
    let rules = Rules {
        locked,
        refused: &refused,
        ..Rules::at(seconds())
    };
    let mut resolved = resolve(wanted, &index, &rules).map(|found| found.line.clone());
    if resolved.is_err() {
        // What is kept may be a minute old.
        index = client.index(&wanted.name, Ask::Always).await?;
        resolved = resolve(wanted, &index, &rules).map(|found| found.line.clone());
    }
    let line = match resolved {
        Err(error) if is_cooling(&error) => {
            let rules = Rules {
                cooldown: std::time::Duration::ZERO,
                ..rules
            };
            let line = resolve(wanted, &index, &rules).map_err(|error| unresolved(&error))?;
            let (name, version) = (&line.line.name, &line.line.vers);
            session.app.printer.warn(&format!(
                "{name} {version} is less than three days old, and there is no older version: nobody may have noticed yet what is wrong with it"
            ));
            line.line.clone()
        }
        other => other.map_err(|error| unresolved(&error))?,
    };
    let fetched = client.fetch(&line, &witness, said).await?;
    check_revoked(&list, &fetched.contents)?;
    Ok(Found {
        index,
        line,
        fetched,
        list,
    })
}

/// An expired list is used, and said.
pub fn fresh(session: &Session<'_>, accepted: Accepted) -> List {
    if let Accepted::Expired(list) = &accepted {
        session.app.printer.warn(&format!(
            "the revocation list is from {} and should have been replaced by {}: what was revoked since, nobody here knows",
            list.issued(),
            list.expires()
        ));
    }
    accepted.list().clone()
}

fn is_cooling(error: &ResolveError) -> bool {
    match error {
        ResolveError::None { passed, .. } => passed
            .iter()
            .any(|passed| matches!(passed.why, Why::Cooling(_))),
        _ => false,
    }
}

/// Why there is no version, for whoever asked.
pub fn unresolved(error: &ResolveError) -> Failure {
    let (code, hint) = match error {
        ResolveError::Empty(_) | ResolveError::OtherSkill { .. } => {
            (Code::NotFound, "`metier search` finds what there is.")
        }
        ResolveError::None { passed, .. }
            if passed
                .iter()
                .all(|passed| matches!(passed.why, Why::Refused(_))) =>
        {
            (Code::SkillRevoked, "Do not use it.")
        }
        ResolveError::None { .. } => (
            Code::NotFound,
            "`metier info` shows all versions; `@=1.2.3` means exactly one.",
        ),
        ResolveError::LockedRefused { .. } => (Code::SkillRevoked, "Do not use it."),
        ResolveError::Stale { .. }
        | ResolveError::Vanished { .. }
        | ResolveError::Changed { .. } => (
            Code::SkillUnverified,
            "Do not use it: tell whoever runs the market, and show them metier.lock.",
        ),
    };
    Fault::new(code, sentence(&error.to_string()))
        .with_hint(hint)
        .into()
}

/// What somebody reads before they say yes.
pub fn page(client: &Client, found: &Found, stream: &Stream) -> String {
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
    lines.extend(who(client, found));
    lines.push(format!("\n{}", paint.heading("It may")));
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
    let longest = asks.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let shown = asks
        .iter()
        .map(|(name, words)| format!("  {name:longest$}  {}", text::one_line(words)));
    lines.extend(shown);
    lines.push(format!("\n{}", paint.heading("It costs")));
    lines.push(format!("  {}", manifest.pricing.words()));
    lines.extend(
        line.yanked
            .as_ref()
            .map(|why| format!("\n{}: {}", paint.bad("Yanked"), text::one_line(why))),
    );
    format!("{}\n", lines.join("\n"))
}

fn who(client: &Client, found: &Found) -> Vec<String> {
    let proven = &found.fetched.proven;
    let namespace = found.line.name.namespace();
    let since = since(&found.fetched.receipt);
    let since = since.map_or(String::new(), |since| format!(", its own since {since}"));
    let review = match proven.review.findings.len() {
        0 => "nothing found".to_owned(),
        found => render::count(found, "finding"),
    };
    let mut lines = vec![
        format!("  {namespace}{since}"),
        match &proven.publication.run {
            Some(run) => format!("  by {}", text::one_line(&run.words())),
            None => format!("  key {}", proven.publication.key),
        },
        format!("  at {}, leaf {} of its log", proven.at, proven.index),
        format!(
            "  reviewed by {} with the rules of {}: {review}",
            client.market().address,
            proven.review.rules
        ),
        format!(
            "  {}, {}",
            found.line.component,
            render::bytes(found.line.size)
        ),
    ];
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

/// When the namespace was claimed.
fn since(receipt: &[u8]) -> Option<String> {
    let receipt = Receipt::read(receipt).ok()?;
    let first = receipt.history.first()?;
    Some(Leaf::decode(first.leaf.as_bytes()).ok()?.at.to_string())
}

fn versions(index: &IndexFile, list: &List, stream: &Stream) -> String {
    let mut lines = vec![format!("\n{}", stream.paint().heading("Versions"))];
    for line in index.lines().iter().rev().take(20) {
        let revoked = revoked_line(list, line);
        let yanked = line.yanked.as_ref().map(|why| format!("yanked: {why}"));
        let note = revoked
            .or(yanked)
            .map_or(String::new(), |note| format!("  {note}"));
        lines.push(format!("  {}{}", line.vers, text::one_line(&note)));
    }
    format!("{}\n", lines.join("\n"))
}

/// The same for programs.
pub fn value(client: &Client, found: &Found) -> Value {
    let (line, proven) = (&found.line, &found.fetched.proven);
    let manifest = found.fetched.contents.manifest();
    let asks: Vec<Value> = reach::sentences(&manifest.capabilities)
        .into_iter()
        .map(|(capability, words)| json!({"capability": capability, "words": words}))
        .collect();
    let versions: Vec<Value> = found
        .index
        .lines()
        .iter()
        .rev()
        .map(|line| json!({"version": line.vers, "yanked": line.yanked, "revoked": revoked_line(&found.list, line)}))
        .collect();
    json!({
        "name": line.name,
        "version": line.vers,
        "component": line.component,
        "size": line.size,
        "market": client.market().address.as_str(),
        "key": proven.publication.key,
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
