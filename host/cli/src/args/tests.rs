//! The command line, before and after the tool is known.
#![expect(clippy::unwrap_used, reason = "tests")]

use clap::error::ErrorKind;
use serde_json::json;

use super::{
    call::{CallOptions, ToolArgs},
    *,
};
use crate::{
    flags::{self, Arguments},
    printer::Format,
    terminal::ColorChoice,
};

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn tool() -> ToolArgs {
    let schema = json!({
        "properties": {"soql": {"type": "string"}, "json": {"type": "string"}, "output": {"type": "string"}},
        "required": ["soql"]
    });
    ToolArgs {
        name: "query".to_owned(),
        about: "Asks.".to_owned(),
        flags: flags::of_schema(&schema),
    }
}

fn parsed(line: &str) -> (CallOptions, String) {
    let (options, values) = call::parse(words(line), &tool()).unwrap();
    let given = options
        .json
        .as_deref()
        .map(|text| Arguments::parse(text).unwrap());
    let arguments = values.over(&tool(), given).unwrap().text();
    (options, arguments)
}

#[test]
fn the_trees_are_sound() {
    root().debug_assert();
    call::command(None).debug_assert();
    call::command(Some(&tool())).debug_assert();
}

#[test]
fn skill_tool_and_grant_are_found_wherever_they_stand() {
    for line in [
        "s.wasm query --grant g.toml --soql x",
        "--grant g.toml s.wasm query",
        "--grant=g.toml --output json s.wasm query --soql skill",
        "s.wasm --timeout 3s --grant g.toml -v query -- --grant other.toml",
    ] {
        let split = call::split(&words(line));
        assert_eq!(
            split.skill.as_deref(),
            Some(std::path::Path::new("s.wasm")),
            "{line}"
        );
        assert_eq!(
            split.tool.as_deref(),
            Some(std::ffi::OsStr::new("query")),
            "{line}"
        );
        assert_eq!(
            split.grant.as_deref(),
            Some(std::path::Path::new("g.toml")),
            "{line}"
        );
    }
    assert!(call::split(&words("s.wasm query --help")).help);
    assert!(!call::split(&words("s.wasm query -- --help")).help);
}

#[test]
fn ours_win_before_the_dashes_and_the_tools_after() {
    let (options, arguments) =
        parsed("s.wasm query --soql x --output json -- --output file --json text");
    assert_eq!(options.globals.output, Some(Format::Json));
    assert_eq!(arguments, r#"{"soql":"x","json":"text","output":"file"}"#);
    let (options, arguments) = parsed(r#"s.wasm query --json {"soql":1,"z":2}"#);
    assert_eq!(
        (options.json.is_some(), arguments.as_str()),
        (true, r#"{"soql":1,"z":2}"#)
    );
    let (_, arguments) = parsed(r#"s.wasm query --json {"soql":1,"z":2} --soql y"#);
    assert_eq!(arguments, r#"{"z":2,"soql":"y"}"#);
}

#[test]
fn lists_and_switches_may_be_left_out_unless_json_is_given() {
    let schema = json!({
        "properties": {"fields": {"type": "array", "items": {"type": "string"}}, "dry": {"type": "boolean"}},
        "required": ["fields", "dry"]
    });
    let flags = flags::of_schema(&schema);
    let tool = ToolArgs { flags, ..tool() };
    let (_, values) = call::parse(words("s.wasm query"), &tool).unwrap();
    let text = values.over(&tool, None).unwrap().text();
    assert_eq!(text, r#"{"fields":[],"dry":false}"#);
    assert!(values.over(&tool, Some(Arguments::default())).is_err());
}

#[test]
fn what_is_wrong_is_named() {
    for (line, kind) in [
        ("s.wasm query --sqol x", ErrorKind::UnknownArgument),
        (
            "s.wasm query --soql x --timeout soon",
            ErrorKind::ValueValidation,
        ),
        (
            "s.wasm query --soql x -- --grant g",
            ErrorKind::UnknownArgument,
        ),
        ("s.wasm query --soql x extra", ErrorKind::UnknownArgument),
        ("s.wasm query --help", ErrorKind::DisplayHelp),
    ] {
        assert_eq!(
            call::parse(words(line), &tool()).unwrap_err().kind(),
            kind,
            "{line}"
        );
    }
    let (_, values) = call::parse(words("s.wasm query"), &tool()).unwrap();
    let failure = values.over(&tool(), None).unwrap_err();
    assert_eq!(failure.fault.message, "The tool `query` needs --soql.");
}

#[test]
fn a_grant_that_is_another_flags_value_is_told_apart() {
    let line = words("s.wasm query --soql --grant evil.toml");
    let split = call::split(&line);
    // The parser reads it as the value of --soql, and `evil.toml` as a stray word.
    assert!(split.grant.is_some() && call::parse(line, &tool()).is_err());
}

#[test]
fn format_and_colour_are_known_before_the_rest() {
    let early = |line: &str| Early::look(&words(line));
    assert_eq!(early("metier --output json call x").format, Format::Json);
    assert_eq!(
        early("metier call x y --output=json --color never").color,
        ColorChoice::Never
    );
    assert_eq!(
        early("metier call x y -- --output json").format,
        Format::Human
    );
    assert_eq!(early("metier --output nonsense"), Early::default());
}

#[test]
fn globals_after_the_tool_win() {
    let before = Globals {
        output: Some(Format::Human),
        quiet: true,
        ..Globals::default()
    };
    let after = Globals {
        output: Some(Format::Json),
        verbose: true,
        ..Globals::default()
    };
    let both = after.or(before);
    assert_eq!(
        (both.output, both.quiet, both.verbose),
        (Some(Format::Json), false, true)
    );
}
