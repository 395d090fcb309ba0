//! `wasi:http` as a guest uses it, with nothing checked on this side: what a hostile guest hands over is what
//! the host gets.

use crate::wasi::http::outgoing_handler;
use crate::wasi::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, OutgoingBody, OutgoingRequest,
};
use crate::wasi::io::streams::{InputStream, OutputStream, StreamError};

pub use crate::wasi::http::types::{Method, Scheme};

/// Most bytes a stream takes in one blocking write, by its specification.
const WRITE_CHUNK: usize = 4096;

/// A request in the parts `wasi:http` takes.
pub struct Request {
    /// The method.
    pub method: Method,
    /// The scheme.
    pub scheme: Scheme,
    /// Whatever stands between `://` and the path.
    pub authority: String,
    /// Path and query.
    pub path: String,
    /// Header names and values.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, if any.
    pub body: Option<Vec<u8>>,
}

/// An answer whose body was not read yet.
pub struct Response {
    /// The status.
    pub status: u16,
    /// Header names and values.
    pub headers: Vec<(String, Vec<u8>)>,
    // Dropped in this order: a stream before the body it belongs to.
    stream: InputStream,
    _body: IncomingBody,
    _response: IncomingResponse,
}

/// A request whose body is still being written.
pub struct Upload {
    stream: OutputStream,
    body: OutgoingBody,
    answer: outgoing_handler::FutureIncomingResponse,
}

impl Request {
    /// `method` and `url`, cut at the first `://` and the next `/`, and not looked at any closer.
    pub fn new(method: &str, url: &str) -> Request {
        let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
        let cut = rest.find('/').unwrap_or(rest.len());
        Request {
            method: method_of(method),
            scheme: scheme_of(scheme),
            authority: rest[..cut].to_owned(),
            path: rest[cut..].to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// `GET url`.
    pub fn get(url: &str) -> Request {
        Request::new("GET", url)
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers
            .push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    /// With a body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = Some(body.into());
        self
    }

    /// Send it, body and all, and wait for the head of the answer.
    pub fn send(mut self) -> Result<Response, String> {
        let body = self.body.take();
        let mut upload = self.start()?;
        for chunk in body.as_deref().unwrap_or_default().chunks(WRITE_CHUNK) {
            upload.write(chunk)?;
        }
        upload.finish()
    }

    /// Send the head and leave the body open.
    pub fn start(self) -> Result<Upload, String> {
        let fields =
            Fields::from_list(&self.headers).map_err(|error| format!("headers: {error:?}"))?;
        let request = OutgoingRequest::new(fields);
        let part = |what: &str| format!("{what} not accepted");
        request
            .set_method(&self.method)
            .map_err(|()| part("method"))?;
        request
            .set_scheme(Some(&self.scheme))
            .map_err(|()| part("scheme"))?;
        request
            .set_authority(Some(&self.authority))
            .map_err(|()| part("authority"))?;
        request
            .set_path_with_query(Some(&self.path))
            .map_err(|()| part("path"))?;
        let body = request.body().map_err(|()| part("body"))?;
        let stream = body.write().map_err(|()| part("body"))?;
        let answer = outgoing_handler::handle(request, None).map_err(|error| code(&error))?;
        Ok(Upload {
            stream,
            body,
            answer,
        })
    }
}

impl Upload {
    /// Write up to 4096 bytes and wait until they are taken.
    pub fn write(&mut self, chunk: &[u8]) -> Result<(), String> {
        let written = self.stream.blocking_write_and_flush(chunk);
        written.map_err(|error| format!("body: {}", stream_error(&error)))
    }

    /// End the body and wait for the head of the answer.
    pub fn finish(self) -> Result<Response, String> {
        drop(self.stream);
        OutgoingBody::finish(self.body, None).map_err(|error| code(&error))?;
        wait(&self.answer)
    }

    /// Leave the body open and wait for an answer all the same.
    pub fn answer(&self) -> Result<Response, String> {
        wait(&self.answer)
    }
}

impl Response {
    /// Up to `length` bytes of the body; nothing at its end.
    pub fn read(&mut self, length: u64) -> Result<Option<Vec<u8>>, String> {
        match self.stream.blocking_read(length) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StreamError::Closed) => Ok(None),
            Err(error) => Err(format!("body: {}", stream_error(&error))),
        }
    }

    /// The whole body.
    pub fn bytes(&mut self) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        while let Some(bytes) = self.read(1 << 16)? {
            all.extend(bytes);
        }
        Ok(all)
    }

    /// The whole body as text.
    pub fn text(&mut self) -> Result<String, String> {
        Ok(String::from_utf8_lossy(&self.bytes()?).into_owned())
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    }
}

fn wait(answer: &outgoing_handler::FutureIncomingResponse) -> Result<Response, String> {
    answer.subscribe().block();
    let once = answer.get().ok_or("no answer")?;
    let response = once
        .map_err(|()| "taken twice")?
        .map_err(|error| code(&error))?;
    let body = response.consume().map_err(|()| "no body")?;
    let stream = body.stream().map_err(|()| "no stream")?;
    Ok(Response {
        status: response.status(),
        headers: response.headers().entries(),
        stream,
        _body: body,
        _response: response,
    })
}

/// The error's name, such as `HttpRequestDenied`.
fn code(error: &ErrorCode) -> String {
    let text = format!("{error:?}");
    text.strip_prefix("ErrorCode::")
        .map(str::to_owned)
        .unwrap_or(text)
}

fn stream_error(error: &StreamError) -> String {
    match error {
        StreamError::Closed => "closed".to_owned(),
        StreamError::LastOperationFailed(error) => {
            match crate::wasi::http::types::http_error_code(error) {
                Some(known) => code(&known),
                None => error.to_debug_string(),
            }
        }
    }
}

fn method_of(method: &str) -> Method {
    match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_owned()),
    }
}

fn scheme_of(scheme: &str) -> Scheme {
    match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    }
}
