//! The addresses of the site.

mod attachments;
mod issues;
mod search;

use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use base64::Engine as _;
use metier_emulator_kit::{Book, observe};
use serde_json::Value;

use crate::refused::Refused;
use crate::site::{Site, locked};
use crate::view::View;
use crate::{TOKEN, USER};

/// What every route shares.
#[derive(Clone)]
pub(crate) struct Shared {
    site: Arc<Mutex<Site>>,
    scheme: &'static str,
}

type Answer = Result<Response, Refused>;

/// POSTs that only look.
pub(crate) fn only_looks(path: &str) -> bool {
    path.ends_with("/search/jql") || path.ends_with("/search")
}

/// Everything, behind the check of who asks.
pub(crate) fn router(site: Arc<Mutex<Site>>, book: Arc<Book>, scheme: &'static str) -> Router {
    let shared = Shared { site, scheme };
    let issue = "/rest/api/{version}/issue/{key}";
    let issues = Router::new()
        .route("/rest/api/{version}/issue", post(issues::create))
        .route(
            issue,
            get(issues::read).put(issues::change).delete(issues::delete),
        )
        .route(&format!("{issue}/assignee"), put(issues::assign))
        .route(
            &format!("{issue}/comment"),
            get(issues::comments).post(issues::comment),
        )
        .route(
            &format!("{issue}/transitions"),
            get(issues::transitions).post(issues::transition),
        )
        .route(&format!("{issue}/attachments"), post(attachments::add));
    let more = Router::new()
        .route(
            "/rest/api/{version}/attachment/{id}",
            get(attachments::read),
        )
        .route(
            "/rest/api/{version}/attachment/content/{id}",
            get(attachments::content),
        )
        .route(
            "/rest/api/{version}/search/jql",
            get(search::by_query).post(search::by_body),
        )
        .route(
            "/rest/api/{version}/search",
            get(search::removed).post(search::removed),
        )
        .route(
            "/rest/api/{version}/user/assignable/search",
            get(search::assignable),
        )
        .route("/rest/api/{version}/user/search", get(search::users))
        .route("/rest/api/{version}/serverInfo", get(search::server))
        .route("/rest/api/{version}/myself", get(search::myself))
        .route("/rest/api/{version}/project/ABC", get(search::project))
        .route("/rest/api/{version}/field", get(search::fields))
        .route("/__state", get(state));
    issues
        .merge(more)
        .fallback(async || Refused::whole(404, "The requested resource does not exist."))
        .with_state(shared)
        .layer(middleware::from_fn_with_state(Arc::clone(&book), observe))
        .layer(middleware::from_fn(known))
        .merge(metier_emulator_kit::routes(book))
}

async fn state(State(shared): State<Shared>) -> Json<Value> {
    Json(shared.site().state())
}

/// RFC 7617, and one account.
async fn known(request: Request, next: Next) -> Response {
    let pair = format!("{USER}:{TOKEN}");
    let expected = format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(pair)
    );
    let sent = request.headers().get(header::AUTHORIZATION);
    let is_control = request.uri().path().starts_with("/__");
    if is_control || sent.is_some_and(|sent| sent.as_bytes() == expected.as_bytes()) {
        return next.run(request).await;
    }
    Refused::whole(401, "Client must be authenticated to access this resource.").into_response()
}

impl Shared {
    fn site(&self) -> std::sync::MutexGuard<'_, Site> {
        locked(&self.site)
    }

    /// How this version shows things to whoever asked under this host.
    fn view(&self, version: &str, headers: &HeaderMap) -> Result<View, Refused> {
        let version = match version {
            "2" | "latest" => "2",
            "3" => "3",
            _ => return Err(Refused::whole(404, "There is no such version of the API.")),
        };
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let host = host.unwrap_or("localhost");
        Ok(View {
            base: format!("{}://{host}/rest/api/{version}", self.scheme),
            documents: version == "3",
        })
    }
}

/// A list in a query: with commas, by naming it again, or both.
fn list<'q>(query: &'q [(String, String)], name: &str) -> Vec<&'q str> {
    let named = query.iter().filter(|(known, _)| known == name);
    let texts = named.flat_map(|(_, text)| text.split(','));
    texts.filter(|text| !text.is_empty()).collect()
}

/// The body as JSON; nothing is an empty object.
fn body(bytes: &[u8]) -> Result<Value, Refused> {
    if bytes.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| Refused::whole(400, format!("The body is no JSON: {error}")))
}

fn json(status: u16, value: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let kind = [(header::CONTENT_TYPE, "application/json;charset=UTF-8")];
    (status, kind, value.to_string()).into_response()
}

fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
