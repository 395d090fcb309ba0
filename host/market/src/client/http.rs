//! The little of HTTP that a client needs, so that a scripted market can stand in for a real one.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use metier_core::ids::shown;
use serde::de::DeserializeOwned;

use super::ClientError;

/// How long a whole answer may take that is held in memory; a component has [`DOWNLOAD`].
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How long a component may take: the largest one, over a slow line.
pub const DOWNLOAD: Duration = Duration::from_secs(600);

/// Longest problem that is read, in bytes.
const MAX_PROBLEM: usize = 64 << 10;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Where, below the market's address, without a slash in front.
    pub path: String,
    /// The token, where one is needed; never shown.
    pub token: Option<String>,
    /// The ETag of what is there already.
    pub etag: Option<String>,
    /// Further headers, none of the above.
    pub headers: HeaderMap,
    /// The media type of the body and the body.
    pub body: Option<(&'static str, Bytes)>,
}

impl Request {
    /// Reads something.
    pub fn get(path: impl Into<String>) -> Self {
        Request {
            method: Method::GET,
            path: path.into(),
            token: None,
            etag: None,
            headers: HeaderMap::new(),
            body: None,
        }
    }

    /// Sends something.
    pub fn send(method: Method, path: impl Into<String>, media: &'static str, body: Bytes) -> Self {
        let body = Some((media, body));
        let get = Request::get(path);
        Request {
            method,
            body,
            ..get
        }
    }

    /// With the token.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        let token = Some(token.to_owned());
        Request { token, ..self }
    }
}

/// What comes back: the head, and a body that comes piece by piece.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Box<dyn Pieces>,
}

/// A body on its way.
#[async_trait]
pub trait Pieces: Send {
    /// The next piece; nothing at the end.
    ///
    /// # Errors
    /// Why it broke off.
    async fn next(&mut self) -> Result<Option<Bytes>, Broken>;
}

/// The way to one market. Redirects are not followed: a market answers itself.
#[async_trait]
pub trait Http: Send + Sync {
    /// Asks.
    ///
    /// # Errors
    /// When nothing answers.
    async fn ask(&self, request: Request) -> Result<Answer, Broken>;
}

/// Nothing answered, or it broke off: why, as the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

impl Answer {
    /// The ETag, if it is one that can be sent back.
    pub(super) fn etag(&self) -> Option<String> {
        let etag = self.headers.get(header::ETAG)?.to_str().ok()?;
        (etag.len() <= 256).then(|| etag.to_owned())
    }

    /// How many bytes it says it has.
    fn told(&self) -> Option<u64> {
        let told = self.headers.get(header::CONTENT_LENGTH)?;
        told.to_str().ok()?.parse().ok()
    }

    /// The whole body, of at most so many bytes, and as many as it said.
    ///
    /// # Errors
    /// When it is longer, or broke off.
    pub(super) async fn whole(mut self, path: &str, most: usize) -> Result<Vec<u8>, ClientError> {
        let too_large = || ClientError::TooLarge {
            path: path.to_owned(),
            most: most as u64,
        };
        let told = self.told();
        if told.is_some_and(|told| told > most as u64) {
            return Err(too_large());
        }
        let mut whole = Vec::new();
        while let Some(piece) = self.body.next().await.map_err(|why| cut(path, why))? {
            if whole.len() + piece.len() > most {
                return Err(too_large());
            }
            whole.extend_from_slice(&piece);
        }
        match told {
            Some(told) if told != whole.len() as u64 => {
                let why = format!("it said {told} bytes and sent {}", whole.len());
                Err(cut(path, Broken(why)))
            }
            _ => Ok(whole),
        }
    }
}

pub(super) fn cut(path: &str, Broken(why): Broken) -> ClientError {
    ClientError::CutOff {
        path: path.to_owned(),
        why: shown(&why),
    }
}

/// Reads JSON. A page of HTML, which is what a proxy or a portal answers with, is told as such.
pub(super) fn json<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(bytes).map_err(|error| not_json(path, bytes, &error.to_string()))
}

pub(super) fn not_json(path: &str, bytes: &[u8], why: &str) -> ClientError {
    let begins = bytes.trim_ascii_start().first();
    let why = match begins {
        Some(b'<') => "it is a page of HTML, as proxies and sign-in portals send".to_owned(),
        _ => shown(why),
    };
    ClientError::Shape {
        path: path.to_owned(),
        why,
    }
}

/// What a market said instead of doing as asked.
pub(super) async fn refused(answer: Answer, path: &str) -> ClientError {
    let status = answer.status;
    match answer.whole(path, MAX_PROBLEM).await {
        Ok(body) => super::error::problem(status, path, &body),
        Err(error) => error,
    }
}
