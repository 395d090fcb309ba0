//! `metier publish`: reads what the skill says, signs it, and hands it over.

use metier_core::{Code, Digest, Fault};
use metier_market::{
    client::{Published, Publishing},
    consent::Contents,
    state::{Account, Namespace},
    trust::{Publisher, SigningKey},
    ware::{Said, Ware},
};
use serde_json::json;

use super::{
    account::tell,
    agents, keys,
    session::{Session, now},
    trusted,
};
use crate::{
    args::market_client::Publish,
    commands::{self, App, build, skill_file},
    errors::{Failure, sentence},
    exit::Exit,
    printer::Format,
    text,
};

/// Publishes.
///
/// # Errors
/// [`Failure`], with the market's findings where it refuses it.
pub fn run(app: &App, args: &Publish) -> Result<Exit, Failure> {
    if agents::is_definition(&args.what) {
        return agents::publish(app, args);
    }
    let file = match args.what.is_dir() {
        true => build::quietly(app, &args.what)?,
        false => args.what.clone(),
    };
    let component = skill_file::read(&file)?;
    let contents = contents(&component)?;
    let session = Session::new(app, &args.place)?;
    commands::runtime()?.block_on(hand_over(&session, args, &component, &contents))
}

/// Signs a file and hands it over.
///
/// # Errors
/// As [`run`].
pub async fn hand_over<W: Ware>(
    session: &Session<'_>,
    args: &Publish,
    component: &[u8],
    contents: &W,
) -> Result<Exit, Failure> {
    let app = session.app;
    let pair = match args.from_ci {
        true => trusted::key()?,
        false => keys::read(app, &args.key)?,
    };
    let key = SigningKey::<Publisher>::new(pair);
    let Said { name, version, .. } = contents.said();
    let client = session.market_of(&name).await?;
    let token = match args.from_ci {
        true => {
            let (namespace, public) = (Namespace::of(&name), key.verifying());
            let let_in = trusted::let_in(app, &client, &namespace, public.public()).await?;
            app.printer
                .note(&format!("{namespace} trusts {}.", let_in.run));
            let_in.token.token
        }
        false => session.token(&client).await?.token,
    };
    let publishing = Publishing {
        component,
        contents,
        security_fix: args.security_fix,
        key: &key,
        now: now(),
    };
    match client.publish(&publishing, &token).await? {
        Published::Done { leaf, page } => {
            if app.printer.format == Format::Human {
                app.print(&format!("{page}\n"))?;
            }
            let digest = Digest::of(component);
            let line = json!({"name": name, "version": version, "leaf": leaf, "page": page, "digest": digest});
            let words = format!("{name} {version} is published: leaf {leaf} of the log.");
            tell(app, &line, &words)
        }
        Published::Held {
            review,
            page,
            approvers,
        } => {
            let line = json!({"name": name, "version": version, "review": review, "page": page, "approvers": approvers});
            let what = format!("{name}@{version}");
            let words = match approvers {
                Some(approvers) => waits_for(&what, &approvers),
                None if args.from_ci => waits_unseen(&what, name.namespace(), &review, page),
                None => format!("{name} {version} waits for a person of the market: {review}"),
            };
            tell(app, &line, &words)
        }
    }
}

/// What a run is told, whose token reads nothing of what waits.
fn waits_unseen(what: &str, namespace: &str, review: &str, page: Option<String>) -> String {
    let page = page.map_or(String::new(), |page| {
        format!("; once it is let in, its page is {}", text::one_line(&page))
    });
    let review = text::one_line(review);
    format!(
        "{what} waits for a person of the market: {review}. The token of a run does not read what waits: whoever has {namespace} does, with `metier market queue show {review}`{page}"
    )
}

/// Who may approve, and how.
fn waits_for(what: &str, approvers: &[Account]) -> String {
    let names: Vec<&str> = approvers.iter().map(Account::as_str).collect();
    let who = match names.is_empty() {
        true => "another member, and none has a key that is good".to_owned(),
        false => names.join(" or "),
    };
    format!(
        "{what} waits for the approval of another member: {who}. They run `metier namespace approve {what}`."
    )
}

/// What a skill's file says.
///
/// # Errors
/// When nobody could consent to it.
pub fn contents(component: &[u8]) -> Result<Contents, Failure> {
    Contents::of_file(component).map_err(|error| {
        Fault::new(Code::SkillSectionInvalid, sentence(&error.to_string()))
            .with_hint("`metier build` or `metier pack --skill-md SKILL.md` makes a file that can be published.")
            .into()
    })
}
