//! What objects and fields there are.

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::response::Response;
use serde_json::{Value as Json, json};

use super::json;
use super::records::object;
use crate::error::ApiError;
use crate::org::{Field, Fill, Kind, OBJECTS, Object};
use crate::soql::plan;
use crate::soql::row::Row;
use crate::state::State;

/// How many recent records `GET …/sobjects/Account` shows.
const RECENT: usize = 5;

pub(super) async fn global(Path(version): Path<String>) -> Response {
    let objects: Vec<Json> = OBJECTS
        .iter()
        .map(|object| summary(object, &version))
        .collect();
    json(
        200,
        &json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects }),
    )
}

pub(super) async fn basic(
    Shared(state): Shared<Arc<State>>,
    Path((version, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let object = object(&name)?;
    let columns =
        plan::columns(object, &["Id", "Name"]).or_else(|_| plan::columns(object, &["Id"]));
    let columns = columns.map_err(|error| error.to_api(""))?;
    let org = state.read();
    let living = org
        .table(object)?
        .all()
        .filter(|record| !record.is_deleted());
    let recent: Vec<Row> = living
        .take(RECENT)
        .map(|record| Row::of(&org, record, &columns, &version))
        .collect();
    Ok(json(
        200,
        &json!({ "objectDescribe": summary(object, &version), "recentItems": recent }),
    ))
}

pub(super) async fn full(
    Path((version, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let object = object(&name)?;
    let mut description = summary(object, &version);
    if let Some(members) = description.as_object_mut() {
        members.insert(
            "fields".to_owned(),
            object.fields.iter().map(field).collect(),
        );
        members.insert("childRelationships".to_owned(), children(object));
        members.insert("recordTypeInfos".to_owned(), json!([]));
    }
    Ok(json(200, &description))
}

fn summary(object: &Object, version: &str) -> Json {
    let base = format!("/services/data/{version}/sobjects/{}", object.name);
    json!({
        "name": object.name,
        "label": object.label,
        "labelPlural": object.label_plural,
        "keyPrefix": object.prefix,
        "custom": false,
        "customSetting": false,
        "activateable": false,
        "createable": object.writable,
        "updateable": object.writable,
        "deletable": object.writable,
        "undeletable": object.writable,
        "mergeable": false,
        "queryable": true,
        "retrieveable": true,
        "searchable": object.writable,
        "replicateable": true,
        "urls": {
            "sobject": base,
            "describe": format!("{base}/describe"),
            "rowTemplate": format!("{base}/{{ID}}"),
        },
    })
}

fn field(field: &Field) -> Json {
    let (reference, relation) = match field.kind {
        Kind::Reference(target, relation) => (vec![target], Some(relation)),
        _ => (Vec::new(), None),
    };
    let picklist: Vec<Json> = match field.kind {
        Kind::Picklist(values) => values
            .iter()
            .map(|value| json!({ "active": true, "defaultValue": false, "label": value, "value": value }))
            .collect(),
        _ => Vec::new(),
    };
    let writable = field.fill != Fill::System;
    let filterable = field.kind != Kind::LongText;
    json!({
        "name": field.name,
        "label": field.label,
        "type": field.kind.name(),
        "soapType": soap_type(field.kind),
        "length": field.kind.max_length(),
        "nillable": field.fill == Fill::Optional,
        "defaultedOnCreate": field.name == "OwnerId" || field.kind == Kind::Boolean,
        "createable": writable,
        "updateable": writable,
        "filterable": filterable,
        "sortable": filterable,
        "groupable": filterable && !matches!(field.kind, Kind::Currency | Kind::Double | Kind::Percent),
        "aggregatable": filterable && field.kind != Kind::Boolean,
        "custom": false,
        "calculated": false,
        "unique": false,
        "externalId": false,
        "nameField": field.name == "Name" || field.name == "CaseNumber",
        "referenceTo": reference,
        "relationshipName": relation,
        "picklistValues": picklist,
        "restrictedPicklist": false,
    })
}

fn soap_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Id | Kind::Reference(..) => "tns:ID",
        Kind::Boolean => "xsd:boolean",
        Kind::Int => "xsd:int",
        Kind::Double | Kind::Currency | Kind::Percent => "xsd:double",
        Kind::Date => "xsd:date",
        Kind::DateTime => "xsd:dateTime",
        _ => "xsd:string",
    }
}

fn children(parent: &Object) -> Json {
    OBJECTS
        .iter()
        .flat_map(|child| child.fields.iter().map(move |field| (child, field)))
        .filter(|(_, field)| matches!(field.kind, Kind::Reference(target, _) if target == parent.name))
        .map(|(child, field)| {
            let relation = if field.name == "ParentId" { "ChildAccounts" } else { child.label_plural };
            json!({ "childSObject": child.name, "field": field.name, "relationshipName": relation, "cascadeDelete": false })
        })
        .collect()
}
