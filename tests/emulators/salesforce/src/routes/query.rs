//! Queries, their further pages, and searches.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;

use super::json;
use crate::error::ApiError;
use crate::soql::row::Row;
use crate::sosl;
use crate::state::{Page, State};
use serde_json::Value as Json;

type Parameters = Query<HashMap<String, String>>;
type Answer = Result<Response, ApiError>;

pub(super) async fn query(
    Shared(state): Shared<Arc<State>>,
    Path(version): Path<String>,
    Query(parameters): Parameters,
    headers: HeaderMap,
) -> Answer {
    first(&state, &version, &parameters, &headers, "query")
}

pub(super) async fn query_all(
    Shared(state): Shared<Arc<State>>,
    Path(version): Path<String>,
    Query(parameters): Parameters,
    headers: HeaderMap,
) -> Answer {
    first(&state, &version, &parameters, &headers, "queryAll")
}

fn first(
    state: &State,
    version: &str,
    parameters: &HashMap<String, String>,
    headers: &HeaderMap,
    resource: &str,
) -> Answer {
    let text = required(parameters, "q")?;
    let answer = crate::soql::query(
        &state.read(),
        text,
        state.clock.now(),
        resource == "queryAll",
        version,
    )?;
    let page = state
        .cursors
        .open(answer.total, answer.rows, page_size(state, headers));
    Ok(json(200, &page_row(page, version, resource)))
}

pub(super) async fn more(
    Shared(state): Shared<Arc<State>>,
    Path((version, locator)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let page = state.cursors.page(&locator, page_size(&state, &headers))?;
    Ok(json(200, &page_row(page, &version, "query")))
}

pub(super) async fn search(
    Shared(state): Shared<Arc<State>>,
    Path(version): Path<String>,
    Query(parameters): Parameters,
) -> Answer {
    let text = required(&parameters, "q")?;
    let rows = sosl::search(&state.read(), text, state.clock.now(), &version)?;
    Ok(json(200, &found(rows)))
}

/// `?q=words&sobject=Account&Account.fields=Id,Name`: the same search without SOSL's syntax.
pub(super) async fn parameterized(
    Shared(state): Shared<Arc<State>>,
    Path(version): Path<String>,
    Query(parameters): Parameters,
) -> Answer {
    let escaped: String = required(&parameters, "q")?
        .chars()
        .flat_map(|char| {
            (!char.is_alphanumeric() && char != ' ')
                .then_some('\\')
                .into_iter()
                .chain([char])
        })
        .collect();
    let mut text = format!("FIND {{{escaped}}}");
    if let Some(object) = parameters.get("sobject") {
        let own = parameters
            .get(&format!("{object}.fields"))
            .or_else(|| parameters.get("fields"));
        let fields = own.map_or("Id", String::as_str);
        text = format!("{text} RETURNING {object}({fields})");
    }
    let rows = sosl::search(&state.read(), &text, state.clock.now(), &version)?;
    Ok(json(200, &found(rows)))
}

fn required<'a>(parameters: &'a HashMap<String, String>, name: &str) -> Result<&'a str, ApiError> {
    parameters.get(name).map(String::as_str).ok_or_else(|| {
        ApiError::bad(
            "MALFORMED_QUERY",
            format!("the parameter '{name}' has to be specified"),
        )
    })
}

fn page_size(state: &State, headers: &HeaderMap) -> usize {
    state.page_for(
        headers
            .get("sforce-query-options")
            .and_then(|value| value.to_str().ok()),
    )
}

fn page_row(page: Page, version: &str, resource: &str) -> Row {
    let mut members = vec![
        ("totalSize".to_owned(), Row::Leaf(Json::from(page.total))),
        (
            "done".to_owned(),
            Row::Leaf(Json::from(page.next.is_none())),
        ),
    ];
    if let Some(next) = page.next {
        let url = format!("/services/data/{version}/{resource}/{next}");
        members.push(("nextRecordsUrl".to_owned(), Row::Leaf(Json::from(url))));
    }
    members.push(("records".to_owned(), Row::List(page.rows)));
    Row::Node(members)
}

fn found(rows: Vec<Row>) -> Row {
    Row::Node(vec![("searchRecords".to_owned(), Row::List(rows))])
}
