//! Getting in: challenges, tokens, namespaces and their keys.
//!
//! | request | what comes of it |
//! |---|---|
//! | `POST /api/v1/market/challenges` | `{challenge, expires}` |
//! | `POST /api/v1/market/tokens` `{account, key, challenge, signature}` | `{token, expires}` |
//! | `POST /api/v1/market/namespaces` `{name, method, shows}` | `{proof, where}`; needs a token, as all below. `shows` is what the line is for: `"claim"`, `{"recover": {key}}`, `{"end": {key, since}}`, `{"end-publisher": {publisher, since}}` |
//! | `GET /api/v1/market/namespaces` | those that are the caller's, with their keys, and when their proofs were looked for last |
//! | `PUT /api/v1/market/namespaces/NAME` `{key}` | `201 {leaf, at}` |
//! | `POST /api/v1/market/namespaces/NAME/keys` `{key, from, until, signature}` | `201 {leaf, at}`; without a signature the domain is looked at |
//! | `POST /api/v1/market/namespaces/NAME/key-ends` `{key, from, since, signature}` | `201 {leaf, at}`; the same |

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{post, put},
};
use metier_market::{
    keeper::{ledger::Appended, login::Login, proof::Shows},
    state::{KeyChange, KeyEnding, LeafSignature, Namespace, Owned, ProofMethod},
    trust::PublicKey,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    MarketApp,
    body::Body,
    failure::{NotDone, not_let_in, not_there},
    source::From,
    trade::to_its_end,
    who::Caller,
};
use crate::problem::Problem;

/// All routes.
pub fn router() -> Router<Arc<MarketApp>> {
    Router::new()
        .route("/api/v1/market/challenges", post(challenge))
        .route("/api/v1/market/tokens", post(token))
        .route("/api/v1/market/namespaces", post(terms).get(theirs))
        .route("/api/v1/market/namespaces/{name}", put(claim))
        .route("/api/v1/market/namespaces/{name}/keys", post(add_key))
        .route("/api/v1/market/namespaces/{name}/key-ends", post(end_key))
}

async fn challenge(
    State(app): State<Arc<MarketApp>>,
    From(source): From,
) -> Result<Response, Problem> {
    let challenge = app.market.challenge(source);
    let challenge = challenge.map_err(|error| not_let_in(&error))?;
    Ok(Json(challenge).into_response())
}

async fn token(
    State(app): State<Arc<MarketApp>>,
    From(source): From,
    Body(login): Body<Login>,
) -> Result<Response, Problem> {
    let token = app.market.login(&login, source).await;
    let token = token.map_err(|error| not_let_in(&error))?;
    Ok(Json(token).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: Namespace,
    method: ProofMethod,
    #[serde(default)]
    shows: Shows,
}

async fn terms(
    State(app): State<Arc<MarketApp>>,
    caller: Caller,
    Body(wanted): Body<Wanted>,
) -> Result<Response, NotDone> {
    let Wanted {
        name,
        method,
        shows,
    } = wanted;
    let terms = app.market.terms(&caller.account, &name, method, shows)?;
    Ok(Json(terms).into_response())
}

async fn theirs(State(app): State<Arc<MarketApp>>, caller: Caller) -> Response {
    let namespaces: Vec<(Namespace, Value)> = app.market.state(|state| {
        let theirs = state.namespaces();
        let theirs = theirs.filter(|(_, owned)| owned.owner == caller.account);
        theirs
            .map(|(name, owned)| (name.clone(), told(name, owned)))
            .collect()
    });
    let namespaces: Vec<Value> = namespaces
        .into_iter()
        .map(|(name, mut told)| {
            told["checked"] = json!(app.market.last_look(&name));
            told
        })
        .collect();
    Json(json!({"namespaces": namespaces})).into_response()
}

fn told(name: &Namespace, owned: &Owned) -> Value {
    let keys = owned.keys.iter().map(|key| {
        let record = &key.record;
        json!({
            "key": record.key.public(),
            "hint": record.key.hint(),
            "from": record.from,
            "until": record.end(),
            "compromised": record.compromised,
            "recovered": key.recovered,
        })
    });
    let keys: Vec<Value> = keys.collect();
    let publishers = owned.publishers.iter().map(|known| {
        json!({
            "id": known.id,
            "publisher": known.publisher,
            "since": known.at,
            "until": known.ended,
            "compromised": known.compromised,
        })
    });
    let publishers: Vec<Value> = publishers.collect();
    json!({"name": name, "proof": owned.proof, "frozen": owned.frozen, "keys": keys, "publishers": publishers})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    key: PublicKey,
}

async fn claim(
    State(app): State<Arc<MarketApp>>,
    Path(name): Path<String>,
    caller: Caller,
    Body(first): Body<First>,
) -> Result<Response, NotDone> {
    let name = namespace(&name)?;
    let appended = app.market.claim(&caller.account, name, first.key).await?;
    Ok(created(&appended))
}

async fn add_key(
    State(app): State<Arc<MarketApp>>,
    Path(name): Path<String>,
    caller: Caller,
    Body(body): Body<Value>,
) -> Result<Response, NotDone> {
    let (change, signature): (KeyChange, _) = about(&namespace(&name)?, body)?;
    let appended = to_its_end(async move {
        let added = app.market.add_key(&caller.account, change, signature);
        Ok(added.await?)
    });
    let appended = appended.await?;
    Ok(created(&appended))
}

async fn end_key(
    State(app): State<Arc<MarketApp>>,
    Path(name): Path<String>,
    caller: Caller,
    Body(body): Body<Value>,
) -> Result<Response, NotDone> {
    let (ending, signature): (KeyEnding, _) = about(&namespace(&name)?, body)?;
    let appended = to_its_end(async move {
        let ended = app.market.end_key(&caller.account, ending, signature);
        Ok(ended.await?)
    });
    let appended = appended.await?;
    Ok(created(&appended))
}

/// The namespace of a path.
pub fn namespace(name: &str) -> Result<Namespace, Problem> {
    let parsed = name.parse();
    parsed.map_err(|_| not_there("There is no such namespace, and there can be none."))
}

/// A statement about the namespace of the path, which it may name itself as well, and the signature of a key on it, if there is one.
pub fn about<T: DeserializeOwned>(
    namespace: &Namespace,
    mut body: Value,
) -> Result<(T, Option<LeafSignature>), Problem> {
    let wrong = |why: &str| {
        let message = format!("The body cannot be read: {why}.");
        Problem::unreadable(
            StatusCode::BAD_REQUEST,
            message,
            "Decision 0025 says what a leaf carries.",
        )
    };
    let members = body
        .as_object_mut()
        .ok_or_else(|| wrong("it is no object"))?;
    let named = members
        .entry("namespace")
        .or_insert_with(|| json!(namespace));
    if *named != json!(namespace) {
        return Err(wrong("it is about another namespace than the path"));
    }
    let signature = members.remove("signature").unwrap_or_default();
    let unread = |error: serde_json::Error| wrong(&metier_core::ids::shown(&error.to_string()));
    let signature = serde_json::from_value(signature).map_err(unread)?;
    Ok((serde_json::from_value(body).map_err(unread)?, signature))
}

/// A leaf that is there now.
pub fn created(appended: &Appended) -> Response {
    let told = json!({"leaf": appended.leaf, "at": appended.at});
    (StatusCode::CREATED, Json(told)).into_response()
}
