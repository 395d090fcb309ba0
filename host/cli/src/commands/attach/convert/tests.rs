#![expect(clippy::unwrap_used, reason = "tests")]

use metier_core::Effect;
use metier_mcp_wire::Revision;
use serde_json::{Value, json};

use super::{Converted, Listed, effect, paragraphs};

fn listed(tools: Vec<Value>) -> Listed {
    Listed {
        revision: Revision::V2026_07_28,
        session: false,
        name: String::new(),
        tools,
    }
}

fn tool(name: &str) -> Value {
    json!({"name": name, "description": "Does.", "inputSchema": {"type": "object"}})
}

fn of(tools: Vec<Value>) -> Converted {
    Converted::of(&listed(tools), &[]).unwrap()
}

#[test]
fn hints_become_effects_and_their_absence_the_worst() {
    for (annotations, expected) in [
        (json!(null), Effect::Destructive),
        (json!({}), Effect::Destructive),
        (json!({"readOnlyHint": true}), Effect::Read),
        (
            json!({"readOnlyHint": true, "destructiveHint": true}),
            Effect::Read,
        ),
        (json!({"readOnlyHint": false}), Effect::Destructive),
        (json!({"readOnlyHint": "true"}), Effect::Destructive),
        (json!({"destructiveHint": false}), Effect::Write),
        (
            json!({"destructiveHint": false, "idempotentHint": true}),
            Effect::Idempotent,
        ),
        (json!({"idempotentHint": true}), Effect::Destructive),
    ] {
        assert_eq!(effect(Some(&annotations)).0, expected, "{annotations}");
    }
    let hints = json!({"destructiveHint": false, "idempotentHint": true, "title": "x\ny"});
    assert_eq!(
        effect(Some(&hints)).1,
        "destructiveHint = false, idempotentHint = true"
    );
}

#[test]
fn what_cannot_be_a_tool_is_left_out_by_name() {
    let with = |name: &str, schema: Value| json!({"name": name, "inputSchema": schema});
    let converted = of(vec![
        tool("files.read/all"),
        tool("files_read_all"),
        tool("größe"),
        tool(""),
        tool(&"x".repeat(65)),
        tool("a\nb"),
        json!({"name": 5, "inputSchema": {"type": "object"}}),
        json!("no tool"),
        with("no_schema", Value::Null),
        with("array", json!({"type": "array"})),
        with("untyped", json!({})),
        with(
            "large",
            json!({"type": "object", "enum": vec!["x".repeat(100); 1_000]}),
        ),
        with(
            "header",
            json!({"type": "object", "properties": {"a": {"type": "object", "x-mcp-header": "A"}}}),
        ),
        tool("fine"),
    ]);
    let names: Vec<&str> = converted
        .tools
        .iter()
        .map(|made| made.tool.name.as_str())
        .collect();
    assert_eq!(names, ["files_read_all", "fine"]);
    assert_eq!(converted.tools[0].tool.tool, "files.read/all");
    assert_eq!(converted.left_out.len(), 12, "{:?}", converted.left_out);
    assert!(
        converted.left_out[0].contains("another tool"),
        "{:?}",
        converted.left_out
    );
    assert!(
        converted.left_out[8].contains("does not describe an object"),
        "{:?}",
        converted.left_out
    );
}

#[test]
fn words_of_a_stranger_are_cleaned() {
    let mut hostile = tool("hostile");
    hostile["description"] = json!("Adds.\u{202e}\u{200b}\u{1b}[2J\n  - one\n\u{7}");
    hostile["title"] = json!("Ti\u{202e}tle\nforged");
    let converted = of(vec![hostile]);
    assert_eq!(converted.tools[0].tool.description, "Adds.[2J\n  - one");
    assert_eq!(converted.tools[0].title.as_deref(), Some("Title forged"));
    assert_eq!(
        converted.notes,
        ["`hostile`: its description was cleaned or cut"]
    );
    assert!(paragraphs(&"x ".repeat(50_000), 2_000).chars().count() <= 2_000);
}

#[test]
fn an_answers_schema_that_will_not_do_costs_only_itself() {
    let mut one = tool("one");
    one["outputSchema"] = json!({"$ref": "https://a.example/x"});
    let converted = of(vec![one]);
    assert!(converted.tools[0].tool.output_schema.is_none());
    assert!(
        converted.notes[0].contains("outside"),
        "{:?}",
        converted.notes
    );
}

#[test]
fn arguments_that_travel_as_headers_are_found() {
    let mut one = tool("one");
    one["inputSchema"] = json!({"type": "object", "properties": {
        "where": {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}}}});
    let headers = &of(vec![one.clone()]).tools[0].tool.headers;
    assert_eq!(
        (headers[0].header.as_str(), &headers[0].path),
        ("Region", &vec!["where".to_owned(), "region".to_owned()])
    );
    for header in ["", "a b", "a\r\nb: c", "a:b"] {
        one["inputSchema"]["properties"]["where"]["properties"]["region"]["x-mcp-header"] =
            json!(header);
        assert!(of(vec![one.clone()]).tools.is_empty(), "{header:?}");
    }
}

#[test]
fn tools_are_chosen_by_either_name_and_a_wrong_one_is_told() {
    let listed = listed(vec![tool("a.b"), tool("c"), tool("d")]);
    let chosen = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Converted::of(&listed, &names)
    };
    assert_eq!(chosen(&["a_b", "d"]).unwrap().tools.len(), 2);
    assert_eq!(chosen(&["a.b"]).unwrap().tools.len(), 1);
    let failure = chosen(&["a-b"]).unwrap_err();
    assert!(
        failure.fault.message.contains("did you mean `a.b`?"),
        "{failure:?}"
    );
}

#[test]
fn there_is_an_end_to_tools_and_their_schemas() {
    let many = (0..513).map(|number| tool(&format!("t{number}"))).collect();
    let failure = Converted::of(&listed(many), &[]).unwrap_err();
    assert!(failure.fault.message.contains("at most 512"), "{failure:?}");
    let large = json!({"type": "object", "enum": vec!["x".repeat(90); 900]});
    let many = (0..30)
        .map(|number| json!({"name": format!("t{number}"), "inputSchema": large}))
        .collect();
    let failure = Converted::of(&listed(many), &[]).unwrap_err();
    assert!(failure.fault.message.contains("larger"), "{failure:?}");
}
