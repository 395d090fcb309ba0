#![expect(clippy::unwrap_used, reason = "tests")]

use metier_core::Effect;
use metier_openapi_plan::Operator;
use serde_json::{Value, json};

use super::{Selection, parse_constraint};
use crate::{Conversion, Document, Listing};

fn document() -> Document {
    let root = json!({
        "openapi": "3.0.0", "servers": [{"url": "https://a.example"}],
        "paths": {"/issues": {
            "get": {"operationId": "find", "parameters": [
                {"name": "jql", "in": "query", "required": true, "schema": {"type": "string"}},
                {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                {"name": "expand", "in": "query", "schema": {"$ref": "#/components/schemas/Expand"}},
            ], "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}}},
            "post": {"operationId": "create", "requestBody": {"required": true, "content": {"application/json": {"schema": {
                "required": ["fields"], "properties": {"fields": {"type": "object", "required": ["project", "summary"], "properties": {
                    "project": {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}}}, "summary": {"type": "string"},
                }}, "notify": {"type": "boolean"}},
            }}}}},
        }},
        "components": {"schemas": {
            "Expand": {"type": "array", "items": {"$ref": "#/components/schemas/Expand"}},
            "Page": {"type": "object", "properties": {"total": {"type": "integer"}, "issues": {"type": "array", "items": {
                "type": "object", "properties": {"key": {"type": "string"}, "fields": {"type": "object", "properties": {"summary": {"type": "string"}, "big": {"type": "string"}}}},
            }}}},
        }},
    });
    Document::from_value(root).unwrap()
}

fn selected(toml: &str) -> Result<Conversion, String> {
    let selection = Selection::parse(toml)
        .map_err(|error| format!("{error} / {}", error.hint().unwrap_or("")))?;
    let document = document();
    selection
        .convert(&document, &Listing::of(&document))
        .map_err(|error| error.to_string())
}

fn one(toml: &str) -> crate::Made {
    selected(toml).unwrap().operations.remove(0)
}

#[test]
fn a_tool_is_renamed_described_and_given_another_effect() {
    let made = one(
        "[tools.search]\noperation = \"GET /issues\"\ndescription = \"Search.\"\neffect = \"write\"",
    );
    assert_eq!(
        (
            made.operation.tool.as_str(),
            made.operation.description.as_str(),
            made.effect
        ),
        ("search", "Search.", Effect::Write)
    );
    // Without `operation` the table's name is the operation's.
    assert_eq!(one("[tools.find]").operation.tool, "find");
}

#[test]
fn what_is_hidden_or_fixed_is_no_argument_any_more() {
    let made = one("[tools.find]\nhide = [\"expand\"]\nfixed = { limit = 50 }");
    let schema = &made.operation.input_schema;
    assert_eq!(schema["properties"], json!({"jql": {"type": "string"}}));
    assert_eq!(schema.get("$defs"), None, "what nobody refers to is gone");
    let names: Vec<&str> = made
        .operation
        .parameters
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["jql", "limit"], "a fixed value is still sent");
    assert_eq!(
        (
            made.operation.fixed[0].path.to_string(),
            &made.operation.fixed[0].value
        ),
        ("limit".to_owned(), &json!(50))
    );
}

#[test]
fn a_member_is_fixed_within_an_argument() {
    for toml in [
        "[tools.create]\nfixed = { \"fields.project.key\" = \"ABC\" }",
        "[tools.create.fixed.fields.project]\nkey = \"ABC\"",
    ] {
        let made = one(toml);
        let fields = &made.operation.input_schema["properties"]["fields"]["properties"];
        assert_eq!(fields["project"]["properties"].get("key"), None, "{toml}");
        assert!(fields["summary"].is_object());
        assert_eq!(
            made.operation.fixed[0].path.to_string(),
            "fields.project.key"
        );
    }
}

#[test]
fn constraints_are_in_the_plan_and_in_the_schema() {
    let made = one(
        "[tools.find]\nconstraints = ['jql starts-with \"project = ABC\"', 'limit <= 20', 'limit != 7', 'expand == [[]]']",
    );
    assert_eq!(made.operation.constraints.len(), 4);
    let schema = &made.operation.input_schema;
    let validator = jsonschema::draft202012::new(schema).unwrap();
    let call = |jql: &str, limit: i64| json!({"jql": jql, "limit": limit, "expand": [[]]});
    assert!(validator.is_valid(&call("project = ABC and x", 20)));
    for bad in [
        call("x", 20),
        call("project = ABC", 21),
        call("project = ABC", 7),
        json!({"jql": "project = ABC", "expand": [[]]}),
    ] {
        assert!(!validator.is_valid(&bad), "{bad}");
    }
    let made = one("[tools.create]\nconstraints = ['fields.project.key in [\"A\", \"B\"]']");
    assert_eq!(
        made.operation.input_schema["properties"]["fields"]["properties"]["project"]["properties"]
            ["key"]["enum"],
        json!(["A", "B"])
    );
}

#[test]
fn a_constraint_a_schema_cannot_say_is_said_in_words() {
    let made = one("[tools.find]\nconstraints = ['expand[][] == []']");
    assert!(
        made.operation
            .description
            .contains("Only calls with `expand[][] == []` are allowed."),
        "{}",
        made.operation.description
    );
}

#[test]
fn the_schema_of_the_answer_has_what_is_kept() {
    let made = one("[tools.find]\nkeep = [\"issues[].key\", \"issues[].fields.summary\"]");
    let string = json!({"type": "string"});
    assert_eq!(
        made.operation.output_schema.unwrap(),
        json!({"type": "object", "properties": {"issues": {"type": "array", "items": {
            "type": "object", "properties": {"key": string, "fields": {"type": "object", "properties": {"summary": string}}},
        }}}})
    );
    assert_eq!(
        one("[tools.find]\nkeep = [\"nothing.like.it\"]")
            .operation
            .output_schema,
        None
    );
}

#[test]
fn what_cannot_be_is_an_error_that_names_place_and_neighbour() {
    for (toml, words) in [
        (
            "[tool.find]",
            &["line 1", "unknown key `tool`", "tools"][..],
        ),
        (
            "[tools.find]\nhidden = []",
            &["line 2", "unknown key `hidden`", "`hide`"],
        ),
        (
            "[tools.x]\noperation = \"finde\"",
            &["line 1", "no operation `finde`", "`find`"],
        ),
        (
            "[tools.find]\nhide = [\"expnd\"]",
            &["line 1", "no argument `expnd`", "`expand`"],
        ),
        (
            "[tools.find]\nhide = [\"jql\"]",
            &["needs its argument `jql`", "fix its value"],
        ),
        (
            "[tools.find]\nfixed = { nope = 1 }",
            &["no argument `nope`"],
        ),
        (
            "[tools.find]\nconstraints = ['jql ~ 1']",
            &["line 2", "none of the operators"],
        ),
        ("[tools.find]\neffect = \"reads\"", &["`reads`", "`read`"]),
        (
            "[tools.\"a.b\"]\noperation = \"find\"",
            &["`a.b` is no name of a tool"],
        ),
        ("server = \"/v1\"", &["relative"]),
    ] {
        let error = selected(toml).unwrap_err();
        for word in words {
            assert!(error.contains(word), "{toml}: {error}");
        }
    }
}

#[test]
fn the_grammar_of_constraints() {
    for (text, path, op, value) in [
        (
            "project == \"ABC\"",
            "project",
            Operator::Equal,
            json!("ABC"),
        ),
        ("a.b[].c!=null", "a.b[].c", Operator::NotEqual, Value::Null),
        ("n <= 1.5", "n", Operator::AtMost, json!(1.5)),
        ("n<-3", "n", Operator::Less, json!(-3)),
        ("n >= 0", "n", Operator::AtLeast, json!(0)),
        ("in > 1", "in", Operator::Greater, json!(1)),
        ("x in [\"a\"]", "x", Operator::In, json!(["a"])),
        ("x not in [1, 2]", "x", Operator::NotIn, json!([1, 2])),
        (
            "\"a b\".c starts-with \"x\"",
            "\"a b\".c",
            Operator::StartsWith,
            json!("x"),
        ),
    ] {
        let constraint = parse_constraint(text).unwrap();
        assert_eq!((constraint.op, &constraint.value), (op, &value), "{text}");
        assert_eq!(constraint.path, path.parse().unwrap(), "{text}");
    }
    for bad in [
        "",
        "x",
        "== 1",
        "x = 1",
        "x == abc",
        "x in 1",
        "x < \"1\"",
        "x starts-with 1",
        "x inside [1]",
        "x ==",
        "[].. == 1",
    ] {
        assert!(parse_constraint(bad).is_err(), "{bad}");
    }
}
