//! One schema's keywords, each in the words of 2020-12.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::whole::{nullable, simplified};
use super::{Converter, Direction, MAX_DESCRIPTION, SchemaNote, bounds, inline, pattern, types};
use crate::document::{Document, RefError};
use crate::pointer::Place;
use crate::text;

/// Longest title, pattern or format kept, in characters.
const MAX_WORD: usize = 1000;

/// Keywords whose value is one schema.
const ONE: [&str; 9] = [
    "not",
    "contains",
    "propertyNames",
    "if",
    "then",
    "else",
    "unevaluatedItems",
    "unevaluatedProperties",
    "additionalProperties",
];

/// Keywords whose value is a list of schemas.
const SEVERAL: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];

/// Keywords that count.
const COUNTS: [&str; 8] = [
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minContains",
    "maxContains",
];

/// Keywords that only describe.
pub(super) const ANNOTATIONS: [&str; 4] = ["description", "title", "deprecated", "default"];

pub(super) fn translate<'d>(
    converter: &mut Converter<'d>,
    schema: &'d Map<String, Value>,
    place: Place<'_>,
    depth: usize,
) -> Result<Value, RefError> {
    let old = converter.document.dialect().has_old_schemas();
    let mut out = Map::new();
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        refer(converter, reference, &mut out, place)?;
        let beside = |key: &String| !old || matches!(key.as_str(), "description" | "deprecated");
        for (key, value) in schema.iter().filter(|(key, _)| beside(key)) {
            keyword(converter, (key, value), &mut out, place, depth)?;
        }
    } else {
        let hidden = properties(converter, schema, &mut out, place, depth)?;
        required(converter, schema, &hidden, &mut out, place);
        for (key, value) in schema {
            keyword(converter, (key, value), &mut out, place, depth)?;
        }
        bounds::bound(
            converter,
            schema,
            ("minimum", "exclusiveMinimum"),
            &mut out,
            place,
        );
        bounds::bound(
            converter,
            schema,
            ("maximum", "exclusiveMaximum"),
            &mut out,
            place,
        );
    }
    let flag = |key: &str| schema.get(key) == Some(&Value::Bool(true));
    let out = simplified(out);
    Ok(Value::Object(if flag("nullable") || flag("x-nullable") {
        nullable(out)
    } else {
        out
    }))
}

fn refer<'d>(
    converter: &mut Converter<'d>,
    reference: &'d str,
    out: &mut Map<String, Value>,
    place: Place<'_>,
) -> Result<(), RefError> {
    match converter.document.target(reference) {
        Ok(target) => {
            let name = converter.defs.name(reference, target);
            out.insert(
                "$ref".to_owned(),
                format!("{}{name}", inline::PREFIX).into(),
            );
            Ok(())
        }
        Err(error @ RefError::Remote(_)) => Err(error),
        Err(error) => {
            converter.note(place, SchemaNote::Missing(error.to_string()));
            Ok(())
        }
    }
}

/// Everything but `$ref`, `properties`, `required` and bounds.
fn keyword<'d>(
    converter: &mut Converter<'d>,
    (key, value): (&'d str, &'d Value),
    out: &mut Map<String, Value>,
    place: Place<'_>,
    depth: usize,
) -> Result<(), RefError> {
    let here = place.member(key);
    match key {
        "type" => {
            set_type(converter, value, out, here);
            return Ok(());
        }
        "title" => {
            titled(converter, value, out);
            return Ok(());
        }
        "enum" => {
            enumerated(converter, value, out, here);
            return Ok(());
        }
        _ => {}
    }
    let kept = match key {
        "description" => value.as_str().and_then(|text| described(converter, text)),
        "deprecated" => (value == &Value::Bool(true)).then(|| value.clone()),
        "default" | "const" => whole(converter, value),
        "format" | "contentEncoding" | "contentMediaType" => word(converter, value),
        "pattern" => {
            word(converter, value).filter(|_| value.as_str().is_some_and(pattern::is_usable))
        }
        "multipleOf" => bounds::positive(value).map(Value::Number),
        "uniqueItems" => value.is_boolean().then(|| value.clone()),
        "dependentRequired" => dependent(value),
        "items" => return items(converter, value, out, here, depth),
        "patternProperties" | "dependentSchemas" => named(converter, (key, value), here, depth)?,
        _ if COUNTS.contains(&key) => bounds::count(value).map(Value::Number),
        _ if ONE.contains(&key) => match value {
            Value::Object(_) | Value::Bool(_) => Some(converter.node(value, here, depth + 1)?),
            _ => None,
        },
        _ if SEVERAL.contains(&key) => several(converter, value, here, depth)?,
        _ => return Ok(()),
    };
    match kept {
        Some(kept) => {
            out.insert(key.to_owned(), kept);
        }
        // Bad prose, a `deprecated: false` or what the budget has no room for is no loss worth a note.
        None if ANNOTATIONS.contains(&key) => {}
        None => converter.note(here, SchemaNote::Keyword(key.to_owned())),
    }
    Ok(())
}

/// Schemas by a name that is no property: by a pattern, or by what they depend on.
fn named<'d>(
    converter: &mut Converter<'d>,
    (key, value): (&str, &'d Value),
    place: Place<'_>,
    depth: usize,
) -> Result<Option<Value>, RefError> {
    let Some(members) = value.as_object() else {
        return Ok(None);
    };
    let mut schemas = Map::new();
    for (name, member) in members {
        let here = place.member(name);
        if key == "patternProperties" && !pattern::is_usable(name) {
            converter.note(here, SchemaNote::Keyword(key.to_owned()));
        } else {
            let schema = converter.node(member, here, depth + 1)?;
            schemas.insert(name.clone(), schema);
        }
    }
    Ok(Some(Value::Object(schemas)))
}

/// Translates the members of an object; says which are not for this direction.
fn properties<'d>(
    converter: &mut Converter<'d>,
    schema: &'d Map<String, Value>,
    out: &mut Map<String, Value>,
    place: Place<'_>,
    depth: usize,
) -> Result<BTreeSet<&'d str>, RefError> {
    let mut hidden = BTreeSet::new();
    let Some(written) = schema.get("properties") else {
        return Ok(hidden);
    };
    let here = place.member("properties");
    let Some(members) = written.as_object() else {
        converter.note(here, SchemaNote::Keyword("properties".to_owned()));
        return Ok(hidden);
    };
    let mut properties = Map::new();
    for (name, member) in members {
        if travels_otherwise(converter.document, converter.direction, member) {
            hidden.insert(name.as_str());
        } else if converter.afford(name.len()) {
            properties.insert(
                name.clone(),
                converter.node(member, here.member(name), depth + 1)?,
            );
        } else {
            converter.note(here, SchemaNote::Cut);
        }
    }
    if !properties.is_empty() {
        out.insert("properties".to_owned(), Value::Object(properties));
    }
    Ok(hidden)
}

/// Whether a member travels the other way only.
pub(super) fn travels_otherwise(document: &Document, direction: Direction, member: &Value) -> bool {
    let flag = match direction {
        Direction::Input => "readOnly",
        Direction::Output => "writeOnly",
    };
    let says = |schema: &Value| schema.get(flag) == Some(&Value::Bool(true));
    says(member) || document.follow(member).is_ok_and(says)
}

fn required(
    converter: &mut Converter<'_>,
    schema: &Map<String, Value>,
    hidden: &BTreeSet<&str>,
    out: &mut Map<String, Value>,
    place: Place<'_>,
) {
    let names = match schema.get("required") {
        // `required: true` beside a type is Swagger 1's and a parameter's way.
        None | Some(Value::Bool(_)) => return,
        Some(Value::Array(names)) => names,
        Some(_) => {
            return converter.note(
                place.member("required"),
                SchemaNote::Keyword("required".to_owned()),
            );
        }
    };
    let mut seen = BTreeSet::new();
    let names: Vec<Value> = names
        .iter()
        .filter_map(Value::as_str)
        .filter(|name| !hidden.contains(name) && seen.insert(*name) && converter.afford(name.len()))
        .map(Value::from)
        .collect();
    if !names.is_empty() {
        out.insert("required".to_owned(), Value::Array(names));
    }
}

fn set_type(
    converter: &mut Converter<'_>,
    written: &Value,
    out: &mut Map<String, Value>,
    place: Place<'_>,
) {
    // `any` means what leaving the keyword out means.
    if written == "any" || written == "mixed" || written == &json!([]) {
        return;
    }
    match types::read(written) {
        Some((types, format)) => {
            out.insert("type".to_owned(), types::value(&types));
            if let Some(format) = format {
                out.entry("format").or_insert(format.into());
            }
        }
        None => converter.note(place, SchemaNote::Keyword("type".to_owned())),
    }
}

fn described(converter: &mut Converter<'_>, written: &str) -> Option<Value> {
    let prose = text::prose(written, MAX_DESCRIPTION);
    let wanted = !prose.is_empty() && converter.afford(prose.len());
    wanted.then(|| prose.into())
}

/// A title says something only where no description does.
fn titled(converter: &mut Converter<'_>, written: &Value, out: &mut Map<String, Value>) {
    let title = text::line(written.as_str().unwrap_or(""), MAX_DESCRIPTION);
    if !out.contains_key("description") && !title.is_empty() && converter.afford(title.len()) {
        out.insert("title".to_owned(), title.into());
    }
}

fn whole(converter: &mut Converter<'_>, value: &Value) -> Option<Value> {
    let size = bounds::size(value)?;
    converter.afford(size).then(|| value.clone())
}

fn word(converter: &mut Converter<'_>, value: &Value) -> Option<Value> {
    let word = value.as_str()?;
    let fits =
        !word.is_empty() && word.chars().nth(MAX_WORD).is_none() && converter.afford(word.len());
    fits.then(|| value.clone())
}

fn enumerated(
    converter: &mut Converter<'_>,
    value: &Value,
    out: &mut Map<String, Value>,
    place: Place<'_>,
) {
    let Some(values) = value.as_array().filter(|values| !values.is_empty()) else {
        return converter.note(place, SchemaNote::Keyword("enum".to_owned()));
    };
    if !bounds::size(value).is_some_and(|size| converter.afford(size)) {
        return converter.note(place, SchemaNote::Cut);
    }
    let mut seen = BTreeSet::new();
    let distinct = values.iter().filter(|value| seen.insert(value.to_string()));
    out.insert("enum".to_owned(), distinct.cloned().collect());
}

fn dependent(value: &Value) -> Option<Value> {
    let members = value.as_object()?;
    let names = |value: &Value| {
        value
            .as_array()
            .is_some_and(|names| names.iter().all(Value::is_string))
    };
    members.values().all(names).then(|| value.clone())
}

fn several<'d>(
    converter: &mut Converter<'d>,
    value: &'d Value,
    place: Place<'_>,
    depth: usize,
) -> Result<Option<Value>, RefError> {
    let Some(written) = value.as_array().filter(|written| !written.is_empty()) else {
        return Ok(None);
    };
    let mut schemas = Vec::with_capacity(written.len());
    for (index, schema) in written.iter().enumerate() {
        schemas.push(converter.node(schema, place.item(index), depth + 1)?);
    }
    Ok(Some(Value::Array(schemas)))
}

/// One schema for each element; a list of them is what is called `prefixItems` today.
fn items<'d>(
    converter: &mut Converter<'d>,
    value: &'d Value,
    out: &mut Map<String, Value>,
    place: Place<'_>,
    depth: usize,
) -> Result<(), RefError> {
    match value {
        Value::Object(_) | Value::Bool(_) => {
            let items = converter.node(value, place, depth + 1)?;
            out.insert("items".to_owned(), items);
        }
        Value::Array(_) => {
            if let Some(schemas) = several(converter, value, place, depth)? {
                out.insert("prefixItems".to_owned(), schemas);
            }
        }
        _ => converter.note(place, SchemaNote::Keyword("items".to_owned())),
    }
    Ok(())
}
