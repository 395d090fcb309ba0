//! Any JSON at all, in the shape of a description.

use metier_openapi::skill::{self, About};
use metier_openapi::{Document, Listing, Selection};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::valid;

/// Members a reader of descriptions looks at, so that what is generated is looked at.
const KEYS: [&str; 44] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "basePath",
    "components",
    "content",
    "default",
    "description",
    "enum",
    "exclusiveMinimum",
    "explode",
    "flows",
    "format",
    "get",
    "host",
    "in",
    "items",
    "maximum",
    "minimum",
    "name",
    "not",
    "nullable",
    "oneOf",
    "operationId",
    "parameters",
    "pattern",
    "post",
    "properties",
    "readOnly",
    "requestBody",
    "required",
    "responses",
    "schema",
    "schemas",
    "schemes",
    "security",
    "securitySchemes",
    "servers",
    "style",
    "type",
    "url",
    "variables",
    "200",
];

const TEXTS: [&str; 24] = [
    "#",
    "#/components/schemas/A",
    "#/paths",
    "#/paths/~1a~1{id}/get",
    "other.json",
    "object",
    "array",
    "string",
    "integer",
    "path",
    "query",
    "header",
    "body",
    "formData",
    "application/json",
    "multipart/form-data",
    "deepObject",
    "https://{a}.b.example/{c}",
    "/v1",
    "[",
    "id",
    "\u{202e}",
    "true",
    "",
];

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        prop::sample::select(&TEXTS[..]).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 96, 8, |inner| {
        let key = prop_oneof![4 => prop::sample::select(&KEYS[..]).prop_map(str::to_owned), 1 => "\\PC{0,4}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((key, inner), 0..7).prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn description() -> impl Strategy<Value = Value> {
    let version = prop_oneof![
        Just(("swagger", "2.0")),
        Just(("openapi", "3.0.0")),
        Just(("openapi", "3.1.0"))
    ];
    (version, anything(), anything(), anything(), anything()).prop_map(|((key, version), get, item, components, root)| {
        let mut described = json!({
            "paths": {"/a/{id}": {"get": get, "post": {"parameters": item, "requestBody": {"content": {"application/json": {"schema": components}}}}}},
            "components": {"schemas": {"A": components}},
            "servers": [{"url": "https://a.example"}],
            "host": "a.example",
        });
        if let (Some(described), Value::Object(root)) = (described.as_object_mut(), root) {
            described.extend(root);
            described.insert(key.to_owned(), version.into());
        }
        described[key] = version.into();
        described
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_panics_and_whatever_is_made_is_sound(described in description()) {
        let Ok(document) = Document::from_value(described) else { return Ok(()) };
        let listing = Listing::of(&document);
        let Ok(conversion) = Selection::default().convert(&document, &listing) else { return Ok(()) };
        prop_assert_eq!(conversion.operations.len() + conversion.left_out.len(), listing.operations.len());
        for made in &conversion.operations {
            valid(&made.operation.input_schema);
            made.operation.output_schema.iter().for_each(valid);
        }
        let about = About {
            name: "com.example/test".parse().map_err(|_| TestCaseError::fail("a name"))?,
            version: "0.1.0".parse().map_err(|_| TestCaseError::fail("a version"))?,
        };
        if !conversion.operations.is_empty() {
            prop_assert!(skill::write(&document, &about, &conversion).is_ok());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Document::parse(&bytes));
        let prefixed = [b"openapi: 3.0.0\npaths: ".as_slice(), &bytes].concat();
        drop(Document::parse(&prefixed));
    }
}
