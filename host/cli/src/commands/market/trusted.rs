//! `metier namespace publisher`, and what a run of a CI service is let in with.

use metier_core::{Code, Digest, Fault};
use metier_market::{
    client::{Client, LetIn, id_token},
    fixtures::Moment,
    state::{Namespace, PublisherEnded, TrustedPublisher, Word},
    trust::{Algorithm, KeyPair, PublicKey, Publisher, SigningKey},
};
use serde_json::{Value, json};

use super::{
    account::{show, tell},
    keys,
    session::{Session, now},
};
use crate::{
    args::{
        market_client::{KeyFile, Place},
        trusted::{PublisherAction, PublisherAdd, Publishers},
    },
    commands::{self, App},
    environment,
    errors::{Failure, sentence},
    exit::Exit,
    printer::Format,
};

/// Who issues the ID tokens of GitHub's workflows.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// Trusts runs, lists them, or trusts them no more.
///
/// # Errors
/// [`Failure`].
pub fn run(app: &App, args: &Publishers) -> Result<Exit, Failure> {
    match &args.action {
        PublisherAction::Add(args) => add(app, args),
        PublisherAction::List { namespace, place } => list(app, namespace, place),
        PublisherAction::Remove {
            namespace,
            publisher,
            since,
            key,
            place,
        } => remove(app, (namespace, *publisher, *since), key, place),
    }
}

fn add(app: &App, args: &PublisherAdd) -> Result<Exit, Failure> {
    let key = SigningKey::<Publisher>::new(keys::read(app, &args.key)?);
    let trusted = trusted(args)?;
    let namespace = &args.namespace;
    let id = trusted.id(namespace);
    let added = trusted.sign(namespace.clone(), &key);
    let added = added.map_err(|error| unsigned(&error.to_string()))?;
    let session = Session::new(app, &args.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let token = session.token(&client)?.token;
        client.add_publisher(&added, &token).await?;
        let line = json!({"namespace": namespace, "publisher": id, "audience": client.audience()});
        let words = format!(
            "{namespace} trusts it: {id}. Its runs publish with `metier publish --from-ci`; their ID tokens are for {}.",
            client.audience()
        );
        tell(app, &line, &words)
    })
}

/// What the words on the command line mean.
fn trusted(args: &PublisherAdd) -> Result<TrustedPublisher, Failure> {
    let word = |text: String| -> Result<Word, Failure> {
        text.parse()
            .map_err(|error: metier_market::state::InvalidReason| {
                Failure::usage(sentence(&error.to_string()), "Write it on one line.")
            })
    };
    let mut claims = args.claim.clone();
    if let Some(repository) = &args.github {
        let workflow = args.workflow.as_deref().unwrap_or_default();
        let place = format!("{repository}/.github/workflows/{workflow}@*");
        claims.push((word("repository".into())?, word(repository.clone())?));
        claims.push((word("workflow_ref".into())?, word(place)?));
        if let Some(environment) = &args.environment {
            claims.push((word("environment".into())?, word(environment.clone())?));
        }
    }
    let issuer = match &args.issuer {
        Some(issuer) => issuer.clone(),
        None => word(GITHUB.to_owned())?,
    };
    let trusted = TrustedPublisher {
        issuer,
        claims: claims.into_iter().collect(),
        skills: args.skills.iter().cloned().collect(),
        from: now(),
    };
    let checked = trusted.check(&args.namespace);
    checked.map_err(|error| {
        Failure::usage(
            sentence(&error.to_string()),
            "`metier namespace publisher --help` has examples.",
        )
    })?;
    Ok(trusted)
}

fn list(app: &App, namespace: &Namespace, place: &Place) -> Result<Exit, Failure> {
    let session = Session::new(app, place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let token = session.token(&client)?.token;
        let told = client.namespaces(&token).await?;
        let all = told["namespaces"].as_array().into_iter().flatten();
        let mut all = all.filter(|told| told["name"] == json!(namespace));
        let publishers = all.next().map(|told| told["publishers"].clone());
        let publishers = publishers.ok_or_else(|| {
            let message = format!("The namespace `{namespace}` is none of your account.");
            Failure::from(
                Fault::new(Code::NotFound, message)
                    .with_hint("`metier namespace list` shows those that are."),
            )
        })?;
        if app.printer.format == Format::Json {
            return show(app, &publishers, "");
        }
        let rows = publishers.as_array().into_iter().flatten().map(row);
        let rows: Vec<Value> = rows.collect();
        show(app, &json!(rows), &format!("{namespace} trusts nobody."))
    })
}

/// A trusted publisher on one line.
fn row(told: &Value) -> Value {
    let publisher = &told["publisher"];
    let claims = publisher["claims"].as_object().into_iter().flatten();
    let claims = claims.map(|(name, wanted)| format!("{name}={}", wanted.as_str().unwrap_or("")));
    let claims: Vec<String> = claims.collect();
    let skills = publisher["skills"].as_array().into_iter().flatten();
    let skills: Vec<&str> = skills.filter_map(Value::as_str).collect();
    json!({
        "id": told["id"],
        "issuer": publisher["issuer"],
        "claims": claims.join(" "),
        "skills": skills.join(" "),
        "until": told["until"],
    })
}

fn remove(
    app: &App,
    (namespace, id, since): (&Namespace, Digest, Option<Moment>),
    key: &KeyFile,
    place: &Place,
) -> Result<Exit, Failure> {
    let key = SigningKey::<Publisher>::new(keys::read(app, key)?);
    let ended = PublisherEnded::signed(namespace.clone(), id, since, &key);
    let ended = ended.map_err(|error| unsigned(&error.to_string()))?;
    let session = Session::new(app, place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let token = session.token(&client)?.token;
        client.end_publisher(&ended, &token).await?;
        let line = json!({"namespace": namespace, "removed": id});
        tell(app, &line, &format!("{namespace} trusts it no more: {id}."))
    })
}

fn unsigned(why: &str) -> Failure {
    Fault::new(Code::HostInternal, sentence(why)).into()
}

/// A key that nobody has before or after this run.
///
/// # Errors
/// [`Failure`].
pub fn key() -> Result<KeyPair, Failure> {
    let pair = KeyPair::generate(Algorithm::EcdsaP256);
    pair.map_err(|error| unsigned(&error.to_string()))
}

/// Lets the run in that this is.
///
/// # Errors
/// When it has no ID token, or nobody trusts it.
pub async fn let_in(
    app: &App,
    client: &Client,
    namespace: &Namespace,
    key: &PublicKey,
) -> Result<LetIn, Failure> {
    let named = |variable| app.environment.text(variable);
    let token = match named(environment::ID_TOKEN) {
        Some(token) => token,
        None => {
            let url = named(environment::GITHUB_ID_TOKEN_URL);
            let bearer = named(environment::GITHUB_ID_TOKEN_BEARER);
            let (url, bearer) = url.zip(bearer).ok_or_else(no_id_token)?;
            id_token(&url, &bearer, &client.audience()).await?
        }
    };
    Ok(client.exchange(token, namespace, key).await?)
}

fn no_id_token() -> Failure {
    let message = "There is no ID token here: this is no run of a CI service that gives one.";
    let hint = "In a GitHub workflow, give the job `permissions: {id-token: write}`. On GitLab, give it `id_tokens: {METIER_ID_TOKEN: {aud: MARKET}}`. Elsewhere, put one into METIER_ID_TOKEN.";
    Fault::new(Code::CredentialMissing, message)
        .with_hint(hint)
        .into()
}
