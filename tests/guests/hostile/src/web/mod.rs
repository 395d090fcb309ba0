//! Sending what should not be sent, to where it should not go.

mod bulk;
mod smuggle;

use guest_kit::http::Request;
use guest_kit::skill::fetch;

use crate::verdict::Verdict;

pub fn behave(behaviour: &str, argument: &str) -> Option<Verdict> {
    Some(match behaviour {
        "get" => Verdict::all(argument.lines().flat_map(|url| both("GET", url))),
        "request" => {
            let (method, url) = argument.split_once(' ').unwrap_or(("GET", argument));
            Verdict::all(both(method, url))
        }
        "redirect" => Verdict::all([("fetch", redirected(argument)), ("wasi", by_hand(argument))]),
        other => return smuggle::behave(other, argument).or_else(|| bulk::behave(other, argument)),
    })
}

/// Through both doors, with nothing but the URL.
fn both<'a>(method: &str, url: &'a str) -> [(&'a str, Result<String, String>); 2] {
    [
        (url, wasi(Request::new(method, url))),
        (url, fetched(method, url, &[], 0)),
    ]
}

/// Through `wasi:http`: the status.
fn wasi(request: Request) -> Result<String, String> {
    let mut response = request.send()?;
    let body = response.text()?;
    Ok(format!("{} {body}", response.status))
}

/// Through `fetch`: the status.
fn fetched(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    redirects: u8,
) -> Result<String, String> {
    let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    let request = fetch::Request {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: headers.iter().map(owned).collect(),
        body: None,
        timeout_ms: None,
        follow_redirects: redirects,
    };
    let response = fetch::fetch(&request).map_err(|error| format!("{error:?}"))?;
    Ok(format!(
        "{} {}",
        response.status,
        String::from_utf8_lossy(&response.body)
    ))
}

/// Let the host follow redirects; a redirect that is not followed comes back as it is.
fn redirected(url: &str) -> Result<String, String> {
    let answer = fetched("GET", url, &[], 10)?;
    match answer.starts_with('3') {
        true => Err(format!("not followed: {answer}")),
        false => Ok(answer),
    }
}

/// Follow one redirect as a program of its own would.
fn by_hand(url: &str) -> Result<String, String> {
    let location = Request::get(url)
        .send()?
        .header("location")
        .ok_or("no redirect")?;
    wasi(Request::get(&location))
}
