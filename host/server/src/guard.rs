//! Keeps web pages out: a browser on this machine can reach loopback, and runs other people's code.
//!
//! - A page of another origin sends `Origin` with it: only this server's own is accepted.
//! - A page whose name was made to point at 127.0.0.1 (DNS rebinding) is of the same origin, and its `Host` says its name: only
//!   `localhost` and loopback addresses are accepted.
//! - A form needs no script and no permission: a call must be `application/json`, which no form can send.

use axum::http::{HeaderMap, Uri, header, uri::Authority};

/// What helps whoever was refused.
pub const HINT: &str =
    "Call from a program on this machine, at the address that was printed; a web page may not.";

/// Whether the request was made for this machine, by a program on it.
///
/// # Errors
/// What is wrong, in one sentence.
pub fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), &'static str> {
    let Some(authority) = authority(uri, headers) else {
        return Err("The request does not say which host it is for.");
    };
    if !is_loopback(&authority) {
        return Err("The request is for another host than this machine.");
    }
    let own = |origin: &str| origin.strip_prefix("http://") == Some(authority.as_str());
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match origins.all(|origin| origin.to_str().is_ok_and(own)) {
        true => Ok(()),
        false => Err("The request comes from a web page of another origin."),
    }
}

/// Whether the body says that it is JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    let told = headers.get(header::CONTENT_TYPE);
    let media = told.and_then(|told| told.to_str().ok()?.split(';').next());
    media.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
}

/// What the request says it is for. HTTP/2 has it in the URL, HTTP/1 in a header; two that differ are none.
pub fn authority(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let mut told = uri.authority().cloned().into_iter().map(Some).chain(
        headers
            .get_all(header::HOST)
            .iter()
            .map(|host| host.to_str().ok()?.parse().ok()),
    );
    let first = told.next()??;
    told.all(|other| other.as_ref() == Some(&first))
        .then_some(first)
}

/// Whether it names this machine.
pub fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}
