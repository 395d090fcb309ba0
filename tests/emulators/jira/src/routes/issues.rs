//! Issues: made, read, changed, moved, commented on.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::{Answer, Shared, body, json as answer, list, nothing};
use crate::site::STATUSES;

/// Version and key.
type Place = Path<(String, String)>;

fn fields(body: &Value) -> Map<String, Value> {
    body["fields"].as_object().cloned().unwrap_or_default()
}

pub(super) async fn create(
    State(shared): State<Shared>,
    Path(version): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let view = shared.view(&version, &headers)?;
    let body = body(&bytes)?;
    let mut site = shared.site();
    let mut shown = view.issue(site.create(&fields(&body))?, &[]);
    if let Some(shown) = shown.as_object_mut() {
        shown.remove("fields");
    }
    Ok(answer(201, shown))
}

pub(super) async fn read(
    State(shared): State<Shared>,
    Path((version, key)): Place,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Answer {
    let view = shared.view(&version, &headers)?;
    let names = list(&query, "fields");
    Ok(answer(200, view.issue(shared.site().issue(&key)?, &names)))
}

pub(super) async fn change(
    State(shared): State<Shared>,
    Path((_, key)): Place,
    bytes: Bytes,
) -> Answer {
    let body = body(&bytes)?;
    shared.site().change(&key, &fields(&body))?;
    Ok(nothing())
}

pub(super) async fn delete(State(shared): State<Shared>, Path((_, key)): Place) -> Answer {
    shared.site().delete(&key)?;
    Ok(nothing())
}

pub(super) async fn assign(
    State(shared): State<Shared>,
    Path((_, key)): Place,
    bytes: Bytes,
) -> Answer {
    let body = body(&bytes)?;
    shared.site().assign(&key, &body)?;
    Ok(nothing())
}

pub(super) async fn comments(
    State(shared): State<Shared>,
    Path((version, key)): Place,
    headers: HeaderMap,
) -> Answer {
    let view = shared.view(&version, &headers)?;
    let site = shared.site();
    let comments = &site.issue(&key)?.comments;
    let shown: Vec<Value> = comments
        .iter()
        .map(|comment| view.comment(comment))
        .collect();
    let page = json!({ "startAt": 0, "maxResults": 5000, "total": shown.len(), "comments": shown });
    Ok(answer(200, page))
}

pub(super) async fn comment(
    State(shared): State<Shared>,
    Path((version, key)): Place,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let view = shared.view(&version, &headers)?;
    let body = body(&bytes)?;
    let comment = shared.site().comment(&key, &body["body"])?;
    Ok(answer(201, view.comment(&comment)))
}

pub(super) async fn transitions(State(shared): State<Shared>, Path((_, key)): Place) -> Answer {
    let there = shared.site().transitions(&key)?;
    let id = |name: &str| {
        STATUSES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(id, _)| *id)
    };
    let shown: Vec<Value> = there
        .iter()
        .map(|one| json!({ "id": one.id, "name": one.name, "to": { "id": id(one.to), "name": one.to } }))
        .collect();
    Ok(answer(
        200,
        json!({ "expand": "transitions", "transitions": shown }),
    ))
}

pub(super) async fn transition(
    State(shared): State<Shared>,
    Path((_, key)): Place,
    bytes: Bytes,
) -> Answer {
    let body = body(&bytes)?;
    shared.site().transition(&key, &body["transition"]["id"])?;
    Ok(nothing())
}
