//! What is done in a market. Each needs a token, and ends in a leaf of the log.
//!
//! | request | what comes of it |
//! |---|---|
//! | `POST /api/v1/market/publish` `{name, version, manifest, bundle, security_fix}` | `201 {leaf, at, page}`; `202 {review, page}` where a person of the market has to look, and `{review, page, approvers}` where another member has to approve: to a run, which reads no queue, the page is where the version is once it is let in; `422` with the findings |
//! | `POST /api/v1/market/skills/NAME/VERSION/yank`, `/unyank` `{why}` | `201 {leaf, at}` |
//! | `POST /api/v1/market/revocations`, `/unrevocations` `{target, why}` | `201 {leaf, at}`, and a new list; the second for who keeps the market |
//! | `GET /api/v1/market/queue` | what waits for a person: all for who keeps the market; for others their own, and what waits for a member of their namespaces |
//! | `GET /api/v1/market/queue/ID` | one of them |
//! | `POST /api/v1/market/queue/ID/second` `{signature}` | `201 {leaf, at}`: another member of the namespace approves |
//! | `POST /api/v1/market/queue/ID/approve`, `/refuse` `{why}` | for who keeps the market; the second for a member too, of whom it waits |
//!
//! What was begun is brought to its end, also when whoever asked has gone.

use std::{future::Future, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use metier_core::{Code, Fault};
use metier_market::{
    keeper::{
        Market,
        acts::{ActError, Decision, Outcome, Submission, Waiting},
    },
    revoked::Target,
    state::{LeafSignature, Reason},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    MarketApp,
    api::Named,
    base::Base,
    body::Body,
    doors::created,
    failure::{NotDone, not_there},
    who::{Author, Caller},
};
use crate::problem::Problem;

/// All routes.
pub fn router() -> Router<Arc<MarketApp>> {
    Router::new()
        .route("/api/v1/market/publish", post(publish))
        .route(
            "/api/v1/market/skills/{namespace}/{skill}/{version}/yank",
            post(yank),
        )
        .route(
            "/api/v1/market/skills/{namespace}/{skill}/{version}/unyank",
            post(unyank),
        )
        .route("/api/v1/market/revocations", post(revoke))
        .route("/api/v1/market/unrevocations", post(unrevoke))
        .route("/api/v1/market/queue", get(queue))
        .route("/api/v1/market/queue/{id}", get(waiting))
        .route("/api/v1/market/queue/{id}/second", post(second))
        .route("/api/v1/market/queue/{id}/approve", post(approve))
        .route("/api/v1/market/queue/{id}/refuse", post(refuse))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    why: String,
}

async fn publish(
    State(app): State<Arc<MarketApp>>,
    base: Base,
    author: Author,
    Body(submission): Body<Submission>,
) -> Result<Response, NotDone> {
    let page = format!(
        "{}/skills/{}/{}",
        base.0, submission.name, submission.version
    );
    let waits = match &author {
        Author::Account(_) => Waits::InQueue(format!("{}/api/v1/market/queue", base.0)),
        Author::Run(_) => Waits::Unseen,
    };
    let market = app.market.clone();
    let outcome = to_its_end(async move {
        let published = match author {
            Author::Account(caller) => app.market.publish(&caller.account, &submission).await,
            Author::Run(run) => app.market.publish_run(&run, &submission).await,
        };
        published.map_err(NotDone::from)
    });
    let outcome = outcome.await?;
    Ok(told(&market, outcome, &page, &waits))
}

/// Where whoever published reads what waits.
enum Waits {
    /// In the queue at this address.
    InQueue(String),
    /// Nowhere before it is let in: the token of a run reads what everybody does.
    Unseen,
}

fn told(market: &Market, outcome: Outcome, page: &str, waits: &Waits) -> Response {
    match outcome {
        Outcome::Published(appended) => {
            let told = json!({"leaf": appended.leaf, "at": appended.at, "page": page});
            (StatusCode::CREATED, Json(told)).into_response()
        }
        Outcome::Waits(id) => {
            let page = match waits {
                Waits::InQueue(queue) => format!("{queue}/{id}"),
                Waits::Unseen => page.to_owned(),
            };
            let mut told = json!({"review": id, "page": page});
            if let (Some(approvers), Some(told)) = (market.approvers(&id), told.as_object_mut()) {
                told.insert("approvers".to_owned(), json!(approvers));
            }
            (StatusCode::ACCEPTED, Json(told)).into_response()
        }
    }
}

async fn yank(
    State(app): State<Arc<MarketApp>>,
    named: Named,
    caller: Caller,
    Body(Why { why }): Body<Why>,
) -> Result<Response, NotDone> {
    let Named { skill, version } = named;
    let version = version.ok_or_else(|| not_there("There is no such version."))?;
    let done = to_its_end(async move {
        let yanked = app.market.yank(&caller.account, skill, version, &why).await;
        yanked.map_err(NotDone::from)
    });
    Ok(created(&done.await?))
}

async fn unyank(
    State(app): State<Arc<MarketApp>>,
    named: Named,
    caller: Caller,
    Body(Why { why }): Body<Why>,
) -> Result<Response, NotDone> {
    let Named { skill, version } = named;
    let version = version.ok_or_else(|| not_there("There is no such version."))?;
    let done = to_its_end(async move {
        let unyanked = app
            .market
            .unyank(&caller.account, skill, version, &why)
            .await;
        unyanked.map_err(NotDone::from)
    });
    Ok(created(&done.await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    target: Target,
    why: String,
}

async fn revoke(
    State(app): State<Arc<MarketApp>>,
    caller: Caller,
    Body(Revocation { target, why }): Body<Revocation>,
) -> Result<Response, NotDone> {
    let done = to_its_end(async move {
        let keeps = caller.keeps_the_market;
        let revoked = app
            .market
            .revoke(&caller.account, keeps, target, &why)
            .await;
        revoked.map_err(NotDone::from)
    });
    Ok(created(&done.await?))
}

async fn unrevoke(
    State(app): State<Arc<MarketApp>>,
    caller: Caller,
    Body(Revocation { target, why }): Body<Revocation>,
) -> Result<Response, NotDone> {
    let keeper = caller.keeper()?;
    let done = to_its_end(async move {
        let unrevoked = app.market.unrevoke(&keeper, target, &why).await;
        unrevoked.map_err(NotDone::from)
    });
    Ok(created(&done.await?))
}

async fn queue(State(app): State<Arc<MarketApp>>, caller: Caller) -> Response {
    let mut waiting = app.market.queue().waiting();
    waiting.retain(|waiting| may_see(&app, &caller, waiting));
    Json(json!({"waiting": waiting})).into_response()
}

async fn waiting(
    State(app): State<Arc<MarketApp>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Response, Problem> {
    let waiting = app.market.queue().get(&id);
    let waiting = waiting.filter(|waiting| may_see(&app, &caller, waiting));
    let waiting = waiting.ok_or_else(|| not_there("Nothing of this id waits."))?;
    Ok(Json(waiting).into_response())
}

fn may_see(app: &MarketApp, caller: &Caller, waiting: &Waiting) -> bool {
    caller.keeps_the_market || app.market.may_see(&caller.account, waiting)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Second {
    signature: LeafSignature,
}

async fn second(
    State(app): State<Arc<MarketApp>>,
    Path(id): Path<String>,
    caller: Caller,
    Body(Second { signature }): Body<Second>,
) -> Result<Response, NotDone> {
    let approved = to_its_end(async move {
        let approved = app.market.approve(&caller.account, &id, signature);
        Ok(approved.await?)
    });
    let approved = approved.await?;
    Ok(created(&approved))
}

async fn approve(
    State(app): State<Arc<MarketApp>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Response, NotDone> {
    caller.keeper()?;
    let decided = to_its_end(async move {
        let decided = app.market.decide(&id, Decision::Approve).await;
        decided.map_err(NotDone::from)
    });
    match decided.await? {
        Some(Outcome::Published(appended)) => Ok(created(&appended)),
        _ => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

async fn refuse(
    State(app): State<Arc<MarketApp>>,
    Path(id): Path<String>,
    caller: Caller,
    Body(Why { why }): Body<Why>,
) -> Result<Response, NotDone> {
    let why: Reason = why
        .parse()
        .map_err(|error: metier_market::state::InvalidReason| {
            ActError::Invalid(error.to_string())
        })?;
    let waits_for_a_member = app.market.approvers(&id).is_some();
    if waits_for_a_member && !caller.keeps_the_market {
        app.market.refuse_as_member(&caller.account, &id, why)?;
    } else {
        caller.keeper()?;
        app.market.decide(&id, Decision::Refuse(why)).await?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A connection that breaks off ends the waiting, and not the work.
pub(super) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, NotDone>> + Send + 'static,
) -> Result<T, NotDone> {
    tokio::spawn(work).await.map_err(|error| {
        tracing::error!(%error, "something broke half-way");
        Problem::from(Fault::new(
            Code::HostInternal,
            "The market cannot answer now.",
        ))
    })?
}
