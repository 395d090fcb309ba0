//! Every file in `tests/corpus/agent` is sound or told apart as its directory says, in the words and at the places the
//! snapshot holds.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use metier_agent::{check, definition::Definition, journal::Started};
use serde_json::json;

use crate::world;

/// Name and text of each file, sorted by name.
pub fn files(kind: &str) -> Vec<(String, String)> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/corpus/agent")
        .join(kind);
    let mut files: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn parse(text: &str) -> Result<Definition, metier_core::toml_text::TextError> {
    Definition::parse(text, &|name| Err(format!("there is no file `{name}`")))
}

/// The definition with one tool, whose schemas list every field.
fn started(definition: Definition) -> Started {
    let mut started = world::started("[chain]\nname = \"x\"\n[[step]]\nname = \"a\"\nvalue = 1\n");
    let mut tool = started.tools["s.read"].clone();
    tool.input_schema = json!({
        "type": "object",
        "required": ["soql"],
        "properties": {"soql": {"type": "string"}, "limit": {"type": "integer"}},
        "additionalProperties": false,
    });
    tool.output_schema = Some(json!({
        "type": "object",
        "properties": {"rows": {"type": "array"}},
        "additionalProperties": false,
    }));
    started.tools = BTreeMap::from([("crm.query".to_owned(), tool)]);
    Started {
        definition,
        ..started
    }
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let mut page = String::new();
    for (name, text) in files("invalid") {
        writeln!(page, "{name}").unwrap();
        match parse(&text) {
            Err(error) => {
                let hint = error
                    .hint()
                    .map_or(String::new(), |hint| format!(" ({hint})"));
                writeln!(page, "  {error}{hint}").unwrap();
            }
            Ok(definition) => {
                let findings = check::check(&started(definition));
                assert!(!findings.is_empty(), "{name} is sound");
                for finding in findings {
                    let place = finding.position(&text);
                    let place = place.unwrap_or_else(|| panic!("{name}: nowhere: {finding}"));
                    writeln!(page, "  {place}: {finding}").unwrap();
                }
            }
        }
    }
    insta::assert_snapshot!("mistakes", page);
}

#[test]
fn sound_files_have_no_findings() {
    for (name, text) in files("valid") {
        let definition = parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(check::check(&started(definition)), [], "{name}");
    }
}
