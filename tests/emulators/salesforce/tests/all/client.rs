//! A small HTTP client for the tests.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Request};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use metier_emulator_salesforce::{Clock, Emulator, Options, Sizes};
use serde_json::Value as Json;

/// 2026-11-20, 21:28:25 UTC.
pub const NOW: i64 = 1_795_212_505;

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn code(&self) -> String {
        self.json()[0]["errorCode"].as_str().unwrap().to_owned()
    }
}

/// An emulator, a pool and a token.
pub struct Client {
    pub emulator: Emulator,
    pub clock: Clock,
    pub token: String,
    pool: Pool<HttpConnector, Full<Bytes>>,
}

impl Client {
    pub fn start() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let clock = Clock::held(NOW);
        let sizes = Sizes {
            accounts: 500,
            contacts: 300,
            opportunities: 300,
            cases: 50,
        };
        let emulator = Emulator::start(Options {
            clock: clock.clone(),
            sizes,
            ..options
        })
        .unwrap();
        let token = emulator.issue_token();
        Self {
            emulator,
            clock,
            token,
            pool: Pool::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// A request with the token, without following anything.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, String> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.emulator.addr()))
            .header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
            .unwrap();
        let response = self
            .pool
            .request(request)
            .await
            .map_err(|error| format!("{error:?}"))?;
        let (parts, body) = response.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|error| format!("{error:?}"))?
            .to_bytes();
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        })
    }

    pub async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        self.try_send(method, path, &[], body).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "").await
    }

    pub async fn form(&self, path: &str, body: &str) -> Answer {
        self.try_send(
            "POST",
            path,
            &[("content-type", "application/x-www-form-urlencoded")],
            body,
        )
        .await
        .unwrap()
    }

    /// A query, its blanks made safe for a URL.
    pub async fn query(&self, soql: &str) -> Answer {
        self.get(&format!(
            "/services/data/v62.0/query?q={}",
            soql.replace('%', "%25").replace(' ', "+")
        ))
        .await
    }
}
