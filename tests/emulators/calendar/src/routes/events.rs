//! Events, and who is busy when.

use std::collections::HashMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Shared;
use crate::account::{Account, Wanted};
use crate::moment;
use crate::refused::Refused;

/// The largest page, and a page when nothing is said; Google's own.
const MAX_PAGE: usize = 2_500;
const PAGE: usize = 250;

/// Calendars one question about free times may name; Google's own.
const MAX_ASKED: usize = 50;

type Parameters = Query<HashMap<String, String>>;
type Answer = Result<Json<Value>, Refused>;

fn body(bytes: &[u8]) -> Result<Value, Refused> {
    serde_json::from_slice(bytes).map_err(|error| {
        Refused::bad(
            "parseError",
            format!("This API does not support parsing the body: {error}"),
        )
    })
}

fn tells(parameters: &HashMap<String, String>) -> bool {
    parameters
        .get("sendUpdates")
        .is_some_and(|who| who == "all")
}

pub(super) async fn insert(
    State(shared): State<Shared>,
    Path(calendar): Path<String>,
    Query(parameters): Parameters,
    bytes: Bytes,
) -> Answer {
    let (calendar, said) = (Account::calendar(&calendar)?, body(&bytes)?);
    shared
        .account()
        .insert(calendar, &said, tells(&parameters))
        .map(Json)
}

pub(super) async fn read(
    State(shared): State<Shared>,
    Path((calendar, event)): Path<(String, String)>,
) -> Answer {
    shared
        .account()
        .get(Account::calendar(&calendar)?, &event)
        .map(Json)
}

pub(super) async fn patch(
    State(shared): State<Shared>,
    Path((calendar, event)): Path<(String, String)>,
    Query(parameters): Parameters,
    bytes: Bytes,
) -> Answer {
    let (calendar, said) = (Account::calendar(&calendar)?, body(&bytes)?);
    shared
        .account()
        .patch(calendar, &event, &said, tells(&parameters))
        .map(Json)
}

pub(super) async fn delete(
    State(shared): State<Shared>,
    Path((calendar, event)): Path<(String, String)>,
    Query(parameters): Parameters,
) -> Result<StatusCode, Refused> {
    let calendar = Account::calendar(&calendar)?;
    shared
        .account()
        .delete(calendar, &event, tells(&parameters))?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn list(
    State(shared): State<Shared>,
    Path(calendar): Path<String>,
    Query(parameters): Parameters,
) -> Answer {
    let calendar = Account::calendar(&calendar)?;
    let given = |name: &str| parameters.get(name).map(String::as_str);
    let time = |name: &str| {
        given(name)
            .map(|text| moment::parse(name, text))
            .transpose()
    };
    let number = |name: &str| given(name).and_then(|text| text.parse::<usize>().ok());
    let wanted = Wanted {
        from: time("timeMin")?,
        until: time("timeMax")?,
        words: given("q").map(str::to_owned),
        cancelled: given("showDeleted") == Some("true"),
        by_start: given("orderBy") == Some("startTime"),
    };
    if wanted.by_start && given("singleEvents") != Some("true") {
        return Err(Refused::bad(
            "badRequest",
            "The requested ordering is not available for the particular query.",
        ));
    }
    let found = shared.account().list(calendar, &wanted);
    let start = number("pageToken").unwrap_or(0);
    let size = number("maxResults").unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let end = start.saturating_add(size).min(found.len());
    let mut page = json!({
        "kind": "calendar#events", "summary": calendar, "timeZone": "UTC", "accessRole": "owner",
        "items": found.get(start..end).unwrap_or_default(),
    });
    if end < found.len() {
        page["nextPageToken"] = end.to_string().into();
    }
    Ok(Json(page))
}

pub(super) async fn busy(State(shared): State<Shared>, bytes: Bytes) -> Answer {
    let asked = body(&bytes)?;
    let time = |name: &str| match asked[name].as_str() {
        Some(text) => moment::parse(name, text),
        None => Err(Refused::bad(
            "required",
            format!("Missing {name} parameter."),
        )),
    };
    let (from, until) = (time("timeMin")?, time("timeMax")?);
    if until <= from {
        return Err(Refused::bad(
            "timeRangeEmpty",
            "The specified time range is empty.",
        ));
    }
    let items = asked["items"].as_array().cloned().unwrap_or_default();
    if items.len() > MAX_ASKED {
        return Err(Refused::bad(
            "tooManyCalendarsRequested",
            "Too many calendars.",
        ));
    }
    let account = shared.account();
    let mut calendars = Map::new();
    for name in items.iter().filter_map(|item| item["id"].as_str()) {
        let answer = match Account::calendar(name) {
            Ok(person) => json!({ "busy": account.busy(person, from, until) }),
            Err(_) => {
                json!({ "busy": [], "errors": [{ "domain": "global", "reason": "notFound" }] })
            }
        };
        calendars.insert(name.to_owned(), answer);
    }
    Ok(Json(json!({
        "kind": "calendar#freeBusy", "timeMin": moment::utc(from), "timeMax": moment::utc(until), "calendars": calendars,
    })))
}
