//! What is found, where it stands, and what was meant.
#![expect(clippy::unwrap_used, reason = "tests")]
use serde_json::json;

use super::check;
use crate::{definition::Definition, testing};

fn findings(chain: &str) -> Vec<String> {
    let head = "[chain]\nname = \"c\"\n[input.schema]\ntype = \"object\"\nadditionalProperties = false\n\
                [input.schema.properties]\nquarter = { type = \"string\" }\n";
    let none = |_: &str| Err("no file".to_owned());
    let definition = Definition::parse(&format!("{head}{chain}"), &none).unwrap();
    let mut started = testing::started(definition);
    let read = started.tools.get_mut("s.read").unwrap();
    read.input_schema = json!({
        "type": "object",
        "required": ["soql"],
        "properties": {"soql": {"type": "string"}, "limit": {"type": "integer"}},
        "additionalProperties": false,
    });
    check(&started).iter().map(ToString::to_string).collect()
}

#[test]
fn a_sound_chain_has_no_findings() {
    let chain = "[[step]]\nname = \"a\"\ntool = \"s.read\"\n[step.args]\nsoql = \"${input.quarter}\"\n\
                 [[step]]\nname = \"b\"\nvalue = \"${steps.a.output}\"\n";
    assert_eq!(findings(chain), Vec::<String>::new());
}

#[test]
fn each_mistake_is_found_and_names_what_was_meant() {
    for (chain, told) in [
        (
            "tool = \"s.raed\"",
            "step a: there is no tool s.raed; did you mean s.read?",
        ),
        (
            "tool = \"s.read\"",
            "step a: s.read needs the argument soql",
        ),
        (
            "tool = \"s.read\"\nargs = { soql = \"x\", limt = 1 }",
            "step a: there is no argument of s.read limt; did you mean limit?",
        ),
        (
            "tool = \"s.read\"\nargs = { soql = \"x\", limit = \"many\" }",
            "step a: the argument limit of s.read: \"many\" is not of type \"integer\"",
        ),
        (
            "value = \"${input.quater}\"",
            "step a: there is no field of the input quater; did you mean quarter?",
        ),
        (
            "value = \"${imput.x}\"",
            "step a: there is no name imput; did you mean input?",
        ),
        (
            "value = \"${steps.b.output}\"\n[[step]]\nname = \"b\"\nvalue = 1",
            "step a: the step b has not been done yet where this stands",
        ),
        (
            "value = 1\n[[step]]\nname = \"b\"\nvalue = \"${steps.a.result}\"",
            "step b: a step has `output` and `artifacts`, and no result",
        ),
        (
            "model = \"main\"\nprompt = \"x\"\nschema = { type = \"object\" }",
            "step a: no candidate of the route main has the features this needs: schema",
        ),
        (
            "value = 1\n[budget.calls]\n\"s.raed\" = 1",
            "budget.calls: there is no tool s.raed; did you mean s.read?",
        ),
        (
            "value = 1\n[[approvals.rule]]\ntool = \"x.*\"\nthen = \"ask\"",
            "approvals.rule: there is no tool x.*",
        ),
    ] {
        let found = findings(&format!("[[step]]\nname = \"a\"\n{chain}\n"));
        assert!(
            found.iter().any(|found| found.starts_with(told)),
            "{found:?}\n  lack\n{told}"
        );
    }
}

#[test]
fn an_agent_needs_a_model_that_can_do_what_its_file_asks_for() {
    let none = |_: &str| Err("no file".to_owned());
    let file = "[agent]\nname = \"a\"\ninstructions = \"Do it.\"\nmodel = \"main\"\n\
                [output.schema]\ntype = \"object\"\n";
    let mut started = testing::started(Definition::parse(file, &none).unwrap());
    let told = |started: &crate::journal::Started| {
        let found = check(started);
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        told(&started),
        ["agent: no candidate of the route main has the features this needs: tools, schema"]
    );
    let route = started.routes.get_mut("main").unwrap();
    route.candidates[0].features = vec![
        crate::routes::Feature::Tools,
        crate::routes::Feature::Schema,
    ];
    assert_eq!(told(&started), Vec::<String>::new());
}
