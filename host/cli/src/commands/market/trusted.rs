//! `metier namespace publisher`, and what a run of a CI service is let in with.

use metier_core::{Code, Fault};
use metier_market::{
    client::{Client, ClientError, LetIn, id_token},
    keeper::proof::Shows,
    state::{Namespace, PublisherEnding, TrustedPublisher, Word},
    trust::{Algorithm, KeyPair, PublicKey, Publisher, SigningKey},
};
use serde_json::{Value, json};

use super::{
    account::{show, tell},
    cosigned::{self, Statement},
    namespace_key::{details, method, signer, to_publish},
    session::{Session, now},
};
use crate::{
    args::{
        market_client::Place,
        trusted::{PublisherAction, PublisherAdd, PublisherEnd, Publishers},
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
        PublisherAction::End(args) => end(app, args),
    }
}

fn add(app: &App, args: &PublisherAdd) -> Result<Exit, Failure> {
    let change = trusted(args)?.of(args.namespace.clone());
    let session = Session::new(app, &args.signs.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let change = Statement::Publisher(change);
        cosigned::say(&session, &client, change, &args.signs).await
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
        let owner = args.owner_id.unwrap_or_default().to_string();
        claims.push((word("repository".into())?, word(repository.clone())?));
        claims.push((word("repository_owner_id".into())?, word(owner)?));
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
        let token = session.token(&client).await?.token;
        let publishers = of(&client, namespace, &token).await?;
        let nobody = format!("{namespace} trusts nobody.");
        if app.printer.format == Format::Json {
            return show(app, &json!(publishers), &nobody);
        }
        let rows: Vec<Value> = publishers.iter().map(row).collect();
        show(app, &json!(rows), &nobody)
    })
}

/// Whom a namespace of the account trusts, or did.
async fn of(client: &Client, namespace: &Namespace, token: &str) -> Result<Vec<Value>, Failure> {
    let told = details(client, namespace, token).await?;
    Ok(told["publishers"].as_array().cloned().unwrap_or_default())
}

/// A trusted publisher on one line.
fn row(told: &Value) -> Value {
    let publisher = &told["publisher"];
    let claims = publisher["claims"].as_object().into_iter().flatten();
    let claims = claims.map(|(name, wanted)| format!("{name}={}", wanted.as_str().unwrap_or("")));
    let claims: Vec<String> = claims.collect();
    let skills = publisher["skills"].as_array().into_iter().flatten();
    let skills: Vec<&str> = skills.filter_map(Value::as_str).collect();
    let stands = match (told["compromised"].as_str(), told["until"].is_null()) {
        (Some(since), _) => format!("compromised since {since}"),
        (None, false) => "ended".to_owned(),
        (None, true) => "good".to_owned(),
    };
    json!({
        "id": told["id"],
        "issuer": publisher["issuer"],
        "claims": claims.join(" "),
        "skills": skills.join(" "),
        "stands": stands,
    })
}

fn end(app: &App, args: &PublisherEnd) -> Result<Exit, Failure> {
    let ending = PublisherEnding {
        namespace: args.namespace.clone(),
        publisher: args.publisher,
        since: args.since,
    };
    let signature = match args.lost {
        true => None,
        false => {
            let key = SigningKey::<Publisher>::new(signer(app, &args.key)?);
            Some(ending.signature(&key).map_err(ClientError::from)?)
        }
    };
    let session = Session::new(app, &args.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let token = session.token(&client).await?.token;
        session.ask(&question(&ending), "--yes")?;
        let ended = match &signature {
            Some(signature) => client.end_publisher(&ending, Some(signature), &token).await,
            None => {
                let PublisherEnding { namespace, publisher, since } = &ending;
                let shows = Shows::EndPublisher { publisher: *publisher, since: *since };
                let terms = client.terms(namespace, method(args.method), shows, &token);
                let to_prove = terms.await?;
                let ended = client.end_publisher(&ending, None, &token).await;
                ended.map_err(|error| to_publish(error, &to_prove))
            }
        };
        ended?;
        let PublisherEnding { namespace, publisher, since } = &ending;
        let line = json!({"namespace": namespace, "ended": publisher, "compromised-since": since});
        let words = match since {
            None => format!("{namespace} trusts it no more: {publisher}. What its runs published stays good."),
            Some(since) => format!("{namespace} trusts it no more: {publisher}. What its runs published since {since} is void: it is installed no more, and hosts stop it within a minute."),
        };
        tell(app, &line, &words)
    })
}

/// What cannot be undone is said before.
fn question(ending: &PublisherEnding) -> String {
    let PublisherEnding {
        namespace,
        publisher,
        since,
    } = ending;
    let mut question = format!("Runs of {publisher} publish nothing more in {namespace}.");
    if let Some(since) = since {
        question.push_str(&format!(" What they published since {since} is void."));
    }
    question.push_str(" Do it?");
    question
}

/// A key that nobody has before or after this run.
///
/// # Errors
/// [`Failure`].
pub fn key() -> Result<KeyPair, Failure> {
    let pair = KeyPair::generate(Algorithm::EcdsaP256);
    Ok(pair.map_err(ClientError::from)?)
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
            id_token(&url, &bearer, &client.audience(Some(key.hint()))).await?
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
