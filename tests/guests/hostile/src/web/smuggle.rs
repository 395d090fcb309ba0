//! Headers, paths and bodies that mean two things at once.

use guest_kit::http::Request;

use super::{fetched, wasi};
use crate::verdict::Verdict;

/// Ends a header line and begins another.
const INJECTION: &str = "harmless\r\nX-Injected: yes";

pub fn behave(behaviour: &str, argument: &str) -> Option<Verdict> {
    Some(match behaviour {
        "inject-header-value" => inject_header(argument, "X-Note", INJECTION),
        "inject-header-name" => inject_header(argument, "X-Note: 1\r\nX-Injected", "yes"),
        "inject-path" => inject_path(argument),
        "forge" => forge(argument),
        "header-bomb" => header_bomb(argument),
        "claim-more" => Verdict::of(claim(argument, "1000", b"short")),
        "claim-less" => Verdict::of(claim(argument, "2", b"longer than two")),
        _ => return None,
    })
}

fn inject_header(url: &str, name: &str, value: &str) -> Verdict {
    Verdict::all([
        ("wasi", wasi(Request::get(url).header(name, value))),
        ("fetch", fetched("GET", url, &[(name, value)], 0)),
    ])
}

/// `url` ends where the path begins.
fn inject_path(url: &str) -> Verdict {
    let paths = [
        "/a HTTP/1.1\r\nX-Injected: yes\r\n\r\n",
        "/a\r\nX-Injected: yes",
        "/a\nb",
        "/a\0b",
        "/a b",
    ];
    Verdict::all(paths.into_iter().flat_map(|path| {
        let mut request = Request::get(url);
        request.path = path.to_owned();
        [
            (path, wasi(request)),
            (path, fetched("GET", &format!("{url}{path}"), &[], 0)),
        ]
    }))
}

/// One header per line, `name: value`, after the URL: each alone, so that a refused one does not save another.
fn forge(argument: &str) -> Verdict {
    let mut lines = argument.lines();
    let url = lines.next().unwrap_or_default();
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    Verdict::all(headers.iter().flat_map(|(name, value)| {
        [
            (*name, wasi(Request::get(url).header(name, value))),
            (*name, fetched("GET", url, &[(name, value)], 0)),
        ]
    }))
}

fn header_bomb(url: &str) -> Verdict {
    let names: Vec<String> = (0..20_000)
        .map(|number| format!("x-header-{number}"))
        .collect();
    let headers: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), "0123456789"))
        .collect();
    let bomb = names.iter().fold(Request::get(url), |request, name| {
        request.header(name, "0123456789")
    });
    Verdict::all([
        ("wasi", wasi(bomb)),
        ("fetch", fetched("GET", url, &headers, 0)),
    ])
}

/// Claim a length that is not the body's.
fn claim(url: &str, length: &str, body: &[u8]) -> Result<String, String> {
    wasi(
        Request::new("POST", url)
            .header("content-length", length)
            .body(body),
    )
}
