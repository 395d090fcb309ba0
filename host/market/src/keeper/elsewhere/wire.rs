//! The way to a bucket: the one HTTP client and the one TLS there is in this tree.
//!
//! Every request has an end: for the head of its answer here, for each piece of a body where it is read. Redirects are not followed.

use std::time::Duration;

use async_trait::async_trait;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as Pool, Error, connect::HttpConnector},
    rt::TokioExecutor,
};
use object_store::{
    ClientConfigKey, ClientOptions,
    client::{
        HttpClient, HttpConnector as Connector, HttpError, HttpErrorKind, HttpRequest,
        HttpRequestBody, HttpResponse, HttpResponseBody, HttpService,
    },
};

/// How long a connection may take to be there.
const CONNECT: Duration = Duration::from_secs(5);

/// How long the head of an answer may take. A request may have a part of a blob to send before.
const ANSWER: Duration = Duration::from_secs(30);
const SENT: Duration = Duration::from_secs(120);

/// Most bytes of an answer that says no: it is held in memory, and told.
const MAX_REFUSAL: usize = 64 << 10;

/// Makes connections.
#[derive(Clone, Copy, Debug)]
pub struct Wire;

#[derive(Clone, Debug)]
struct Line {
    pool: Pool<HttpsConnector<HttpConnector>, HttpRequestBody>,
    /// Plain HTTP, to more than this machine.
    is_plain_allowed: bool,
}

/// What cannot be done, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Told(String);

impl Connector for Wire {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let is_set = |key| {
            let value = options.get_config_value(&key);
            value.is_some_and(|value| value != "false")
        };
        let not_done = [
            (ClientConfigKey::ProxyUrl, "a proxy to the bucket"),
            (
                ClientConfigKey::AllowInvalidCertificates,
                "to allow invalid certificates",
            ),
        ];
        if let Some((_, what)) = not_done.into_iter().find(|(key, _)| is_set(*key)) {
            return Err(refused(format!("{what} is set, and not done here")));
        }
        let https = HttpsConnectorBuilder::new().with_native_roots();
        let https = https.map_err(|error| {
            refused(format!("the system's certificates cannot be read: {error}"))
        })?;
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(CONNECT));
        let https = https
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(HttpClient::new(Line {
            pool: Pool::builder(TokioExecutor::new()).build(https),
            is_plain_allowed: is_set(ClientConfigKey::AllowHttp),
        }))
    }
}

#[async_trait]
impl HttpService for Line {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let is_https = request.uri().scheme_str() == Some("https");
        if !is_https && !self.is_plain_allowed && !is_here(request.uri().host()) {
            let why = "plain http is for a bucket on this machine: write https, or set the variable …_ALLOW_HTTP";
            return Err(HttpError::new(HttpErrorKind::Unknown, Told(why.to_owned())));
        }
        let patience = match request.body().content_length() {
            0 => ANSWER,
            _ => SENT,
        };
        let answer = tokio::time::timeout(patience, self.pool.request(request)).await;
        let answer = answer.map_err(|slow| HttpError::new(HttpErrorKind::Timeout, slow))?;
        let (head, body) = answer.map_err(not_answered)?.into_parts();
        let body = match head.status.is_success() {
            true => HttpResponseBody::new(body.map_err(broken_off)),
            false => short(body),
        };
        Ok(HttpResponse::from_parts(head, body))
    }
}

/// Whether it is this machine.
fn is_here(host: Option<&str>) -> bool {
    let host = host.unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let ip = bare.parse::<std::net::IpAddr>();
    bare == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

fn short(body: Incoming) -> HttpResponseBody {
    let body = Limited::new(body, MAX_REFUSAL);
    HttpResponseBody::new(body.map_err(|error| HttpError::new_boxed(HttpErrorKind::Decode, error)))
}

fn broken_off(error: hyper::Error) -> HttpError {
    HttpError::new(HttpErrorKind::Interrupted, error)
}

fn not_answered(error: Error) -> HttpError {
    let kind = match error.is_connect() {
        true => HttpErrorKind::Connect,
        false => HttpErrorKind::Interrupted,
    };
    HttpError::new(kind, error)
}

fn refused(why: String) -> object_store::Error {
    object_store::Error::Generic {
        store: "bucket",
        source: Box::new(Told(why)),
    }
}
