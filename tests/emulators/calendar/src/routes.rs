//! The addresses of the service.

mod events;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Form, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use metier_emulator_kit::{Book, observe};
use serde_json::{Value, json};

use crate::account::{Account, OTHER, USER, locked};
use crate::refused::Refused;
use crate::tokens::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, Tokens};

/// Seconds an access token is said to be good for.
const TOKEN_SECONDS: u32 = 3_599;

/// What every route shares.
#[derive(Clone)]
pub(crate) struct Shared {
    account: Arc<Mutex<Account>>,
    tokens: Arc<Tokens>,
}

/// POSTs that only look.
pub(crate) fn only_looks(path: &str) -> bool {
    path.ends_with("/freeBusy") || path == "/token"
}

/// Everything, behind the check of who asks.
pub(crate) fn router(account: Arc<Mutex<Account>>, tokens: Arc<Tokens>, book: Arc<Book>) -> Router {
    let shared = Shared { account, tokens };
    let events = "/calendar/v3/calendars/{calendar}/events";
    Router::new()
        .route("/token", post(token))
        .route("/calendar/v3/users/me/calendarList", get(calendars))
        .route("/calendar/v3/freeBusy", post(events::busy))
        .route(events, get(events::list).post(events::insert))
        .route(
            &format!("{events}/{{event}}"),
            get(events::read)
                .patch(events::patch)
                .delete(events::delete),
        )
        .route("/__state", get(state))
        .fallback(async || Refused::not_found())
        .with_state(shared.clone())
        .layer(middleware::from_fn_with_state(Arc::clone(&book), observe))
        .layer(middleware::from_fn_with_state(shared, known))
        .merge(metier_emulator_kit::routes(book))
}

impl Shared {
    fn account(&self) -> MutexGuard<'_, Account> {
        locked(&self.account)
    }
}

/// RFC 6750.
async fn known(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let open = path == "/token" || path.starts_with("/__");
    let sent = request.headers().get(header::AUTHORIZATION);
    let token = sent.and_then(|sent| sent.to_str().ok()?.strip_prefix("Bearer "));
    if open || token.is_some_and(|token| shared.tokens.accepts(token)) {
        return next.run(request).await;
    }
    Refused::new(
        401,
        "authError",
        "Request had invalid authentication credentials.",
    )
    .into_response()
}

/// RFC 6749, section 6; the client says who it is in the form or, as section 2.3.1 likes better, in the head.
async fn token(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let is = |name: &str, value: &str| form.get(name).is_some_and(|given| given == value);
    let in_form = is("client_id", CLIENT_ID) && is("client_secret", CLIENT_SECRET);
    let why = if !is("grant_type", "refresh_token") {
        "unsupported_grant_type"
    } else if !(in_form || is_client(&headers)) {
        "invalid_client"
    } else if !is("refresh_token", REFRESH_TOKEN) {
        "invalid_grant"
    } else {
        let token = shared.tokens.issue();
        let answer =
            json!({ "access_token": token, "expires_in": TOKEN_SECONDS, "token_type": "Bearer" });
        return Json(answer).into_response();
    };
    (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response()
}

/// RFC 7617; neither id nor secret has a character that would have to be encoded.
fn is_client(headers: &HeaderMap) -> bool {
    let pair = format!("{CLIENT_ID}:{CLIENT_SECRET}");
    let expected = base64::engine::general_purpose::STANDARD.encode(pair);
    let sent = headers
        .get(header::AUTHORIZATION)
        .and_then(|sent| sent.to_str().ok());
    sent.and_then(|sent| sent.strip_prefix("Basic ")) == Some(expected.as_str())
}

async fn calendars() -> Json<Value> {
    let entry = |id: &str, role: &str| {
        json!({
            "kind": "calendar#calendarListEntry", "id": id, "summary": id, "primary": id == USER, "accessRole": role,
            "timeZone": "UTC",
        })
    };
    let items = [entry(USER, "owner"), entry(OTHER, "writer")];
    Json(json!({ "kind": "calendar#calendarList", "items": items }))
}

async fn state(State(shared): State<Shared>) -> Json<Value> {
    Json(shared.account().state())
}
