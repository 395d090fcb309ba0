//! Who may ask: everybody with the key, where their provider wants it.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;

use super::{Shared, refuse};
use crate::wire::{Anthropic, Refused, Why};

pub(super) async fn known(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let is_right = header(request.headers(), "x-api-key") == Some(&shared.key);
    match is_right {
        true => next.run(request).await,
        false => refuse(
            &Anthropic,
            401,
            &Refused::new(Why::Unauthorized, "invalid x-api-key"),
        ),
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
