//! Step 5: the request's head, with everything taken out that is not the skill's to say.
//!
//! Taken out always: whatever claims authority (`Authorization`, `Proxy-*`), says who is asking for whom (`Forwarded`,
//! `X-Forwarded-*`, `X-Real-IP`, `Via`), routes or frames the message (`Host` and the hop-by-hop fields of RFC 9110, section
//! 7.6.1), or makes a service treat the request as another one than was authorized (`X-HTTP-Method-Override` and its kin,
//! `X-Original-URL`, `X-Rewrite-URL`). When a credential is attached, `Cookie` goes too, because a session is authority as
//! well, and so does `Set-Cookie` in the answer; `Accept-Encoding` becomes `identity`, because a compressed answer cannot be
//! scrubbed. Without a credential, cookies are a matter between the skill and the service.

use std::time::SystemTime;

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri,
    header::{self, CONNECTION, CONTENT_LENGTH, USER_AGENT},
};
use http_body::Body as _;
use metier_core::http::CanonicalUrl;

use super::{Body, EgressError, repeat, span::TRACEPARENT, upload::UploadBody};
use crate::credentials::{Attach, Outgoing};

/// Header lines in one request: services commonly stop at 100.
const MAX_REQUEST_HEADERS: usize = 100;

/// Names and values of one request's header, in bytes: services commonly stop at 8 to 16 KiB.
const MAX_REQUEST_HEADER_BYTES: usize = 32 << 10;

/// What a service sees when the skill does not say; some refuse requests without it.
const OUR_USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("metier/", env!("CARGO_PKG_VERSION")));

/// Never the skill's to say.
const NOT_THE_SKILLS: [&str; 23] = [
    "authorization",
    "host",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "http2-settings",
    "max-forwards",
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-original-method",
    "x-original-url",
    "x-rewrite-url",
    "x-original-host",
];

/// Families of the same.
const NOT_THE_SKILLS_BEGINNING: [&str; 2] = ["proxy-", "x-forwarded-"];

/// Hop-by-hop fields of an answer: about the connection, which the skill does not see.
const HOP_BY_HOP: [&str; 6] = [
    "connection",
    "keep-alive",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
];

/// A request without its body, ready to be sent more than once.
#[derive(Clone)]
pub struct Head {
    method: Method,
    /// Path and query, as authorized.
    target: String,
    /// `https://host`
    origin: String,
    uri: Uri,
    headers: HeaderMap,
}

impl Head {
    /// The skill's head, stripped.
    ///
    /// # Errors
    /// [`EgressError::InvalidRequest`] when it is larger than a head may be.
    pub fn new(
        method: Method,
        url: &CanonicalUrl,
        headers: HeaderMap,
        body: &Body,
    ) -> Result<Self, EgressError> {
        check_size(&headers)?;
        let mut headers = headers;
        strip(&mut headers);
        mend_length(&mut headers, body)?;
        headers.entry(USER_AGENT).or_insert(OUR_USER_AGENT);
        let target = url.path_and_query().to_owned();
        let origin = format!("{}://{}", url.scheme(), url.authority());
        let uri = parse(&origin, &target)?;
        Ok(Head {
            method,
            target,
            origin,
            uri,
            headers,
        })
    }

    /// Adds the key by which a repeated request is known.
    pub fn known_by(&mut self, key: HeaderValue) {
        repeat::attach(&mut self.headers, key);
    }

    /// Adds which trace it belongs to, in place of what the skill said.
    pub fn traced_by(&mut self, here: HeaderValue) {
        self.headers.insert(TRACEPARENT, here);
    }

    /// Adds a credential, in place of one added before.
    ///
    /// # Errors
    /// [`EgressError::InvalidRequest`] when the request cannot be signed.
    pub fn attach(&mut self, attach: &Attach, now: SystemTime) -> Result<(), EgressError> {
        self.headers.remove(header::COOKIE);
        self.headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        let authority = self
            .origin
            .split_once("://")
            .map_or("", |(_, authority)| authority);
        let outgoing = Outgoing {
            method: &self.method,
            authority,
            target: &self.target,
            now,
        };
        let applied = attach.apply(&mut self.headers, &outgoing);
        if let Some(target) =
            applied.map_err(|error| EgressError::InvalidRequest(error.to_string()))?
        {
            self.uri = parse(&self.origin, &target)?;
        }
        Ok(())
    }

    /// The length of the body, where the skill said it and hyper does not know it.
    pub fn length(&self) -> Option<u64> {
        self.headers
            .get(CONTENT_LENGTH)?
            .to_str()
            .ok()?
            .parse()
            .ok()
    }

    /// What the skill may say, and our own name where it says none.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The request for one attempt.
    pub fn request(&self, body: UploadBody) -> Request<UploadBody> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

fn parse(origin: &str, target: &str) -> Result<Uri, EgressError> {
    let whole = zeroize::Zeroizing::new([origin, target].concat());
    whole.parse().map_err(|_| {
        EgressError::InvalidRequest("the URL holds characters HTTP cannot send".to_owned())
    })
}

fn check_size(headers: &HeaderMap) -> Result<(), EgressError> {
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if headers.len() > MAX_REQUEST_HEADERS {
        return Err(EgressError::InvalidRequest(format!(
            "it has more than {MAX_REQUEST_HEADERS} header lines"
        )));
    }
    if bytes > MAX_REQUEST_HEADER_BYTES {
        return Err(EgressError::InvalidRequest(format!(
            "its header has more than {MAX_REQUEST_HEADER_BYTES} bytes"
        )));
    }
    Ok(())
}

/// Takes out what is not the skill's to say, also what its `Connection` field names.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = connection_options(headers);
    let not_the_skills = |name: &&HeaderName| {
        // Many servers hand `x_url` and `x-url` to an application as the same variable.
        let text = &*name.as_str().replace('_', "-");
        NOT_THE_SKILLS.contains(&text)
            || NOT_THE_SKILLS_BEGINNING
                .iter()
                .any(|beginning| text.starts_with(beginning))
    };
    let gone: Vec<HeaderName> = headers.keys().filter(not_the_skills).cloned().collect();
    for name in gone.iter().chain(&named) {
        headers.remove(name);
    }
}

fn connection_options(headers: &HeaderMap) -> Vec<HeaderName> {
    let lines = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect()
}

/// hyper writes the length of a body it knows; of another the skill may say one length, as a plain number.
fn mend_length(headers: &mut HeaderMap, body: &Body) -> Result<(), EgressError> {
    let mut said = headers.get_all(CONTENT_LENGTH).iter();
    let (first, more) = (said.next(), said.next());
    let Some(first) = first else { return Ok(()) };
    let number = first
        .to_str()
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = number
        .and_then(|text| text.parse::<u64>().ok())
        .filter(|_| more.is_none());
    let length = length
        .ok_or_else(|| EgressError::InvalidRequest("its Content-Length is no number".to_owned()))?;
    match body.size_hint().exact() {
        Some(exact) if exact != length => Err(EgressError::InvalidRequest(
            "its Content-Length is not the length of its body".to_owned(),
        )),
        Some(_) => {
            headers.remove(CONTENT_LENGTH);
            Ok(())
        }
        None => Ok(()),
    }
}

/// Takes out of an answer what is about the connection, and sessions opened with a credential.
pub fn strip_answer(headers: &mut HeaderMap, with_credential: bool) {
    for name in connection_options(headers) {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers.remove(header::PROXY_AUTHENTICATE);
    if with_credential {
        headers.remove(header::SET_COOKIE);
    }
}
