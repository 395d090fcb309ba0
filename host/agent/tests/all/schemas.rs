//! `docs/agent.schema.json` and `docs/chain.schema.json`: what the files may say, for editors.
//!
//! The shapes are in [`shape`]. They say the same as the parser: each table has exactly the keys the parser takes, which is
//! found out by asking it.

mod shape;

use std::{collections::BTreeSet, fs, path::PathBuf};

use metier_agent::definition::Definition;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use crate::corpus::files;

fn schema<T: JsonSchema>(id: &str) -> Value {
    let settings = SchemaSettings::draft2020_12();
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    schema["$id"] = id.into();
    schema
}

fn schemas() -> [(&'static str, Value); 2] {
    [
        (
            "agent",
            schema::<shape::AgentFile>("https://metier.dev/schemas/agent.schema.json"),
        ),
        (
            "chain",
            schema::<shape::ChainFile>("https://metier.dev/schemas/chain.schema.json"),
        ),
    ]
}

#[test]
fn the_schemas_in_docs_are_current() {
    for (name, schema) in schemas() {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join(format!("../../docs/{name}.schema.json"));
        let text = format!("{schema:#}\n");
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == text,
            "docs/{name}.schema.json is not current; run this test with UPDATE_SCHEMAS=1"
        );
    }
}

#[test]
fn sound_files_fit_and_unknown_keys_do_not() {
    for (name, schema) in schemas() {
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let json = |text: &str| {
            serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
        };
        let of_kind = files("valid")
            .into_iter()
            .filter(|(file, _)| file.starts_with(name));
        for (file, text) in of_kind {
            let errors: Vec<String> = validator
                .iter_errors(&json(&text))
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{file}: {errors:?}");
        }
        for (file, text) in files("invalid") {
            if file.starts_with("unknown-") && name == "agent" {
                assert!(!validator.is_valid(&json(&text)), "{file}");
            }
        }
    }
}

/// What the parser says it knows where an unknown key stands.
fn known(text: &str) -> BTreeSet<String> {
    let error = Definition::parse(text, &|_| Err(String::new())).unwrap_err();
    let hint = error.hint().unwrap_or_default();
    let listed = hint.strip_prefix("known here: ");
    let listed = listed.unwrap_or_else(|| panic!("{error} ({hint})\n{text}"));
    listed.split(", ").map(str::to_owned).collect()
}

#[test]
fn the_parser_and_the_schema_know_the_same_keys() {
    let agent = "[agent]\nname = \"a\"\nmodel = \"m\"\ninstructions = \"x\"\n";
    let chain = "[chain]\nname = \"c\"\n[[step]]\nname = \"a\"\nvalue = 1\n";
    let odd = "zzzzzzzzzzzz = 1\n";
    let skill = "file = \"x\"\ntools = []\n";
    let rule = "tool = \"x\"\nthen = \"ask\"\n";
    let cases = [
        ("agent", "AgentFile", format!("{odd}{agent}")),
        ("agent", "AgentTable", format!("{agent}{odd}")),
        ("agent", "Memory", format!("{agent}[memory]\n{odd}")),
        ("agent", "Io", format!("{agent}[output]\n{odd}")),
        ("agent", "Skill", format!("{agent}[skills.s]\n{skill}{odd}")),
        ("agent", "Budget", format!("{agent}[budget]\n{odd}")),
        ("agent", "Approvals", format!("{agent}[approvals]\n{odd}")),
        (
            "agent",
            "Rule",
            format!("{agent}[[approvals.rule]]\n{rule}{odd}"),
        ),
        ("agent", "Taint", format!("{agent}[taint]\n{odd}")),
        ("agent", "Limits", format!("{agent}[limits]\n{odd}")),
        ("chain", "ChainFile", format!("{odd}{chain}")),
        (
            "chain",
            "ChainTable",
            format!("[chain]\nname = \"c\"\n{odd}[[step]]\nname = \"a\"\nvalue = 1\n"),
        ),
        ("chain", "ChainOutput", format!("{chain}[output]\n{odd}")),
        ("chain", "Retry", format!("{chain}[step.retry]\n{odd}")),
        (
            "chain",
            "EachTable",
            format!("{chain}[step.each]\nover = \"[1]\"\n{odd}"),
        ),
    ];
    let schemas = schemas();
    for (name, table, text) in cases {
        let (_, schema) = schemas.iter().find(|(kind, _)| *kind == name).unwrap();
        let root = schema["title"] == table;
        let at = match root {
            true => schema,
            false => &schema["$defs"][table],
        };
        let keys: BTreeSet<String> = at["properties"]
            .as_object()
            .unwrap_or_else(|| panic!("{table}"))
            .keys()
            .cloned()
            .collect();
        let mut taken = known(&text);
        // An agent is what has no [chain]: the parser looks for that first.
        if table == "AgentFile" {
            taken.remove("chain");
        }
        assert_eq!(keys, taken, "{name}: {table}");
        assert_eq!(at["additionalProperties"], Value::Bool(false), "{table}");
    }
}
