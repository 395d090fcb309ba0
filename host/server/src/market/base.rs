//! Where the market is called.

use std::{convert::Infallible, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};

use super::MarketApp;
use crate::{guard, tls::OverTls};

/// `http://127.0.0.1:6385`, without a slash at the end.
pub struct Base(pub String);

impl Base {
    /// Without the scheme, as a registry is named.
    pub fn host(&self) -> &str {
        self.0.split_once("://").map_or(&self.0, |(_, host)| host)
    }
}

impl FromRequestParts<Arc<MarketApp>> for Base {
    type Rejection = Infallible;

    /// As the operator says; else as the request does, which is cached for nobody but who names the market so.
    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<MarketApp>,
    ) -> Result<Self, Infallible> {
        if let Some(url) = &app.settings.url {
            return Ok(Base(url.trim_end_matches('/').to_owned()));
        }
        let scheme = match parts.extensions.get::<OverTls>() {
            Some(_) => "https",
            None => "http",
        };
        let authority = guard::authority(&parts.uri, &parts.headers);
        let host = authority.map_or("localhost".to_owned(), |host| host.to_string());
        Ok(Base(format!("{scheme}://{host}")))
    }
}
