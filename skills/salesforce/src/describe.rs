//! Descriptions of objects.

use serde_json::Value as Json;

use crate::bindings::metier::skill::types::Error;
use crate::bindings::{FieldInfo, ObjectInfo};
use crate::failure::not_understood;

/// What a describe answer says, as far as a caller can use it.
pub fn object(json: &Json) -> Result<ObjectInfo, Error> {
    let fields = json
        .get("fields")
        .and_then(Json::as_array)
        .ok_or_else(|| not_understood("no fields"))?;
    Ok(ObjectInfo {
        name: text(json, "name"),
        label: text(json, "label"),
        createable: flag(json, "createable"),
        updateable: flag(json, "updateable"),
        fields: fields.iter().map(field).collect(),
    })
}

fn field(json: &Json) -> FieldInfo {
    let createable = flag(json, "createable");
    FieldInfo {
        name: text(json, "name"),
        label: text(json, "label"),
        type_: text(json, "type"),
        // Salesforce does not say "required": this is what makes it refuse a record without it.
        required: createable && !flag(json, "nillable") && !flag(json, "defaultedOnCreate"),
        createable,
        updateable: flag(json, "updateable"),
        values: active_values(json),
        reference_to: list(json, "referenceTo")
            .iter()
            .filter_map(Json::as_str)
            .map(str::to_owned)
            .collect(),
        relationship: json
            .get("relationshipName")
            .and_then(Json::as_str)
            .map(str::to_owned),
    }
}

fn active_values(json: &Json) -> Vec<String> {
    let values = list(json, "picklistValues")
        .iter()
        .filter(|value| flag(value, "active"));
    values.map(|value| text(value, "value")).collect()
}

fn list<'a>(json: &'a Json, name: &str) -> &'a [Json] {
    json.get(name)
        .and_then(Json::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text(json: &Json, name: &str) -> String {
    json.get(name)
        .and_then(Json::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn flag(json: &Json, name: &str) -> bool {
    json.get(name).and_then(Json::as_bool).unwrap_or(false)
}

#[cfg(test)]
mod tests;
