//! From an address to a page: redirects, `robots.txt`, and what can go wrong.

mod media_type;
mod robots;
#[cfg(test)]
mod tests;

use url::Url;

use crate::Error;
use crate::bindings::metier::skill::fetch::{FetchError, Request, Response};
use crate::bindings::metier::skill::types::RateLimit;

pub use media_type::MediaType;
use robots::Robots;

/// What this reader calls itself; the part before `/` is what `robots.txt` rules name.
pub const AGENT: &str = "metier-web/0.1";

/// Most redirects that are followed: as browsers' patience, halved.
const REDIRECTS: usize = 5;

/// A page that answered.
pub struct Found {
    /// Its address, after redirects.
    pub url: Url,
    /// What it is.
    pub media_type: MediaType,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// The one thing asked of the host.
pub trait Fetch: Fn(&Request) -> Result<Response, FetchError> {}
impl<F: Fn(&Request) -> Result<Response, FetchError>> Fetch for F {}

/// Fetch a page, if its site does not ask robots to stay away.
pub fn visit(fetch: &impl Fetch, url: &str) -> Result<Found, Error> {
    let mut url = parse(url)?;
    let mut robots: Option<Robots> = None;
    for _ in 0..=REDIRECTS {
        let known = robots.take().filter(|known| known.are_of(&url));
        let rules = match known {
            Some(known) => known,
            None => Robots::ask(fetch, &url)?,
        };
        rules.check(&url)?;
        robots = Some(rules);
        let response = fetch(&get(&url)).map_err(|error| unreached(&url, error))?;
        match redirect(&url, &response)? {
            Some(next) => url = next,
            None => return found(url, response),
        }
    }
    Err(Error::Unavailable(format!(
        "{url} leads on and on: more than {REDIRECTS} redirects"
    )))
}

/// Only what a browser's address bar takes. A fragment is the reader's, not the server's.
fn parse(text: &str) -> Result<Url, Error> {
    let mut url = Url::parse(text.trim()).map_err(|error| {
        Error::InvalidInput(format!(
            "`url` is no address: {error}; write it whole, such as https://example.com/page"
        ))
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Error::InvalidInput(format!(
            "`url` begins with `{}:`; this reads https and http pages",
            url.scheme()
        )));
    }
    url.set_fragment(None);
    Ok(url)
}

/// A request for this address; redirects are followed by hand, since each may lead to another site's rules.
fn get(url: &Url) -> Request {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Request {
        method: "GET".to_owned(),
        url: url.to_string(),
        headers: vec![
            header("user-agent", AGENT),
            header(
                "accept",
                "text/html, application/xhtml+xml, text/plain;q=0.8, */*;q=0.1",
            ),
        ],
        body: None,
        timeout_ms: None,
        follow_redirects: 0,
    }
}

/// Where a redirect leads.
fn redirect(url: &Url, response: &Response) -> Result<Option<Url>, Error> {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = header(response, "location") else {
        return Ok(None);
    };
    let next = url.join(location).map_err(|_| {
        Error::Unavailable(format!("{url} leads to `{location}`, which is no address"))
    })?;
    parse(next.as_str()).map(Some)
}

fn found(url: Url, response: Response) -> Result<Found, Error> {
    refused(&url, &response)?;
    let media_type = MediaType::of(header(&response, "content-type"), &response.body);
    Ok(Found {
        url,
        media_type,
        body: response.body,
    })
}

/// What a status that is no success means to the caller.
fn refused(url: &Url, response: &Response) -> Result<(), Error> {
    let status = response.status;
    Err(match status {
        200..=299 => return Ok(()),
        404 | 410 => Error::NotFound(format!("{url} does not exist (HTTP {status})")),
        401 | 403 | 451 => Error::Denied(format!("{url} is not open to everybody (HTTP {status})")),
        429 => Error::RateLimited(RateLimit {
            message: format!("{url} asks to come back later (HTTP 429)"),
            retry_after_seconds: header(response, "retry-after")
                .and_then(|seconds| seconds.parse().ok()),
        }),
        500..=599 => Error::Unavailable(format!("{url} is in trouble (HTTP {status})")),
        _ => Error::InvalidInput(format!("{url} does not answer with a page (HTTP {status})")),
    })
}

/// Why there is no answer, in words for whoever asked.
fn unreached(url: &Url, error: FetchError) -> Error {
    match error {
        FetchError::Denied(denial) => Error::Denied(denial.message),
        FetchError::InvalidRequest(why) => {
            Error::InvalidInput(format!("{url} cannot be asked for: {why}"))
        }
        FetchError::Timeout(why) => {
            Error::Unavailable(format!("{url} did not answer in time: {why}"))
        }
        FetchError::Unreachable(why) => {
            Error::Unavailable(format!("{url} cannot be reached: {why}"))
        }
        FetchError::TooLarge(limit) => Error::InvalidInput(format!(
            "{url} is larger than the {limit} bytes this call may read"
        )),
    }
}

/// The first header of this name; the host gives names in lower case.
fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    let found = response.headers.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}
