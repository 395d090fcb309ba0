//! Whether this is a registry, and tokens the way clients of registries ask for them.
//!
//! A client that is refused is told to ask here with the name and password it has; the password is the publisher's token, and is
//! what it gets. Without them it gets the token of nobody, with which everything is read.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{OciError, OciResult};
use crate::market::{
    MarketApp,
    base::Base,
    who::{self, NOBODY, Who},
};

/// Where tokens are.
pub const PATH: &str = "/v2/token";

/// How long a client may use what it got, in seconds.
const LIFETIME: u64 = 300;

/// Whether this is a registry. Whoever comes without a token is told where to get one, also for reading, which needs none: some clients
/// only ever learn here how to show theirs.
pub async fn base(
    State(app): State<Arc<MarketApp>>,
    base: Base,
    headers: HeaderMap,
) -> OciResult<Response> {
    match who::who(&app, &headers).await? {
        Who::Nobody if !headers.contains_key("authorization") => Err(OciError::no_token(
            &base,
            None,
            "ask for a token, or read without one",
        )),
        Who::Unknown => Err(OciError::no_token(
            &base,
            None,
            "the token is none, or none any more",
        )),
        Who::Nobody | Who::Publisher(..) | Who::Run(..) => {
            let mut response = Json(json!({})).into_response();
            let version = HeaderValue::from_static("registry/2.0");
            response
                .headers_mut()
                .insert("docker-distribution-api-version", version);
            Ok(response)
        }
    }
}

/// The token of whoever asks.
pub async fn issue(
    State(app): State<Arc<MarketApp>>,
    base: Base,
    headers: HeaderMap,
) -> OciResult<Json<BTreeMap<&'static str, Value>>> {
    let token = match who::who(&app, &headers).await? {
        Who::Nobody => NOBODY.to_owned(),
        Who::Publisher(_, token) | Who::Run(_, token) => token,
        Who::Unknown => {
            let message = "the password is no publisher's token, or none any more";
            return Err(OciError::no_token(&base, None, message));
        }
    };
    Ok(Json(BTreeMap::from([
        ("token", json!(token)),
        ("access_token", json!(token)),
        ("expires_in", json!(LIFETIME)),
    ])))
}
