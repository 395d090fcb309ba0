//! Where an API is: from `servers`, `host` and `basePath`, or what the author says instead.
//!
//! | described | the manifest asks for | base URL |
//! |---|---|---|
//! | `https://api.acme.com/v1` | that host | fixed |
//! | `https://{region}.acme.com` | `*.acme.com` | the variable's default, or `base-url` of the configuration |
//! | `https://your-domain.acme.com`, `https://*.acme.com` | `*.acme.com` | `base-url`, which must be set |
//! | `https://{host}/v1`, where the default is a host | that host | fixed |
//! | `/v1`, nothing | nothing: `--server` is needed | |

mod template;
#[cfg(test)]
mod tests;

use metier_core::http::{CanonicalUrl, HostPattern};
use metier_openapi_plan::BaseUrlConfig;
use serde_json::Value;

use crate::document::{Dialect, Document};
use template::Template;

/// Where an API is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// What every path is put behind, for one definite host.
    pub base_url: String,
    /// Whether the configuration may or must name another.
    pub config: BaseUrlConfig,
    /// The host or hosts, as a manifest writes them.
    pub host: String,
    /// `https`, or `http` where nothing else is described.
    pub scheme: String,
    /// The port, where it is not the scheme's own.
    pub port: Option<u16>,
    /// The path of the base URL as a manifest writes it, without a slash at its end.
    pub path: String,
}

/// Why it cannot be told where an API is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// Nothing is described.
    #[error("the description does not say where the API is; say it with `--server https://…`")]
    Missing,
    /// Only a path, relative to wherever the description was found.
    #[error(
        "the description gives its server as `{0}`, relative to where it was published; say where that is with `--server https://…`"
    )]
    Relative(String),
    /// An address a request cannot be sent to.
    #[error("`{url}` is no address of a server: {why}; say it with `--server https://…`")]
    Unusable {
        /// As described.
        url: String,
        /// Why not.
        why: String,
    },
}

impl Server {
    /// The server of a description.
    ///
    /// # Errors
    /// [`ServerError`]; each says what to do.
    pub fn of(document: &Document) -> Result<Self, ServerError> {
        match document.dialect() {
            Dialect::Swagger2 => swagger(document.root()),
            Dialect::OpenApi30 | Dialect::OpenApi31 => {
                let servers = document.root().get("servers").and_then(Value::as_array);
                best(servers.map_or(&[], Vec::as_slice))
            }
        }
    }

    /// The server of one operation or path that has its own, beside the description's.
    pub(crate) fn own(servers: &Value, document: Option<&Server>) -> Result<Self, ServerError> {
        let servers = servers.as_array().map_or(&[][..], Vec::as_slice);
        match (best(servers), document) {
            (Err(ServerError::Relative(path)), Some(document)) => {
                let origin = document
                    .base_url
                    .split('/')
                    .take(3)
                    .collect::<Vec<_>>()
                    .join("/");
                Server::at(&format!("{origin}{path}"))
            }
            (server, _) => server,
        }
    }

    /// The server at an address somebody wrote: `https://acme.atlassian.net`, `https://*.atlassian.net/rest`.
    ///
    /// # Errors
    /// When it is no address.
    pub fn at(url: &str) -> Result<Self, ServerError> {
        Template::read(url, None).server()
    }
}

/// The first over TLS; without one the first of all.
fn best(servers: &[Value]) -> Result<Server, ServerError> {
    let mut first_error = None;
    let mut plain = None;
    for server in servers {
        let Some(url) = server.get("url").and_then(Value::as_str) else {
            continue;
        };
        match Template::read(url, server.get("variables")).server() {
            Ok(server) if server.scheme == "https" => return Ok(server),
            Ok(server) => plain = plain.or(Some(server)),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    plain.ok_or(first_error.unwrap_or(ServerError::Missing))
}

fn swagger(root: &Value) -> Result<Server, ServerError> {
    let text = |key: &str| root.get(key).and_then(Value::as_str).map(str::trim);
    let base = text("basePath").unwrap_or("");
    let Some(host) = text("host").filter(|host| !host.is_empty()) else {
        let relative = !base.is_empty() && base != "/";
        return Err(if relative {
            ServerError::Relative(shown(base))
        } else {
            ServerError::Missing
        });
    };
    let schemes = root.get("schemes").and_then(Value::as_array);
    let mut schemes = schemes
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .peekable();
    let none = schemes.peek().is_none();
    let scheme = if none || schemes.any(|scheme| scheme == "https") {
        "https"
    } else {
        "http"
    };
    let slash = if base.is_empty() || base.starts_with('/') {
        ""
    } else {
        "/"
    };
    Template::read(&format!("{scheme}://{host}{slash}{base}"), None).server()
}

fn shown(url: &str) -> String {
    crate::text::line(url, 200)
}

/// Checks what was made of an address as strictly as the host will.
fn checked(server: Server, written: &str) -> Result<Server, ServerError> {
    let unusable = |why: String| ServerError::Unusable {
        url: shown(written),
        why,
    };
    CanonicalUrl::parse(&server.base_url).map_err(|error| unusable(error.to_string()))?;
    server
        .host
        .parse::<HostPattern>()
        .map_err(|error| unusable(error.to_string()))?;
    metier_openapi_plan::check::base_url(&server.base_url)
        .map_err(|error| unusable(error.to_string()))?;
    Ok(server)
}
