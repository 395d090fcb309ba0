//! Getting in: challenges, tokens, namespaces and their keys.
//!
//! | request | what comes of it |
//! |---|---|
//! | `POST /api/v1/market/challenges` | `{challenge, expires}` |
//! | `POST /api/v1/market/tokens` `{account, key, challenge, signature}` | `{token, expires}` |
//! | `POST /api/v1/market/namespaces` `{name, method, shows}` | `{proof, where}`; needs a token, as all below. `shows` is what the line is for: `"claim"`, `{"recover": {key}}`, `{"end": {key, since}}`, `{"end-publisher": {publisher, since}}` |
//! | `GET /api/v1/market/namespaces` | those the caller is a member of, with their keys, members and rule, and when their proofs were looked for last |
//! | `PUT /api/v1/market/namespaces/NAME` `{key}` | `201 {leaf, at}` |
//! | `POST /api/v1/market/namespaces/NAME/keys` `{key, from, until, member, signature, second}` | `201 {leaf, at}`; without a signature the domain is looked at; `member` is `{account, role}` |
//! | `POST /api/v1/market/namespaces/NAME/key-ends` `{key, from, since, signature}` | `201 {leaf, at}`; the same |
//! | `POST /api/v1/market/namespaces/NAME/members` `{account, role, after, signature, second}` | `201 {leaf, at}`; without a role the member is removed |
//! | `POST /api/v1/market/namespaces/NAME/rules` `{two-person, after, signature, second}` | `201 {leaf, at}` |

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{post, put},
};
use metier_market::{
    keeper::{acts::Said, ledger::Appended, login::Login, proof::Shows},
    state::{
        KeyChange, KeyEnding, LeafSignature, MemberChange, Namespace, Owned, ProofMethod,
        RuleChange,
    },
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
        .route("/api/v1/market/namespaces/{name}/members", post(member))
        .route("/api/v1/market/namespaces/{name}/rules", post(rule))
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
        let theirs = theirs.filter(|(_, owned)| {
            owned.owner == caller.account || owned.members.contains_key(&caller.account)
        });
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
            "account": key.account,
            "role": owned.role_of(key),
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
    json!({
        "name": name,
        "owner": owned.owner,
        "proof": owned.proof,
        "frozen": owned.frozen,
        "keys": keys,
        "members": owned.members,
        "two-person": owned.two_person,
        "changes": owned.changes,
        "publishers": publishers,
    })
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
    let (change, said): (KeyChange, _) = about(&namespace(&name)?, body)?;
    let appended = to_its_end(async move {
        let added = app.market.add_key(&caller.account, change, said);
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
    let (ending, said): (KeyEnding, _) = about(&namespace(&name)?, body)?;
    let appended = to_its_end(async move {
        let ended = app.market.end_key(&caller.account, ending, alone(said)?);
        Ok(ended.await?)
    });
    let appended = appended.await?;
    Ok(created(&appended))
}

async fn member(
    State(app): State<Arc<MarketApp>>,
    Path(name): Path<String>,
    caller: Caller,
    Body(body): Body<Value>,
) -> Result<Response, NotDone> {
    let (change, said): (MemberChange, _) = about(&namespace(&name)?, body)?;
    let appended = to_its_end(async move {
        let changed = app.market.change_member(&caller.account, change, said);
        Ok(changed.await?)
    });
    let appended = appended.await?;
    Ok(created(&appended))
}

async fn rule(
    State(app): State<Arc<MarketApp>>,
    Path(name): Path<String>,
    caller: Caller,
    Body(body): Body<Value>,
) -> Result<Response, NotDone> {
    let (change, said): (RuleChange, _) = about(&namespace(&name)?, body)?;
    let appended = to_its_end(async move {
        let changed = app.market.change_rule(&caller.account, change, said);
        Ok(changed.await?)
    });
    let appended = appended.await?;
    Ok(created(&appended))
}

/// What one person says alone: it stops something.
pub fn alone(said: Said) -> Result<Option<LeafSignature>, Problem> {
    match said.second {
        None => Ok(said.first),
        Some(_) => Err(Problem::unreadable(
            StatusCode::BAD_REQUEST,
            "An ending has one signature.".to_owned(),
            "Leave `second` out: one person may stop something.",
        )),
    }
}

/// The namespace of a path.
pub fn namespace(name: &str) -> Result<Namespace, Problem> {
    let parsed = name.parse();
    parsed.map_err(|_| not_there("There is no such namespace, and there can be none."))
}

/// A statement about the namespace of the path, which it may name itself as well, and the signatures of keys on it, if there are any.
pub fn about<T: DeserializeOwned>(
    namespace: &Namespace,
    mut body: Value,
) -> Result<(T, Said), Problem> {
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
    let first = members.remove("signature").unwrap_or_default();
    let second = members.remove("second").unwrap_or_default();
    let unread = |error: serde_json::Error| wrong(&metier_core::ids::shown(&error.to_string()));
    let said = Said {
        first: serde_json::from_value(first).map_err(unread)?,
        second: serde_json::from_value(second).map_err(unread)?,
    };
    Ok((serde_json::from_value(body).map_err(unread)?, said))
}

/// A leaf that is there now.
pub fn created(appended: &Appended) -> Response {
    let told = json!({"leaf": appended.leaf, "at": appended.at});
    (StatusCode::CREATED, Json(told)).into_response()
}
