//! `metier namespace key`: lists, adds, ends and recovers the keys of a namespace.

use std::path::Path;

use metier_core::{Code, Fault};
use metier_market::{
    client::{Client, ClientError, ToProve},
    keeper::{acts::Said, proof::Shows},
    state::{KeyChange, KeyEnding, Member, Namespace, ProofMethod},
    trust::{KeyHint, KeyPair, PublicKey, Publisher, SigningKey},
};
use serde_json::{Value, json};

use super::{
    account::{show, tell},
    cosigned::{self, Statement},
    keys,
    session::Session,
};
use crate::{
    args::{
        market_client::{KeyFile, Method, Place},
        members::Signs,
        namespace_key::{End, NamespaceKeyAction, NamespaceKeys},
    },
    commands::{self, App},
    errors::Failure,
    exit::Exit,
    given, text,
};

/// Largest key file, in bytes.
const MAX_KEY: u64 = 16 << 10;

/// Does what was asked.
///
/// # Errors
/// [`Failure`].
pub fn run(app: &App, args: &NamespaceKeys) -> Result<Exit, Failure> {
    match &args.action {
        NamespaceKeyAction::List { namespace, place } => list(app, namespace, place),
        NamespaceKeyAction::Add {
            namespace,
            new_key,
            signs,
        } => add(app, namespace, new_key, signs),
        NamespaceKeyAction::End(args) => end(app, args),
        NamespaceKeyAction::Recover {
            namespace,
            new_key,
            method,
            place,
        } => recover(app, namespace, new_key, *method, place),
    }
}

fn list(app: &App, namespace: &Namespace, place: &Place) -> Result<Exit, Failure> {
    let session = Session::new(app, place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let token = session.token(&client).await?.token;
        let rows: Vec<Value> = of(&client, namespace, &token)
            .await?
            .iter()
            .map(row)
            .collect();
        show(app, &json!(rows), "It has no keys.")
    })
}

/// A key on one line.
fn row(key: &Value) -> Value {
    let since = key["compromised"].as_str();
    let stands = match (since, key["until"].is_null(), key["recovered"] == true) {
        (Some(since), ..) => format!("compromised since {since}"),
        (None, false, _) => "ends".to_owned(),
        (None, true, true) => "good; no earlier key vouches for it".to_owned(),
        (None, true, false) => "good".to_owned(),
    };
    json!({
        "key": key["hint"],
        "of": key["account"],
        "from": key["from"],
        "until": key["until"],
        "stands": stands,
    })
}

/// The keys of a namespace that is the account's.
async fn of(client: &Client, namespace: &Namespace, token: &str) -> Result<Vec<Value>, Failure> {
    let told = details(client, namespace, token).await?;
    Ok(told["keys"].as_array().cloned().unwrap_or_default())
}

fn add(app: &App, namespace: &Namespace, new_key: &Path, signs: &Signs) -> Result<Exit, Failure> {
    let new = public(app, new_key)?;
    let session = Session::new(app, &signs.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let change = Statement::Key(KeyChange {
            member: own(&session, &client, namespace).await?,
            ..change(namespace, &new)
        });
        cosigned::say(&session, &client, change, signs).await
    })
}

/// Whose a further key is: the account's that is logged in, unless it claimed the namespace, whose keys name nobody.
async fn own(
    session: &Session<'_>,
    client: &Client,
    namespace: &Namespace,
) -> Result<Option<Member>, Failure> {
    let token = session.token(client).await?;
    let told = details(client, namespace, &token.token).await?;
    let Some(account) = token.account else {
        return Ok(None);
    };
    let role = told["members"][account.as_str()].as_str();
    let role = role.and_then(|role| role.parse().ok());
    Ok(role
        .filter(|_| told["owner"] != account.as_str())
        .map(|role| Member { account, role }))
}

/// What the market tells of a namespace that the account belongs to.
pub async fn details(
    client: &Client,
    namespace: &Namespace,
    token: &str,
) -> Result<Value, Failure> {
    let told = client.namespaces(token).await?;
    let mut all = told["namespaces"].as_array().into_iter().flatten();
    let found = all.find(|found| found["name"] == namespace.as_str());
    found.cloned().ok_or_else(|| {
        let message = format!("The namespace `{namespace}` is not your account's.");
        Fault::new(Code::NotFound, message)
            .with_hint("`metier namespace list` shows those that are.")
            .into()
    })
}

fn end(app: &App, args: &End) -> Result<Exit, Failure> {
    let End {
        namespace, since, ..
    } = args;
    let ending = KeyEnding {
        namespace: namespace.clone(),
        key: which(app, &args.ended)?,
        from: None,
        since: *since,
    };
    let signature = match args.lost {
        true => None,
        false => {
            let signer = SigningKey::<Publisher>::new(signer(app, &args.key)?);
            Some(ending.signature(&signer).map_err(ClientError::from)?)
        }
    };
    let session = Session::new(app, &args.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let token = session.token(&client).await?.token;
        let keys = of(&client, namespace, &token).await?;
        session.ask(&question(&ending, &keys), "--yes")?;
        let ended = match &signature {
            Some(_) => client.end_key(&ending, signature.as_ref(), &token).await,
            None => {
                let KeyEnding { key, since, .. } = ending;
                let shows = Shows::End { key, since };
                let terms = client.terms(namespace, method(args.method), shows, &token);
                let to_prove = terms.await?;
                let ended = client.end_key(&ending, None, &token).await;
                ended.map_err(|error| to_publish(error, &to_prove))
            }
        };
        ended.map_err(explained)?;
        let line = json!({"namespace": namespace, "ended": ending.key, "compromised-since": since});
        let words = match since {
            None => format!(
                "The key {} signs nothing more for {namespace}; what it signed stays good.",
                ending.key
            ),
            Some(since) => format!(
                "The key {} signs nothing more for {namespace}. What it signed since {since} is void: it is installed no more, and hosts stop it within a minute.",
                ending.key
            ),
        };
        tell(app, &line, &words)
    })
}

/// What cannot be undone is said before.
fn question(ending: &KeyEnding, keys: &[Value]) -> String {
    let KeyEnding {
        namespace,
        key,
        since,
        ..
    } = ending;
    let hint = key.to_string();
    let mut left = keys.iter();
    let is_last = !left.any(|other| other["hint"] != hint.as_str() && other["until"].is_null());
    let mut question = format!("This ends the key {key} of {namespace} for ever.");
    if let Some(since) = since {
        question.push_str(&format!(
            " What it signed since {since} is void, and further keys it signed for are too."
        ));
    }
    if is_last {
        question.push_str(
            " It is the last one: another is taken 72 hours later, by proving the domain.",
        );
    }
    question.push_str(" Do it?");
    question
}

fn recover(
    app: &App,
    namespace: &Namespace,
    new_key: &Path,
    by: Method,
    place: &Place,
) -> Result<Exit, Failure> {
    let new = public(app, new_key)?;
    let (hint, change) = (new.hint(), change(namespace, &new));
    let session = Session::new(app, place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let token = session.token(&client).await?.token;
        let shows = Shows::Recover { key: hint };
        let to_prove = client.terms(namespace, method(by), shows, &token).await?;
        let added = client.add_key(&change, &Said::default(), &token).await;
        added.map_err(|error| explained(to_publish(error, &to_prove)))?;
        let line = json!({"namespace": namespace, "key": hint, "recovered": true});
        tell(
            app,
            &line,
            &format!("{namespace} has the key {hint}. No earlier key vouches for it, and everybody who knew one is told: tell them too, by another way."),
        )
    })
}

/// A change from the leaf on, for ever.
fn change(namespace: &Namespace, key: &PublicKey) -> KeyChange {
    KeyChange {
        namespace: namespace.clone(),
        key: key.clone(),
        from: None,
        until: None,
        member: None,
    }
}

/// What the market said, with what to publish where it was not found.
pub fn to_publish(error: ClientError, to_prove: &ToProve) -> ClientError {
    match error {
        ClientError::Refused(fault) if fault.code == Code::Forbidden => {
            let ToProve { place, proof } = to_prove;
            let hint = format!(
                "Publish this at {place}, beside what is there, then run it again:\n{proof}"
            );
            let fault = Fault::new(fault.code, fault.message.clone()).with_hint(hint);
            ClientError::Refused(Box::new(fault))
        }
        other => other,
    }
}

/// What the market said, with what to do about it.
fn explained(error: ClientError) -> Failure {
    match error {
        ClientError::Refused(fault) if fault.code == Code::Conflict => {
            Fault::new(fault.code, fault.message.clone())
                .with_hint("`metier namespace key list` shows its keys. One that is lost is ended with `end --lost`; 72 hours after the last one ended, `recover` adds another.")
                .into()
        }
        other => other.into(),
    }
}

pub fn method(method: Method) -> ProofMethod {
    match method {
        Method::Dns => ProofMethod::Dns,
        Method::Https => ProofMethod::Https,
    }
}

/// The key that signs; whoever has none is told of the other way.
pub fn signer(app: &App, key: &KeyFile) -> Result<KeyPair, Failure> {
    keys::read(app, key).map_err(|failure| match failure.fault.code {
        Code::CredentialMissing => Fault::new(failure.fault.code, failure.fault.message)
            .with_hint("Name a file with a key of the namespace with --key. If none is left, --lost proves the domain instead.")
            .into(),
        _ => failure,
    })
}

/// A key by its hint, or by its file.
fn which(app: &App, told: &str) -> Result<KeyHint, Failure> {
    if let Ok(hint) = told.parse() {
        return Ok(hint);
    }
    let path = Path::new(told);
    if !path.is_file() {
        let told = text::one_line(told);
        return Err(Failure::usage(
            format!("`{told}` is no key, and no file with one."),
            "`metier namespace key list` shows keys as they are written here.",
        ));
    }
    Ok(public(app, path)?.hint())
}

/// The public key in a file, of somebody else's, or of one's own.
pub fn public(app: &App, path: &Path) -> Result<PublicKey, Failure> {
    let pem = given::file(path, "The key", MAX_KEY)?;
    if let Ok(key) = PublicKey::from_pem(&pem) {
        return Ok(key);
    }
    let key = Some(path.to_owned());
    let pair = keys::read(app, &KeyFile { key })?;
    Ok(pair.public().clone())
}
