//! `metier namespace approve`: another member looks at what waits, as it was signed, and signs it too.
//!
//! What is shown is read from the file whose digest is signed, and the publisher's signature is verified here first: the market's word for
//! either is not enough.

use metier_core::{Code, Fault};
use metier_market::{
    agent::Package,
    client::{Client, ClientError, FirstKey},
    consent::compare,
    index::Requirement,
    keeper::acts::{Waiting, WaitsFor},
    kind::Kind,
    state::{Approval, Namespace, Reason, subject_name},
    trust::{
        Bundle, KeyHint, KeyRecord, Policy, PublicKey, Publisher, SigningKey, VerifyingKey, verify,
    },
    ware::{Said, Ware},
};
use serde_json::{Value, json};

use super::{
    account::tell,
    agents, changes,
    find::{Looked, Wanted, look},
    info, keys,
    namespace_key::details,
    publish,
    session::{Session, now},
};
use crate::{
    args::members::Approve,
    commands::{self, App},
    errors::{Failure, sentence},
    exit::Exit,
    text,
};

/// Approves, or refuses.
///
/// # Errors
/// [`Failure`].
pub fn run(app: &App, args: &Approve) -> Result<Exit, Failure> {
    let (name, version) = &args.version;
    let session = Session::new(app, &args.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market_of(name).await?;
        let token = session.token(&client).await?.token;
        let waiting = one(client.queue(&token).await?, args)?;
        if let Some(why) = &args.refuse {
            return refuse(app, &client, (&waiting, why), &token).await;
        }
        let key = SigningKey::<Publisher>::new(keys::read(app, &args.key)?);
        let told = details(&client, &Namespace::of(name), &token).await?;
        let signer = signer(&waiting, &told)?;
        let file = client.sent(&waiting, &token).await?;
        // It compares whole versions.
        Box::pin(show(&session, &waiting, (&signer.whose, &file))).await?;
        let question = format!("Approve of {name} {version}, which is published then, for ever?");
        session.ask(&question, "--yes")?;
        let approval = Approval {
            name: name.clone(),
            version: version.clone(),
            digest: waiting.component,
            manifest: waiting.submission.manifest,
            key: signer.key,
            security_fix: waiting.submission.security_fix,
        };
        let signature = approval.signature(&key).map_err(ClientError::from)?;
        let done = client.second(&waiting.id, &signature, &token).await?;
        let line = json!({"name": name, "version": version, "leaf": done["leaf"], "approved-with": signature.by});
        let words = format!("{name} {version} is published: leaf {} of the log.", done["leaf"]);
        tell(app, &line, &words)
    })
}

/// The one that is meant.
fn one(queue: Vec<Waiting>, args: &Approve) -> Result<Waiting, Failure> {
    let (name, version) = &args.version;
    let is_meant = |waiting: &Waiting| {
        let submission = &waiting.submission;
        (&submission.name, &submission.version) == (name, version)
            && waiting.waits_for == WaitsFor::Member
            && args.file.is_none_or(|file| file == waiting.component)
    };
    let mut meant: Vec<Waiting> = queue.into_iter().filter(is_meant).collect();
    match (meant.pop(), meant.as_slice()) {
        (Some(waiting), []) => Ok(waiting),
        (None, _) => {
            let message = format!("No {name} {version} waits for a member of its namespace.");
            Err(Fault::new(Code::NotFound, message)
                .with_hint("`metier market queue list` shows what waits for you.")
                .into())
        }
        (Some(last), others) => {
            let files = others.iter().chain([&last]);
            let files =
                files.map(|waiting| format!("{} sent by {}", waiting.component, waiting.by));
            let files: Vec<String> = files.collect();
            let message = format!(
                "Several files wait as {name} {version}: {}.",
                files.join(", ")
            );
            Err(Failure::usage(
                message,
                "Name the one you mean with --file.",
            ))
        }
    }
}

async fn refuse(
    app: &App,
    client: &Client,
    (waiting, why): (&Waiting, &Reason),
    token: &str,
) -> Result<Exit, Failure> {
    client.decide(&waiting.id, Some(why), token).await?;
    let (name, version) = (&waiting.submission.name, &waiting.submission.version);
    let line = json!({"name": name, "version": version, "refused": why});
    let words = format!("{name} {version} is refused: who sends the same again is told why.");
    tell(app, &line, &words)
}

/// Who signed it first.
struct Signer {
    key: KeyHint,
    whose: String,
}

/// Whose signature it has, which is verified with the key the market says is theirs, or the run's.
fn signer(waiting: &Waiting, told: &Value) -> Result<Signer, Failure> {
    let wrong = |why: String| {
        let message = sentence(&format!("what waits is not signed as it should be: {why}"));
        Failure::from(
            Fault::new(Code::SkillUnverified, message)
                .with_hint("Do not approve of it: ask whoever sent it."),
        )
    };
    let submission = &waiting.submission;
    let bundle = submission.bundle();
    let hint = Bundle::read(&bundle)
        .map_err(|error| wrong(error.to_string()))?
        .hint();
    let (public, whose) = match &waiting.run {
        Some(run) => (Some(run.key.clone()), info::seen(run)),
        None => of_member(told, hint),
    };
    let public = public.ok_or_else(|| wrong(format!("{hint} is no key of the namespace")))?;
    let keys = [KeyRecord::<Publisher>::new(
        VerifyingKey::new(public),
        waiting.at,
    )];
    let policy = Policy {
        subject: submission.manifest,
        name: &subject_name(&submission.name, &submission.version),
        keys: &keys,
        at: now(),
    };
    let verified = verify(&bundle, &policy).map_err(|error| wrong(error.to_string()))?;
    let key = verified.key;
    Ok(Signer { key, whose })
}

/// A key as the market lists it, and whose it is.
fn of_member(told: &Value, hint: KeyHint) -> (Option<PublicKey>, String) {
    let mut keys = told["keys"].as_array().into_iter().flatten();
    let found = keys.find(|key| key["hint"] == hint.to_string().as_str());
    let public = found.and_then(|key| serde_json::from_value(key["key"].clone()).ok());
    let account = found
        .and_then(|key| key["account"].as_str())
        .unwrap_or_default();
    let role = found
        .and_then(|key| key["role"].as_str())
        .unwrap_or("no member");
    (public, format!("{} ({role})", text::one_line(account)))
}

/// What it asks for and what it changes, for whoever is to stand for it.
async fn show(
    session: &Session<'_>,
    waiting: &Waiting,
    (whose, file): (&str, &[u8]),
) -> Result<(), Failure> {
    let submission = &waiting.submission;
    let stream = &session.app.printer.terminal.stderr;
    let paint = stream.paint();
    let mut lines = vec![
        format!(
            "{} {}",
            paint.heading(submission.name.as_str()),
            submission.version
        ),
        format!("  signed by {whose}"),
        format!("  sent at {}, {}", waiting.at, waiting.component),
    ];
    if submission.security_fix {
        lines.push("  a security fix: updates to it do not wait".to_owned());
    }
    let published = published(session, waiting).await?;
    let before = published.as_ref().map(|there| there.line.vers.clone());
    let change = match Package::of_file(file) {
        Ok(package) => {
            is_itself(waiting, &package)?;
            lines.push(format!("\n{}", paint.heading("The agent")));
            lines.extend(agents::asks(&package));
            match published.filter(|there| there.line.kind == Kind::Agent) {
                Some(there) => Some(agents::against(session, there, package).await?),
                None => None,
            }
        }
        Err(_) => {
            let contents = publish::contents(file)?;
            is_itself(waiting, &contents)?;
            lines.push(format!("\n{}", paint.heading("It may")));
            lines.extend(info::may(contents.manifest()));
            lines.push(format!("\n{}", paint.heading("It costs")));
            lines.push(format!("  {}", contents.manifest().pricing.words()));
            match published.filter(|there| there.line.kind == Kind::Skill) {
                Some(there) => {
                    let found = there.fetch(FirstKey::Remembered).await?;
                    Some(compare(&found.fetched.contents, &contents))
                }
                None => None,
            }
        }
    };
    let before = before.map_or(String::new(), |before| format!(" against {before}"));
    lines.push(format!("\n{}{before}", paint.heading("It changes")));
    lines.push(match &change {
        None => "  everything: nothing of this name is published".to_owned(),
        Some(change) if change.why.is_empty() => "  only code".to_owned(),
        Some(change) => changes::lines(change, paint),
    });
    session.app.printer.note(&lines.join("\n"));
    Ok(())
}

/// The file calls itself what it waits as: its name and version are not what the market says.
fn is_itself<W: Ware>(waiting: &Waiting, contents: &W) -> Result<(), Failure> {
    let Said { name, version, .. } = contents.said();
    let submission = &waiting.submission;
    match (&name, &version) == (&submission.name, &submission.version) {
        true => Ok(()),
        false => {
            let message = format!("The file that waits calls itself {name} {version}.");
            Err(Fault::new(Code::SkillUnverified, message)
                .with_hint("Do not approve of it: ask whoever sent it.")
                .into())
        }
    }
}

/// The newest that is published.
async fn published(session: &Session<'_>, waiting: &Waiting) -> Result<Option<Looked>, Failure> {
    let requirement: Requirement = waiting.submission.name.as_str().parse().map_err(
        |error: metier_market::index::InvalidRequirement| {
            Failure::usage(sentence(&error.to_string()), "Name a skill.")
        },
    )?;
    let wanted = Wanted {
        requirement,
        locked: None,
    };
    match look(session, wanted).await {
        Ok(looked) => Ok(Some(looked)),
        Err(failure) if failure.fault.code == Code::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}
