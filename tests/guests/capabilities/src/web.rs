//! HTTP through both doors, and why not.

use guest_kit::http;
use guest_kit::skill::{denials, fetch};

use crate::bindings::exports::metier_test::capabilities::web::{Answer, Ask, Guest};
use crate::{Capabilities, Error};

/// Bytes read at once when only the size of a body is wanted.
const PIECE: u64 = 16 << 10;

impl Guest for Capabilities {
    fn request(ask: Ask) -> Result<Answer, Error> {
        answer(ask).map_err(Error::Unavailable)
    }

    fn fetch(ask: Ask, follow_redirects: u8, timeout_ms: Option<u32>) -> Result<Answer, Error> {
        let request = fetch::Request {
            method: ask.method,
            url: ask.url,
            headers: ask.headers,
            body: ask.body.map(String::into_bytes),
            timeout_ms,
            follow_redirects,
        };
        let response = fetch::fetch(&request).map_err(unfetched)?;
        Ok(Answer {
            status: response.status,
            headers: response.headers,
            body: String::from_utf8_lossy(&response.body).into_owned(),
        })
    }

    fn measure(url: String) -> Result<u64, Error> {
        let mut response = http::Request::get(&url)
            .send()
            .map_err(Error::Unavailable)?;
        let mut size = 0;
        while let Some(bytes) = response.read(PIECE).map_err(Error::Unavailable)? {
            size += bytes.len() as u64;
        }
        Ok(size)
    }

    fn explain(ask: Ask) -> Option<(String, String)> {
        let _ = answer(ask);
        denials::last().map(|denial| (denial.code, denial.message))
    }
}

fn answer(ask: Ask) -> Result<Answer, String> {
    let mut request = http::Request::new(&ask.method, &ask.url);
    for (name, value) in &ask.headers {
        request = request.header(name, value);
    }
    if let Some(body) = ask.body {
        request = request.body(body);
    }
    let mut response = request.send()?;
    let body = response.text()?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let headers = std::mem::take(&mut response.headers);
    let headers = headers
        .into_iter()
        .map(|(name, value)| (name, text(value)))
        .collect();
    Ok(Answer {
        status: response.status,
        headers,
        body,
    })
}

fn unfetched(error: fetch::FetchError) -> Error {
    use fetch::FetchError as F;
    match error {
        F::Denied(denial) => Error::Denied(format!("{}: {}", denial.code, denial.message)),
        F::InvalidRequest(why) => Error::InvalidInput(why),
        F::Timeout(why) | F::Unreachable(why) => Error::Unavailable(why),
        F::TooLarge(limit) => Error::Internal(format!("more than {limit} bytes")),
    }
}
