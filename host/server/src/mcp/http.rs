//! From a request to an answer: our key, rmcp's protocol, our words where rmcp has only text.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rmcp::{
    model::ErrorCode,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use serde_json::json;

use super::handler::{Asked, Handler, Shared};
use crate::{
    app::{App, Settings},
    gate::{RequestId, Who},
    guard,
    problem::Problem,
};

/// Longest text of rmcp's own that is put into an answer, in bytes.
const MAX_WORDS: usize = 4 << 10;

/// What all requests share.
pub struct Front {
    config: StreamableHttpServerConfig,
    sessions: Arc<NeverSessionManager>,
    shared: Arc<Shared>,
}

impl Front {
    /// Without sessions: each request brings its key, and any host that shares the store may answer it. Hosts and origins are
    /// looked at before, by the gate.
    pub fn new(settings: &Settings) -> Self {
        let config = StreamableHttpServerConfig::default()
            .disable_allowed_hosts()
            .disable_allowed_origins()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_max_request_body_bytes(settings.max_body);
        Front {
            config,
            sessions: Arc::default(),
            shared: Arc::default(),
        }
    }
}

pub async fn answer(
    front: Arc<Front>,
    State(app): State<Arc<App>>,
    who: Result<Who, Problem>,
    RequestId(id): RequestId,
    request: Request,
) -> Response {
    let caller = match who {
        Ok(Who(caller)) => caller,
        Err(problem) => return problem.into_response(),
    };
    let handler = Handler::new(Asked {
        service: app.service.clone(),
        caller,
        id: Some(id),
        span: tracing::Span::current(),
        shared: front.shared.clone(),
    });
    let is_json = guard::is_json(request.headers());
    let service = StreamableHttpService::new(
        move || Ok(handler.clone()),
        front.sessions.clone(),
        front.config.clone(),
    );
    let response = service.handle(bare(request)).await.map(Body::new);
    worded(response, is_json).await
}

/// The request without its key and without what the routes before left in it: rmcp writes down what it sees.
fn bare(request: Request) -> Request {
    let (mut parts, body) = request.into_parts();
    parts.headers.remove(header::AUTHORIZATION);
    parts.headers.remove(header::COOKIE);
    parts.extensions.clear();
    Request::from_parts(parts, body)
}

/// What rmcp refuses in plain text, as an error of JSON-RPC.
async fn worded(response: Response, is_json: bool) -> Response {
    let status = response.status();
    if status.is_success() || guard::is_json(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let text = to_bytes(body, MAX_WORDS).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    // rmcp says 415 of a body it cannot read, whatever its type.
    let is_unreadable = status == StatusCode::UNSUPPORTED_MEDIA_TYPE && is_json;
    let code = match is_unreadable && !text.contains("unrecognized JSON-RPC message") {
        true => ErrorCode::PARSE_ERROR,
        false => ErrorCode::INVALID_REQUEST,
    };
    if is_unreadable {
        parts.status = StatusCode::BAD_REQUEST;
    }
    let error = json!({"jsonrpc": "2.0", "id": null, "error": {"code": code.0, "message": text}});
    let json = HeaderValue::from_static("application/json");
    parts.headers.insert(header::CONTENT_TYPE, json);
    parts.headers.remove(header::CONTENT_LENGTH);
    (parts.status, parts.headers, error.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use axum::{body::Body, extract::Request};

    use super::bare;

    /// rmcp writes requests into its debug log, their headers included.
    #[test]
    fn no_key_reaches_the_protocol() {
        let request = Request::post("/mcp")
            .header("authorization", "Bearer mtr_x_y")
            .header("cookie", "session=x")
            .header("mcp-method", "tools/list")
            .extension("who asks")
            .body(Body::empty())
            .unwrap();
        let bare = bare(request);
        let names: Vec<&str> = bare.headers().keys().map(|name| name.as_str()).collect();
        assert_eq!(names, ["mcp-method"]);
        assert!(bare.extensions().is_empty());
    }
}
