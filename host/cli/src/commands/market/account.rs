//! `metier login`, `namespace`, `yank`, `unyank`, `revoke`: what only its owner does.

use metier_core::{Code, Digest, Fault};
use metier_market::{
    client::{Client, ClientError},
    index::Requirement,
    keeper::looks::Look,
    revoked::Target,
    state::{Namespace, ProofMethod},
};
use serde_json::{Value, json};

use super::{approve, cosigned, keys, members, namespace_key, session::Session, trusted};
use crate::{
    args::market_client::{
        KeyFile, Login, Method, NamespaceAction, Namespaces, Place, Revoke, Yank,
    },
    commands::{self, App},
    errors::{Failure, sentence},
    exit::Exit,
    json::Json,
    printer::Format,
    render,
};

/// Logs in.
///
/// # Errors
/// [`Failure`].
pub fn login(app: &App, args: &Login) -> Result<Exit, Failure> {
    let key = keys::read(app, &args.key)?;
    let session = Session::new(app, &args.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let token = client.login(&args.account, &key).await?;
        let address = &client.market().address;
        let account = &args.account;
        let line =
            json!({"market": address.as_str(), "account": account, "expires": token.expires});
        tell(
            app,
            &line,
            &format!("You are `{account}` at {address} until {}.", token.expires),
        )
    })
}

/// Claims or lists namespaces.
///
/// # Errors
/// [`Failure`].
pub fn namespace(app: &App, args: &Namespaces) -> Result<Exit, Failure> {
    match &args.action {
        NamespaceAction::Claim {
            namespace,
            method,
            key,
            place,
        } => claim(app, namespace, *method, key, place),
        NamespaceAction::List { place } => list(app, place),
        NamespaceAction::Key(args) => namespace_key::run(app, args),
        NamespaceAction::Publisher(args) => trusted::run(app, args),
        NamespaceAction::Member(args) => members::run(app, args),
        NamespaceAction::Rule(args) => members::rule(app, args),
        NamespaceAction::Approve(args) => approve::run(app, args),
        NamespaceAction::Cosign(args) => cosigned::run(app, args),
    }
}

fn claim(
    app: &App,
    namespace: &Namespace,
    method: Method,
    key: &KeyFile,
    place: &Place,
) -> Result<Exit, Failure> {
    let key = keys::read(app, key)?;
    let session = Session::new(app, place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let token = session.token(&client).await?.token;
        let method = match method {
            Method::Dns => ProofMethod::Dns,
            Method::Https => ProofMethod::Https,
        };
        let to_prove = client.claim(namespace, method, &token).await?;
        match client.prove(namespace, key.public(), &token).await {
            Ok(_) => {}
            // Only a proof that is missing is helped by publishing it: a name that is somebody else's is not.
            Err(ClientError::Refused(fault)) if fault.message.contains(&to_prove.proof) => {
                let (place, proof) = (&to_prove.place, &to_prove.proof);
                let hint = format!(
                    "Publish this line at {place}, then claim the namespace again:\n{proof}"
                );
                return Err(Fault::new(fault.code, fault.message.clone())
                    .with_hint(hint)
                    .into());
            }
            Err(error) => return Err(error.into()),
        }
        let hint = key.public().hint();
        let line = json!({"namespace": namespace, "key": hint});
        tell(
            app,
            &line,
            &format!("{namespace} is yours; its key is {hint}."),
        )
    })
}

fn list(app: &App, place: &Place) -> Result<Exit, Failure> {
    let session = Session::new(app, place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let token = session.token(&client).await?.token;
        let told = client.namespaces(&token).await?;
        let namespaces = told.get("namespaces").unwrap_or(&told);
        if app.printer.format == Format::Json {
            return show(app, namespaces, "");
        }
        let rows: Vec<Value> = namespaces
            .as_array()
            .into_iter()
            .flatten()
            .map(row)
            .collect();
        show(app, &json!(rows), "There are no namespaces.")
    })
}

/// A namespace on one line.
fn row(namespace: &Value) -> Value {
    let keys = namespace["keys"].as_array().into_iter().flatten();
    let keys: Vec<&str> = keys.filter_map(|key| key["hint"].as_str()).collect();
    let members = namespace["members"].as_object().into_iter().flatten();
    let members =
        members.map(|(account, role)| format!("{account} ({})", role.as_str().unwrap_or("")));
    let members: Vec<String> = members.collect();
    json!({
        "name": namespace["name"],
        "proven": namespace["proof"]["place"],
        "frozen": namespace["frozen"],
        "checked": checked(namespace),
        "members": members.join(" "),
        "two-person": namespace["two-person"],
        "keys": keys.join(" "),
    })
}

/// When its proof was looked for last, and what that came to; a market that takes every namespace looks for none.
fn checked(namespace: &Value) -> Option<String> {
    let look: Look = serde_json::from_value(namespace["checked"].clone()).ok()?;
    let lost = look.lost_from().filter(|_| namespace["frozen"].is_null());
    Some(match lost {
        Some(lost) => format!("{look}: publish it again, or it is frozen from {lost} on"),
        None => look.to_string(),
    })
}

/// Takes a version back, or takes that back.
///
/// # Errors
/// [`Failure`].
pub fn yank(app: &App, args: &Yank, is_yank: bool) -> Result<Exit, Failure> {
    let (name, version) = &args.version;
    let session = Session::new(app, &args.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market_of(name).await?;
        let token = session.token(&client).await?.token;
        client
            .yank(name, version, is_yank, &args.why, &token)
            .await?;
        let line = json!({"name": name, "version": version, "yanked": is_yank});
        let words = match is_yank {
            true => {
                format!("{name} {version} is yanked: nobody begins to use it; who has it keeps it.")
            }
            false => format!("{name} {version} can be installed again."),
        };
        tell(app, &line, &words)
    })
}

/// Revokes versions or a file.
///
/// # Errors
/// [`Failure`].
pub fn revoke(app: &App, args: &Revoke) -> Result<Exit, Failure> {
    let session = Session::new(app, &args.place)?;
    let target = target(&args.what)?;
    session_question(&session, &target)?;
    commands::runtime()?.block_on(async {
        let client = market(&session, &target).await?;
        let token = session.token(&client).await?.token;
        client.revoke(&target, &args.why, &token).await?;
        let line = json!({"revoked": target});
        tell(
            app,
            &line,
            &format!("Revoked: {target}. Hosts stop it within a minute."),
        )
    })
}

fn session_question(session: &Session<'_>, target: &Target) -> Result<(), Failure> {
    let question =
        format!("This stops {target} on every host, for ever written in the log. Do it?");
    session.ask(&question, "--yes")
}

async fn market(session: &Session<'_>, target: &Target) -> Result<Client, Failure> {
    match target {
        Target::Versions { name, .. } => session.market_of(name).await,
        _ => session.market().await,
    }
}

fn target(what: &str) -> Result<Target, Failure> {
    if let Ok(digest) = what.parse::<Digest>() {
        return Ok(Target::Digest { digest });
    }
    let wrong = |why: &str| {
        Failure::usage(
            sentence(why),
            "Write `com.acme/salesforce@<1.2.4`, or the digest of a file.",
        )
    };
    let requirement: Requirement = what
        .parse()
        .map_err(|error: metier_market::index::InvalidRequirement| wrong(&error.to_string()))?;
    let range = requirement.versions.to_string();
    let versions = range.parse();
    Ok(Target::Versions {
        name: requirement.name,
        versions: versions
            .map_err(|error: metier_market::revoked::RangeError| wrong(&error.to_string()))?,
    })
}

/// One object for programs, a sentence for people.
pub fn tell(app: &App, line: &Value, words: &str) -> Result<Exit, Failure> {
    match app.printer.format {
        Format::Json => app.print(&format!("{line}\n"))?,
        Format::Human => app.printer.note(words),
    }
    Ok(Exit::Ok)
}

/// A list, as every command shows them.
pub fn show(app: &App, list: &Value, none: &str) -> Result<Exit, Failure> {
    let text = list.to_string();
    if app.printer.format == Format::Json {
        app.print(&format!("{text}\n"))?;
        return Ok(Exit::Ok);
    }
    if list.as_array().is_none_or(Vec::is_empty) {
        app.printer.note(none);
        return Ok(Exit::Ok);
    }
    let json = Json::parse(&text).map_err(|_| {
        Failure::from(Fault::new(
            Code::UpstreamInvalidAnswer,
            "The market's answer is no list.",
        ))
    })?;
    let drawn = render::draw(&render::view(json), &app.printer.terminal.stdout);
    app.print(&drawn)?;
    Ok(Exit::Ok)
}
