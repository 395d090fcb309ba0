//! The schema of every type, of functions, and where descriptions go.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{FunctionShape, ResultShape, SCHEMA_DIALECT, Shape, SkillError};

#[test]
fn every_type_has_its_schema() {
    let pair = |tag: &str, schema: Value| json!({"type": "object", "properties": {tag: schema}, "required": [tag], "additionalProperties": false});
    let string = json!({"type": "string"});
    let byte = json!({"type": "integer", "minimum": 0, "maximum": 255});
    let specials = json!({"enum": ["NaN", "Infinity", "-Infinity"]});
    for (shape, schema) in [
        (Shape::Bool, json!({"type": "boolean"})),
        (
            Shape::S8,
            json!({"type": "integer", "minimum": -128, "maximum": 127}),
        ),
        (
            Shape::U32,
            json!({"type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32}),
        ),
        (Shape::F64, json!({"anyOf": [{"type": "number"}, specials]})),
        (
            Shape::Char,
            json!({"type": "string", "minLength": 1, "maxLength": 1}),
        ),
        (Shape::String, string.clone()),
        (
            Shape::Bytes,
            json!({"type": "string", "contentEncoding": "base64"}),
        ),
        (
            Shape::list(Shape::String),
            json!({"type": "array", "items": string}),
        ),
        (
            Shape::fixed_list(Shape::U8, 3),
            json!({"type": "array", "items": byte, "minItems": 3, "maxItems": 3}),
        ),
        (
            Shape::map(Shape::String, Shape::U8),
            json!({"type": "object", "additionalProperties": byte}),
        ),
        (
            Shape::tuple([Shape::U8, Shape::String]),
            json!({"type": "array", "prefixItems": [byte, string], "items": false, "minItems": 2, "maxItems": 2}),
        ),
        (
            Shape::variant([("all", None), ("only", Some(Shape::U8))]),
            json!({"oneOf": [{"const": "all"}, pair("only", byte.clone())]}),
        ),
        (
            Shape::enumeration(["a", "b"]),
            json!({"type": "string", "enum": ["a", "b"]}),
        ),
        (
            Shape::flags(["a"]),
            json!({"type": "array", "items": {"type": "string", "enum": ["a"]}, "uniqueItems": true}),
        ),
        (
            Shape::option(Shape::String),
            json!({"type": ["string", "null"]}),
        ),
        (
            Shape::option(Shape::U8),
            json!({"type": ["integer", "null"], "minimum": 0, "maximum": 255}),
        ),
        (
            Shape::option(Shape::enumeration(["a"])),
            json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}),
        ),
        (
            Shape::option(Shape::option(Shape::Bool)),
            json!({"anyOf": [pair("some", json!({"type": ["boolean", "null"]})), {"type": "null"}]}),
        ),
        (
            Shape::result(None, Some(Shape::String)),
            json!({"oneOf": [pair("ok", json!({"type": "null"})), pair("err", string.clone())]}),
        ),
    ] {
        assert_eq!(shape.schema(), schema, "{shape:?}");
    }
    let exact = Shape::option(Shape::S64).schema();
    assert_eq!(exact["type"], json!(["integer", "string", "null"]));
    assert_eq!(
        (&exact["minimum"], &exact["maximum"]),
        (&json!(i64::MIN), &json!(i64::MAX))
    );
    assert_eq!(exact["pattern"], "^(0|-?[1-9][0-9]{0,18})$");
}

fn search() -> FunctionShape {
    let mode = Shape::enumeration(["fast", "exact"]);
    let filter = Shape::record([("limit", Shape::option(Shape::U8)), ("mode", mode)]);
    let record = Shape::record([("id", Shape::String)]);
    let result = Shape::result(Some(Shape::list(record)), Some(SkillError::shape().clone()));
    let params = [("soql", Shape::String), ("filter", Shape::option(filter))];
    FunctionShape::new(params, ResultShape::of(result))
}

#[test]
fn functions_have_an_object_of_arguments_and_an_unwrapped_result() {
    let schema = search().input_schema("search", &());
    assert_eq!(schema["$schema"], SCHEMA_DIALECT);
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["required"], json!(["soql"]));
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["filter"]["required"], json!(["mode"]));
    let item = json!({
        "type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"], "additionalProperties": false,
    });
    assert_eq!(
        search().output_schema("search", &()),
        json!({"$schema": SCHEMA_DIALECT, "type": "array", "items": item})
    );
    let nothing = FunctionShape::new::<&str>([], ResultShape::None);
    assert_eq!(
        nothing.output_schema("f", &()),
        json!({"$schema": SCHEMA_DIALECT, "type": "null"})
    );
    assert_eq!(nothing.input_schema("f", &())["properties"], json!({}));
}

#[test]
fn descriptions_are_found_by_path() {
    let paths = [
        "search",
        "search.soql",
        "search.filter",
        "search.filter.limit",
        "search.filter.mode",
        "search.filter.mode.fast",
        "search->",
        "search->.id",
    ];
    let docs: BTreeMap<String, String> = paths
        .iter()
        .map(|path| (path.to_string(), format!("<{path}>")))
        .collect();
    let input = search().input_schema("search", &docs);
    let filter = &input["properties"]["filter"];
    assert_eq!(input["properties"]["soql"]["description"], "<search.soql>");
    assert_eq!(filter["description"], "<search.filter>");
    assert_eq!(
        filter["properties"]["limit"]["description"],
        "<search.filter.limit>"
    );
    assert_eq!(
        filter["properties"]["mode"]["description"],
        "<search.filter.mode>"
    );
    assert_eq!(
        filter["properties"]["mode"]["oneOf"],
        json!([{"const": "fast", "description": "<search.filter.mode.fast>"}, {"const": "exact"}]),
    );
    let output = search().output_schema("search", &docs);
    assert_eq!(output["description"], "<search->>");
    assert_eq!(
        output["items"]["properties"]["id"]["description"],
        "<search->.id>"
    );
}
