//! `/services/data`: versions, resources, limits.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{Path, State as Shared};
use axum::response::Response;
use serde_json::{Map, Value as Json, json};

use super::json;
use crate::error::ApiError;
use crate::state::State;

/// The API versions served.
const VERSIONS: std::ops::RangeInclusive<u32> = 31..=64;

/// Whether `v62.0` is a version of ours.
pub(super) fn known(version: &str) -> Result<(), ApiError> {
    let number = version
        .strip_prefix('v')
        .and_then(|rest| rest.strip_suffix(".0")?.parse().ok());
    match number {
        Some(number) if VERSIONS.contains(&number) => Ok(()),
        _ => Err(ApiError::not_found()),
    }
}

pub(super) async fn list() -> Response {
    let versions: Vec<Json> = VERSIONS
        .map(|number| {
            // Three releases a year; 64 is Summer '25.
            let season = ["Spring", "Summer", "Winter"][usize::try_from(number % 3).unwrap_or(0)];
            let year = (number + 1) / 3 + 3;
            let label = match season {
                "Summer" => format!("Summer '{}", year),
                "Winter" => format!("Winter '{}", year + 1),
                _ => format!("Spring '{}", year),
            };
            json!({ "label": label, "url": format!("/services/data/v{number}.0"), "version": format!("{number}.0") })
        })
        .collect();
    json(200, &versions)
}

pub(super) async fn resources(Path(version): Path<String>) -> Response {
    let names = [
        "limits",
        "query",
        "queryAll",
        "search",
        "parameterizedSearch",
        "sobjects",
    ];
    let base = format!("/services/data/{version}");
    let map: Map<String, Json> = names
        .iter()
        .map(|name| ((*name).to_owned(), Json::from(format!("{base}/{name}"))))
        .collect();
    json(200, &map)
}

pub(super) async fn limits(Shared(state): Shared<Arc<State>>) -> Response {
    let max = state.daily_limit;
    let remaining = max.saturating_sub(state.used.load(Ordering::SeqCst));
    json(
        200,
        &json!({
            "DailyApiRequests": { "Max": max, "Remaining": remaining },
            "DataStorageMB": { "Max": 5, "Remaining": 3 },
        }),
    )
}
