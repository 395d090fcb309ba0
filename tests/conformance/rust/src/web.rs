//! HTTP through both doors.

use crate::metier::skill::denials;
use crate::metier::skill::fetch::{self, FetchError, Request};
use crate::metier::skill::types::Error;
use crate::wasi::http::outgoing_handler;
use crate::wasi::http::types::{
    Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme,
};
use crate::wasi::io::streams::StreamError;

/// Most bytes a stream takes in one blocking write, by its specification.
const WRITE_CHUNK: usize = 4096;

/// Bytes asked for at once.
const READ_CHUNK: u64 = 64 << 10;

/// Through `metier:skill/fetch`.
pub fn through_fetch(method: String, url: String, body: Option<String>) -> Result<String, Error> {
    let request = Request {
        method,
        url,
        headers: vec![("x-conformance".to_owned(), "yes".to_owned())],
        body: body.map(String::into_bytes),
        timeout_ms: None,
        follow_redirects: 5,
    };
    let response = fetch::fetch(&request).map_err(unfetched)?;
    answer(response.status, response.body)
}

fn unfetched(error: FetchError) -> Error {
    match error {
        FetchError::Denied(why) => Error::Denied(format!("{}: {}", why.code, why.message)),
        FetchError::InvalidRequest(why) => Error::InvalidInput(why),
        FetchError::Timeout(why) | FetchError::Unreachable(why) => Error::Unavailable(why),
        FetchError::TooLarge(limit) => Error::Internal(format!("larger than {limit} bytes")),
    }
}

/// Through `wasi:http`.
pub fn through_wasi(method: &str, url: &str, body: Option<String>) -> Result<String, Error> {
    let response = send(method, url, body.as_deref()).map_err(unsent)?;
    let status = response.status();
    let body = receive(&response).map_err(unsent)?;
    answer(status, body)
}

fn unsent(why: String) -> Error {
    match denials::last() {
        Some(denial) => Error::Denied(format!("{}: {}", denial.code, denial.message)),
        None => Error::Unavailable(why),
    }
}

fn answer(status: u16, body: Vec<u8>) -> Result<String, Error> {
    match status {
        200 => Ok(String::from_utf8_lossy(&body).into_owned()),
        other => Err(Error::Unavailable(format!("status {other}"))),
    }
}

fn send(method: &str, url: &str, body: Option<&str>) -> Result<IncomingResponse, String> {
    let request = request(method, url)?;
    let outgoing = request.body().map_err(refused("the body"))?;
    let pending = outgoing_handler::handle(request, None).map_err(|code| code.to_string())?;
    let stream = outgoing.write().map_err(refused("the body"))?;
    for chunk in body.unwrap_or_default().as_bytes().chunks(WRITE_CHUNK) {
        let written = stream.blocking_write_and_flush(chunk);
        written.map_err(|error| error.to_string())?;
    }
    drop(stream);
    OutgoingBody::finish(outgoing, None).map_err(|code| code.to_string())?;
    pending.subscribe().block();
    match pending.get() {
        Some(Ok(Ok(response))) => Ok(response),
        Some(Ok(Err(code))) => Err(code.to_string()),
        _ => Err("no answer".to_owned()),
    }
}

fn request(method: &str, url: &str) -> Result<OutgoingRequest, String> {
    let (scheme, rest) = url.split_once("://").ok_or("no scheme")?;
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        other => Method::Other(other.to_owned()),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let headers = [("x-conformance".to_owned(), b"yes".to_vec())];
    let headers = Fields::from_list(&headers).map_err(|error| error.to_string())?;
    let request = OutgoingRequest::new(headers);
    request.set_method(&method).map_err(refused("the method"))?;
    let scheme = request.set_scheme(Some(&scheme));
    scheme.map_err(refused("the scheme"))?;
    let authority = request.set_authority(Some(authority));
    authority.map_err(refused("the authority"))?;
    let path = request.set_path_with_query(Some(path));
    path.map_err(refused("the path"))?;
    Ok(request)
}

fn refused(what: &str) -> impl FnOnce(()) -> String {
    move |()| format!("{what} was not accepted")
}

fn receive(response: &IncomingResponse) -> Result<Vec<u8>, String> {
    let body: IncomingBody = response.consume().map_err(refused("the answer"))?;
    let stream = body.stream().map_err(refused("the answer"))?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(READ_CHUNK) {
            Ok(piece) => bytes.extend(piece),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(error) => return Err(error.to_string()),
        }
    }
}
