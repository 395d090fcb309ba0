//! The conversation with a server: what it is, how it is spoken to, and which tools it has.
//!
//! The newest revision is tried first; a server that does not know it is greeted as older ones are. Redirects are not followed:
//! the address that answers is the one that is granted. Everything is bounded: bytes, pages, tools and time.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::TokioExecutor,
};
use metier_core::{Code, Fault};
use metier_mcp_wire::{Outgoing, Reply, Revision, Way, reply, request::SESSION};
use serde_json::{Map, Value, json};

use super::place::Place;
use crate::{
    errors::{Failure, sentence},
    text,
};

/// Largest answer, in bytes: twice what the tools of a skill may take.
const MAX_ANSWER: usize = 8 << 20;

/// Most pages of tools.
const MAX_PAGES: usize = 100;

/// Most tools that are looked at; a skill has at most 512 of them.
const MAX_LISTED: usize = 2_000;

/// Longest session, in bytes: it is a header of every request.
const MAX_SESSION: usize = 1_024;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long all of them may take.
const WHOLE_PATIENCE: Duration = Duration::from_secs(120);

/// How much of a server's words is quoted, in characters.
const MAX_WORDS: usize = 300;

/// A server that can be asked.
pub struct Server {
    pool: Pool<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: String,
    /// The address without its query, for sentences.
    shown: String,
    token: Option<HeaderValue>,
    patience: Patience,
}

/// How long is waited.
struct Patience {
    /// For one answer.
    one: Duration,
    /// For all of them.
    all: Duration,
}

/// What a server says of itself.
#[derive(Clone, Debug)]
pub struct Listed {
    /// How it is spoken to.
    pub revision: Revision,
    /// Whether it gives sessions.
    pub session: bool,
    /// Its name and version, as it has them.
    pub name: String,
    /// Its tools, as it has them.
    pub tools: Vec<Value>,
}

/// An answer of any status.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Server {
    /// The server there, asked with this token.
    ///
    /// # Errors
    /// Where the token is none, or the system's certificates cannot be read.
    pub fn new(place: &Place, token: Option<&str>) -> Result<Server, Failure> {
        let bearer = |token: &str| {
            let mut value =
                HeaderValue::try_from(format!("Bearer {}", token.trim())).map_err(|_| {
                    Failure::usage(
                        "The token cannot be sent.",
                        "A token is one line of ASCII text.",
                    )
                })?;
            value.set_sensitive(true);
            Ok::<_, Failure>(value)
        };
        let https = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| {
                let message = format!("The system's certificates cannot be read: {error}");
                Failure::from(Fault::new(Code::HostInternal, sentence(&message)))
            })?;
        // Plain HTTP is for this machine, which the address has been held to.
        let https = https.https_or_http().enable_http1().build();
        Ok(Server {
            pool: Pool::builder(TokioExecutor::new()).build(https),
            url: place.url.as_str().to_owned(),
            shown: text::one_line(place.url.without_query()),
            token: token.map(bearer).transpose()?,
            patience: Patience {
                one: PATIENCE,
                all: WHOLE_PATIENCE,
            },
        })
    }

    /// Asks it for all it has.
    ///
    /// # Errors
    /// Where it cannot be reached, does not let in, or is no MCP server.
    pub async fn listed(&self) -> Result<Listed, Failure> {
        let asked = async {
            match self.standing_alone().await? {
                Some(listed) => Ok(listed),
                None => self.in_session().await,
            }
        };
        let listed = tokio::time::timeout(self.patience.all, asked).await;
        listed.map_err(|_| self.unreachable("it takes too long to list its tools"))?
    }

    /// By the newest revision; nothing where the server does not know it.
    async fn standing_alone(&self) -> Result<Option<Listed>, Failure> {
        let way = Way {
            revision: Some(Revision::V2026_07_28),
            session: None,
        };
        let answer = self
            .post(way.request(1, "server/discover", Map::new()))
            .await?;
        self.let_in(&answer)?;
        let Some(about) = result(&answer, 1) else {
            return Ok(None);
        };
        let versions = about.get("supportedVersions").and_then(Value::as_array);
        let newest = json!(Revision::V2026_07_28.as_str());
        if versions.is_none_or(|versions| !versions.contains(&newest)) {
            return Ok(None);
        }
        let meta = about
            .get("_meta")
            .and_then(|meta| meta.get("io.modelcontextprotocol/serverInfo"));
        Ok(Some(Listed {
            revision: Revision::V2026_07_28,
            session: false,
            name: name_of(meta.or(about.get("serverInfo"))),
            tools: self.tools(way).await?,
        }))
    }

    /// By a handshake, as before.
    async fn in_session(&self) -> Result<Listed, Failure> {
        let answer = self.post(Way::initialize(1)).await?;
        self.let_in(&answer)?;
        let about = self.result(&answer, 1)?;
        let chosen = about
            .get("protocolVersion")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let revision = Revision::of(chosen)
            .filter(|revision| !revision.stands_alone())
            .ok_or_else(|| {
                self.no_server(&format!(
                    "it wants revision `{chosen}` of the protocol, which is not spoken here"
                ))
            })?;
        let session = self.session(&answer)?;
        let way = Way {
            revision: Some(revision),
            session: session.as_deref(),
        };
        let noted = self
            .post(way.notification("notifications/initialized"))
            .await?;
        self.let_in(&noted)?;
        let tools = self.tools(way).await;
        if session.is_some() {
            // What comes of it is the server's business: it forgets sessions in time.
            let farewell = self.send(Method::DELETE, way.farewell());
            let _ = tokio::time::timeout(self.patience.one / 10, farewell).await;
        }
        Ok(Listed {
            revision,
            session: session.is_some(),
            name: name_of(about.get("serverInfo")),
            tools: tools?,
        })
    }

    fn session(&self, answer: &Answer) -> Result<Option<String>, Failure> {
        let Some(value) = answer.headers.get(SESSION) else {
            return Ok(None);
        };
        let session = value.to_str().ok().filter(|text| text.len() <= MAX_SESSION);
        let session = session.filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
        match session {
            Some(session) => Ok(Some(session.to_owned())),
            None => Err(self.no_server("it gives a session that no header can carry")),
        }
    }

    /// Every page.
    async fn tools(&self, way: Way<'_>) -> Result<Vec<Value>, Failure> {
        let mut tools = Vec::new();
        let mut seen = BTreeSet::new();
        let mut bytes = 0;
        let mut params = Map::new();
        for id in 2..2 + MAX_PAGES as u64 {
            let answer = self
                .post(way.request(id, "tools/list", params.clone()))
                .await?;
            self.let_in(&answer)?;
            bytes += answer.body.len();
            let mut page = self.result(&answer, id)?;
            let Some(Value::Array(listed)) = page.remove("tools") else {
                return Err(self.no_server("its list of tools is none"));
            };
            tools.extend(listed);
            if tools.len() > MAX_LISTED || bytes > 2 * MAX_ANSWER {
                return Err(self.no_server(&format!(
                    "it has more than {MAX_LISTED} tools, or says more than {} MiB about them",
                    (2 * MAX_ANSWER) >> 20
                )));
            }
            match page.remove("nextCursor") {
                Some(Value::String(next)) if seen.insert(next.clone()) => {
                    params.insert("cursor".to_owned(), Value::String(next));
                }
                None | Some(Value::Null) => return Ok(tools),
                Some(_) => {
                    return Err(self.no_server("its list of tools leads back to where it began"));
                }
            }
        }
        Err(self.no_server(&format!(
            "its list of tools has more than {MAX_PAGES} pages"
        )))
    }

    async fn post(&self, outgoing: Outgoing) -> Result<Answer, Failure> {
        let answer =
            tokio::time::timeout(self.patience.one, self.send(Method::POST, outgoing)).await;
        answer.map_err(|_| self.unreachable("it does not answer"))?
    }

    async fn send(&self, method: Method, outgoing: Outgoing) -> Result<Answer, Failure> {
        let mut request = Request::builder().method(method).uri(&self.url);
        for (name, value) in outgoing.headers {
            request = request.header(name, value);
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, token.clone());
        }
        let request = request
            .header(
                header::USER_AGENT,
                concat!("metier/", env!("CARGO_PKG_VERSION")),
            )
            .body(Full::from(outgoing.body))
            .map_err(|error| self.no_server(&error.to_string()))?;
        let response = self.pool.request(request).await;
        let response = response.map_err(|error| self.unreachable(&innermost(&error)))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map_err(|error| self.unreachable(&error.to_string()))?;
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        })
    }

    /// Whether the server lets in at all: what another revision would not change.
    fn let_in(&self, answer: &Answer) -> Result<(), Failure> {
        let status = answer.status;
        let fault = |code, message: String, hint: &str| {
            let fault = Fault::new(code, sentence(&text::one_line(&message)));
            Err(fault.with_hint(hint).into())
        };
        let shown = &self.shown;
        match status {
            StatusCode::UNAUTHORIZED => fault(
                Code::UpstreamUnauthorized,
                format!("The server at {shown} asks for a credential, or for another one"),
                "Give a token with --token-env VAR or --token-file FILE.",
            ),
            StatusCode::FORBIDDEN => fault(
                Code::UpstreamDenied,
                format!(
                    "The server at {shown} does not let this in: {}",
                    said(answer)
                ),
                "Whoever runs the server says who may ask it.",
            ),
            StatusCode::TOO_MANY_REQUESTS => fault(
                Code::UpstreamRateLimited,
                format!("The server at {shown} was asked too often"),
                "Wait, then try again.",
            ),
            _ if status.is_redirection() => {
                let location = answer.headers.get(header::LOCATION);
                let location = location
                    .and_then(|value| value.to_str().ok())
                    .unwrap_or("elsewhere");
                fault(
                    Code::UpstreamInvalidAnswer,
                    format!("The server at {shown} sends on to {location}"),
                    "Where that is the server, attach that address.",
                )
            }
            _ => Ok(()),
        }
    }

    fn result(&self, answer: &Answer, id: u64) -> Result<Map<String, Value>, Failure> {
        match reply::read(media_type(answer), &answer.body, id) {
            Ok(Reply::Result(result)) if answer.status.is_success() => Ok(result),
            _ => Err(self.no_server(&format!(
                "it answered with status {}: {}",
                answer.status.as_u16(),
                said(answer)
            ))),
        }
    }

    fn unreachable(&self, why: &str) -> Failure {
        let message = format!("The server at {} cannot be asked: {why}", self.shown);
        Fault::new(
            Code::UpstreamUnreachable,
            sentence(&text::one_line(&message)),
        )
        .with_hint("Check the address, and that the server runs.")
        .into()
    }

    fn no_server(&self, why: &str) -> Failure {
        let message = format!(
            "{} is no MCP server that can be attached: {why}",
            self.shown
        );
        Fault::new(
            Code::UpstreamInvalidAnswer,
            sentence(&text::one_line(&message)),
        )
        .with_hint("Name the address of its Streamable HTTP endpoint, which often ends in /mcp.")
        .into()
    }
}

fn result(answer: &Answer, id: u64) -> Option<Map<String, Value>> {
    match reply::read(media_type(answer), &answer.body, id) {
        Ok(Reply::Result(result)) if answer.status.is_success() => Some(result),
        _ => None,
    }
}

fn media_type(answer: &Answer) -> &str {
    let value = answer.headers.get(header::CONTENT_TYPE);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// A server's own words about what went wrong.
fn said(answer: &Answer) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    let message = match serde_json::from_str::<Value>(&body) {
        Ok(json) => json
            .pointer("/error/message")
            .and_then(Value::as_str)
            .map(str::to_owned),
        Err(_) => None,
    };
    let words = message.unwrap_or_else(|| body.into_owned());
    match words.trim() {
        "" => "nothing".to_owned(),
        page if page.starts_with('<') => "a page for people".to_owned(),
        words => text::cut(words, MAX_WORDS).into_owned(),
    }
}

/// Name and version of an `Implementation`.
fn name_of(about: Option<&Value>) -> String {
    let member = |name: &str| about.and_then(|about| about.get(name)?.as_str());
    let name = member("title").or(member("name")).unwrap_or_default();
    let whole = format!("{name} {}", member("version").unwrap_or_default());
    metier_openapi::text::line(&whole, MAX_NAME)
}

/// Longest name of a server, in characters.
const MAX_NAME: usize = 80;

fn innermost(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests;
