//! The HTTP API of a service, from the command line.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::TokioExecutor,
};
use metier_core::{Code, Digest, Fault};
use serde_json::Value;

use crate::{
    commands::App,
    environment,
    errors::{Failure, sentence},
    text,
};

/// Where a service is unless METIER_URL says otherwise.
const DEFAULT_URL: &str = "http://127.0.0.1:6384";

/// Largest answer, in bytes.
const MAX_ANSWER: usize = 64 << 20;

/// How long an answer may take: a large skill is compiled meanwhile.
const PATIENCE: Duration = Duration::from_secs(300);

/// A way to the service.
pub struct Client {
    pool: Pool<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: String,
    key: HeaderValue,
    tenant: Option<HeaderValue>,
}

/// What a request carries.
pub enum Body {
    /// Nothing.
    None,
    /// JSON.
    Json(Value),
    /// Bytes of this media type.
    Bytes(&'static str, Vec<u8>),
    /// Parts of a form: name, media type, bytes.
    Form(Vec<(&'static str, &'static str, Vec<u8>)>),
}

impl Client {
    /// As the environment says.
    ///
    /// # Errors
    /// Without a key, or with a URL that is none.
    pub fn new(app: &App, tenant: Option<&str>) -> Result<Client, Failure> {
        let url = app.environment.text(environment::URL);
        let url = url.unwrap_or_else(|| DEFAULT_URL.to_owned());
        let key = app.environment.text(environment::KEY).ok_or_else(|| {
            Failure::usage(
                "There is no key for the service.",
                "`metier serve` shows one at its first start: export METIER_KEY=mtr_…",
            )
        })?;
        let mut key = HeaderValue::try_from(format!("Bearer {}", key.trim()))
            .map_err(|_| Failure::usage("METIER_KEY is no key.", "It begins with mtr_."))?;
        key.set_sensitive(true);
        let tenant = tenant.map(HeaderValue::try_from).transpose();
        let tenant = tenant.map_err(|_| {
            Failure::usage(
                "The tenant has no such name.",
                "`metier admin tenant list` lists them.",
            )
        })?;
        let https = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| {
                host(&format!(
                    "The system's certificates cannot be read: {error}"
                ))
            })?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Client {
            pool: Pool::builder(TokioExecutor::new()).build(https),
            url: url.trim_end_matches('/').to_owned(),
            key,
            tenant,
        })
    }

    /// Asks, and gives back the body of a good answer.
    ///
    /// # Errors
    /// The service's own, as it says them; where it cannot be reached.
    pub async fn ask(&self, method: Method, path: &str, body: Body) -> Result<Vec<u8>, Failure> {
        let request = self.request(method, path, body)?;
        let answer = tokio::time::timeout(PATIENCE, self.answer(request)).await;
        let (status, bytes) = answer.map_err(|_| self.unreachable("it does not answer"))??;
        match status.is_success() {
            true => Ok(bytes),
            false => Err(refused(status, &bytes)),
        }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let url: Uri = format!("{}/api/v1{path}", self.url).parse().map_err(|_| {
            Failure::usage(
                "METIER_URL is no URL.",
                "For instance: http://127.0.0.1:6384",
            )
        })?;
        let (media, bytes) = match body {
            Body::None => (None, Vec::new()),
            Body::Json(value) => (
                Some("application/json".to_owned()),
                value.to_string().into_bytes(),
            ),
            Body::Bytes(media, bytes) => (Some(media.to_owned()), bytes),
            Body::Form(parts) => {
                let (boundary, bytes) = form(&parts);
                let media = format!("multipart/form-data; boundary={boundary}");
                (Some(media), bytes)
            }
        };
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .header(header::AUTHORIZATION, self.key.clone());
        if let Some(media) = media {
            request = request.header(header::CONTENT_TYPE, media);
        }
        if let Some(tenant) = &self.tenant {
            request = request.header("metier-tenant", tenant.clone());
        }
        request
            .body(Full::from(bytes))
            .map_err(|error| host(&error.to_string()))
    }

    async fn answer(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Vec<u8>), Failure> {
        let response = self.pool.request(request).await;
        let response = response.map_err(|error| self.unreachable(&innermost(&error)))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await;
        let body = body.map_err(|error| self.unreachable(&error.to_string()))?;
        Ok((status, body.to_bytes().into()))
    }

    fn unreachable(&self, why: &str) -> Failure {
        let message = format!(
            "The service at {} cannot be asked: {why}",
            text::one_line(&self.url)
        );
        Fault::new(Code::UpstreamUnreachable, sentence(&message))
            .with_hint("Start it with `metier serve`, or say where it is with METIER_URL.")
            .into()
    }
}

/// Parts of a form, as RFC 7578 has them. The boundary is the digest of the parts: no file can hold it and so begin a part of its own.
fn form(parts: &[(&str, &str, Vec<u8>)]) -> (String, Vec<u8>) {
    let digests: Vec<String> = parts
        .iter()
        .map(|(_, _, bytes)| Digest::of(bytes).to_hex())
        .collect();
    let boundary = Digest::of(digests.concat().as_bytes()).to_hex();
    let mut body = Vec::new();
    for (name, media, bytes) in parts {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\nContent-Type: {media}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (boundary, body)
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// A problem as the service told it.
fn refused(status: StatusCode, bytes: &[u8]) -> Failure {
    let problem: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let told = |key: &str| problem[key].as_str().map(str::to_owned);
    let code = told("code").and_then(|code| code.parse().ok());
    let message = told("detail").unwrap_or_else(|| format!("The service answered {status}."));
    let fault = Fault::new(code.unwrap_or(Code::UpstreamInvalidAnswer), message);
    match told("hint") {
        Some(hint) => fault.with_hint(hint).into(),
        None => fault.into(),
    }
}

fn host(message: &str) -> Failure {
    Fault::new(Code::HostInternal, sentence(message)).into()
}
