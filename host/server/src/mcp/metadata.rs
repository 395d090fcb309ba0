//! OAuth protected resource metadata, RFC 9728: what a client learns that came without a key.

use axum::{
    Json,
    extract::Request,
    http::{HeaderMap, HeaderValue, Uri, header, uri::Authority},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::PATH;
use crate::{guard, problem::Problem};

/// Of the whole service.
pub const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Of [`PATH`], where RFC 9728 §3.1 puts it.
pub const WELL_KNOWN_OF_MCP: &str = "/.well-known/oauth-protected-resource/mcp";

/// The document. It names no authorization server: the service takes the keys it issued itself.
#[derive(Serialize)]
struct Resource {
    resource: String,
    resource_name: &'static str,
    bearer_methods_supported: [&'static str; 1],
}

pub async fn resource(request: Request) -> Response {
    let Some(base) = base(request.uri(), request.headers()) else {
        return axum::http::StatusCode::BAD_REQUEST.into_response();
    };
    Json(Resource {
        resource: format!("{base}{PATH}"),
        resource_name: "Metier",
        bearer_methods_supported: ["header"],
    })
    .into_response()
}

/// The answer to a request whose key does not open: where to read how it would.
pub fn challenge(problem: Problem, uri: &Uri, headers: &HeaderMap) -> Response {
    let challenge = base(uri, headers).and_then(|base| {
        let text =
            format!("Bearer realm=\"metier\", resource_metadata=\"{base}{WELL_KNOWN_OF_MCP}\"");
        HeaderValue::try_from(text).ok()
    });
    let mut response = problem.into_response();
    if let Some(challenge) = challenge
        && response.headers().contains_key(header::WWW_AUTHENTICATE)
    {
        let headers = response.headers_mut();
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// The service as its client calls it. The gate has looked at the name; only a loopback address is called without TLS.
fn base(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let authority: Authority = guard::authority(uri, headers)?;
    let scheme = match guard::is_loopback(&authority) {
        true => "http",
        false => "https",
    };
    Some(format!("{scheme}://{authority}"))
}
