//! The style, the script and the mark.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use metier_core::Digest;

use crate::app::App;

/// Where the style is.
pub const STYLE: &str = "/console/style.css";

/// Where the script is.
pub const SCRIPT: &str = "/console/script.js";

/// A file that is part of the program.
struct Asset {
    media_type: &'static str,
    text: &'static str,
    tag: String,
}

impl Asset {
    fn new(media_type: &'static str, text: &'static str) -> Asset {
        let tag = format!("\"{}\"", Digest::of(text.as_bytes()));
        Asset {
            media_type,
            text,
            tag,
        }
    }

    /// The file, or word that the browser has it already.
    fn answer(&self, headers: &HeaderMap) -> Response {
        let known = headers.get(header::IF_NONE_MATCH);
        let known = known.and_then(|known| known.to_str().ok());
        let is_known =
            known.is_some_and(|known| known.split(',').any(|tag| tag.trim() == self.tag));
        let mut response = match is_known {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => ([(header::CONTENT_TYPE, self.media_type)], self.text).into_response(),
        };
        let headers = response.headers_mut();
        let ask_again = HeaderValue::from_static("no-cache");
        headers.insert(header::CACHE_CONTROL, ask_again);
        if let Ok(tag) = HeaderValue::from_str(&self.tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }
}

static STYLE_FILE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("text/css; charset=utf-8", include_str!("style.css")));
static SCRIPT_FILE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("text/javascript; charset=utf-8", include_str!("script.js")));
static ICON_FILE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("image/svg+xml", include_str!("icon.svg")));

/// The style, for pages beside the console.
pub fn style(headers: &HeaderMap) -> Response {
    STYLE_FILE.answer(headers)
}

/// The mark, for pages beside the console.
pub fn icon(headers: &HeaderMap) -> Response {
    ICON_FILE.answer(headers)
}

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            STYLE,
            get(|headers: HeaderMap| async move { STYLE_FILE.answer(&headers) }),
        )
        .route(
            SCRIPT,
            get(|headers: HeaderMap| async move { SCRIPT_FILE.answer(&headers) }),
        )
        .route(
            "/console/icon.svg",
            get(|headers: HeaderMap| async move { ICON_FILE.answer(&headers) }),
        )
}
