//! Single records: read, create, update, delete.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value as Json, json};

use super::json;
use crate::error::ApiError;
use crate::org::Object;
use crate::soql::plan;
use crate::soql::row::Row;
use crate::state::State;

type Answer = Result<Response, ApiError>;

/// The object of a path.
pub(super) fn object(name: &str) -> Result<&'static Object, ApiError> {
    Object::find(name).ok_or_else(ApiError::not_found)
}

pub(super) async fn read(
    Shared(state): Shared<Arc<State>>,
    Path((version, name, id)): Path<(String, String, String)>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Answer {
    let object = object(&name)?;
    let org = state.read();
    let record = org.record(object, &id)?;
    let fields: Vec<&str> = match parameters.get("fields") {
        Some(fields) => fields.split(',').collect(),
        None => object.fields.iter().map(|field| field.name).collect(),
    };
    let columns = plan::columns(object, &fields).map_err(|error| error.to_api(""))?;
    Ok(json(200, &Row::of(&org, record, &columns, &version)))
}

pub(super) async fn create(
    Shared(state): Shared<Arc<State>>,
    Path((version, name)): Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let object = object(&name)?;
    let fields = parse(&body)?;
    let id = state.write().create(object, &fields, state.clock.now())?;
    let mut response = json(201, &json!({ "id": id, "success": true, "errors": [] }));
    let location = format!("/services/data/{version}/sobjects/{}/{id}", object.name);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

pub(super) async fn update(
    Shared(state): Shared<Arc<State>>,
    Path((_, name, id)): Path<(String, String, String)>,
    body: Bytes,
) -> Answer {
    let object = object(&name)?;
    let fields = parse(&body)?;
    state
        .write()
        .update(object, &id, &fields, state.clock.now())?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn delete(
    Shared(state): Shared<Arc<State>>,
    Path((_, name, id)): Path<(String, String, String)>,
) -> Answer {
    state
        .write()
        .delete(object(&name)?, &id, state.clock.now())?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn parse(body: &[u8]) -> Result<Map<String, Json>, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        ApiError::bad(
            "JSON_PARSER_ERROR",
            format!(
                "Unexpected content at [line:{}, column:{}]: an object of fields was expected",
                error.line(),
                error.column()
            ),
        )
    })
}
