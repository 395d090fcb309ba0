//! What agent and chain files mean, and how mistakes in them are told.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use metier_core::Effect;
use serde_json::json;

use super::*;

const AGENT: &str = include_str!("../../../../examples/account-review/agent.toml");
const CHAIN: &str = include_str!("../../../../examples/account-review/chain.toml");

fn no_files(path: &str) -> Result<String, String> {
    Err(format!("there is no file `{path}`"))
}

fn parse(text: &str) -> Result<Definition, TextError> {
    Definition::parse(text, &no_files)
}

#[test]
fn the_example_agent_reads_as_it_is_written() {
    let files = |path: &str| Ok(format!("text of {path}"));
    let Definition::Agent(agent) = Definition::parse(AGENT, &files).unwrap() else {
        unreachable!("it is an agent")
    };
    assert_eq!(agent.instructions, "text of instructions.md");
    assert_eq!(agent.terms.budget.nano_dollars, Some(2_000_000_000));
    assert_eq!(agent.terms.budget.wall, Some(Duration::from_secs(900)));
    assert_eq!(agent.terms.skills.len(), 4);
    assert_eq!(agent.terms.approvals.rules[0].then, ConsentThen::Ask);
}

#[test]
fn the_example_chain_reads_as_it_is_written() {
    let Definition::Chain(chain) = parse(CHAIN).unwrap() else {
        unreachable!("it is a chain")
    };
    let names: Vec<&str> = chain.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "days", "deals", "story", "deck", "attach", "comment", "meeting"
        ]
    );
    assert!(chain.output.is_some());
}

#[test]
fn what_is_not_written_is_safe() {
    let text = "[chain]\nname = \"c\"\n[[step]]\nname = \"a\"\nvalue = 1\n";
    let Definition::Chain(chain) = parse(text).unwrap() else {
        unreachable!("it is a chain")
    };
    let terms = &chain.terms;
    assert_eq!(terms.approvals.from_effect, Some(Effect::Destructive));
    assert_eq!(terms.approvals.on_timeout, OnTimeout::Deny);
    assert_eq!(terms.taint.from_effect, Some(Effect::Destructive));
    assert_eq!(
        (terms.limits.clone(), chain.steps[0].retry.attempts),
        (Limits::default(), 1)
    );
    assert_eq!(chain.steps[0].work, Work::Value { value: json!(1) });
    let off = format!("{text}[taint]\nfrom-effect = \"none\"\n");
    assert_eq!(parse(&off).unwrap().terms().taint.from_effect, None);
}

#[test]
fn mistakes_are_told_by_place() {
    let chain = "[chain]\nname = \"c\"\n[[step]]\nname = \"a\"\n";
    let cases = [
        (
            format!("{chain}value = 1\nwhem = \"true\"\n"),
            "6:1: unknown key `whem`",
        ),
        (
            format!("{chain}value = 1\nwait = \"1s\"\n"),
            "5:9: a step does one thing: `wait` or `value`, not both",
        ),
        (
            format!("{chain}when = \"1 +\"\nvalue = 1\n"),
            "5:8: this is no expression",
        ),
        (
            format!("{chain}value = \"${{a\"\n"),
            "5:9: `${` is not closed",
        ),
        (
            format!("{chain}tool = \"query\"\n"),
            "5:8: a tool is named by the alias",
        ),
        (
            format!("{chain}value = 1\n[[step]]\nname = \"a\"\nvalue = 2\n"),
            "7:8: there is another step `a` above",
        ),
        (
            format!("{chain}value = 1\n[budget]\nmoney = \"1 EUR\"\n"),
            "7:9: \"1 EUR\" is no amount of money",
        ),
        (
            format!("{chain}value = 1\n[skills.s]\nfile = \"s.wasm\"\n"),
            "[skills.s] lacks `tools`",
        ),
        (
            format!("{chain}value = 1\n[limits]\nparallel = 0\n"),
            "7:12: 0 is not a number",
        ),
        (
            "[chain]\nname = \"A\"\n".to_owned(),
            "2:8: \"A\" is no name",
        ),
        ("x = 1\n".to_owned(), "the file lacks `agent`"),
        (
            "[agent]\nname = \"a\"\nmodel = \"m\"\ninstructions = { file = \"i.md\" }\n".to_owned(),
            "there is no file `i.md`",
        ),
    ];
    for (text, told) in cases {
        let error = parse(&text).unwrap_err();
        let (line, column) = (error.line(), error.column());
        let error = format!("{line}:{column}: {}", error.message());
        assert!(error.contains(told), "{error}\n  is not\n{told}");
    }
}
