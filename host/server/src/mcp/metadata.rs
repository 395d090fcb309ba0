//! OAuth protected resource metadata, RFC 9728: what a client learns that came without a key.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, uri::Authority},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::PATH;
use crate::{app::App, guard, tls::OverTls};

/// Of the whole service.
pub const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Of [`PATH`], where RFC 9728 §3.1 puts it.
pub const WELL_KNOWN_OF_MCP: &str = "/.well-known/oauth-protected-resource/mcp";

/// The document. Where no issuer is trusted it names no authorization server: the service takes the keys it issued itself.
#[derive(Serialize)]
struct Resource {
    resource: String,
    resource_name: &'static str,
    bearer_methods_supported: [&'static str; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authorization_servers: Vec<String>,
}

pub async fn resource(State(app): State<Arc<App>>, request: Request) -> Response {
    let Some(base) = Base::of(&request) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let path = match request.uri().path() == WELL_KNOWN_OF_MCP {
        true => PATH,
        false => "",
    };
    Json(Resource {
        resource: format!("{base}{path}", base = base.text()),
        resource_name: "Metier",
        bearer_methods_supported: ["header"],
        authorization_servers: app.service.authorization_servers(),
    })
    .into_response()
}

/// The service as its client calls it. The gate has looked at the name.
pub struct Base {
    authority: Authority,
    is_secure: bool,
    /// Where its client reads how to get a key; a page of the console says so itself.
    metadata: Option<&'static str>,
}

impl Base {
    /// Of a request; only a loopback address is called without TLS.
    pub fn of(request: &Request) -> Option<Base> {
        let authority = guard::authority(request.uri(), request.headers())?;
        let is_secure = request.extensions().get::<OverTls>().is_some();
        let is_secure = is_secure || !guard::is_loopback(&authority);
        let path = request.uri().path();
        let metadata = match path == PATH {
            true => Some(WELL_KNOWN_OF_MCP),
            false => (!path.starts_with("/console")).then_some(WELL_KNOWN),
        };
        Some(Base {
            authority,
            is_secure,
            metadata,
        })
    }

    /// The name by which it was called, and the port.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    fn text(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }

    /// Tells whoever was asked for a key where to read how to get one.
    pub fn challenge(&self, response: &mut Response) {
        let Some(of) = self.metadata else {
            return;
        };
        let base = self.text();
        let text = format!("Bearer realm=\"metier\", resource_metadata=\"{base}{of}\"");
        if let Ok(challenge) = HeaderValue::try_from(text) {
            let headers = response.headers_mut();
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
    }
}
