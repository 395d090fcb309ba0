//! Known services: what a person would read of the skills made of them.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write;

use metier_openapi::{Listing, Selection};
use serde_json::Value;

use crate::support::{converted, corpus, written};

/// Each tool on one line: its request, its effect, and its arguments with the required ones marked.
fn table(name: &str, selection: &Selection) -> String {
    let document = corpus(name);
    let conversion = selection
        .convert(&document, &Listing::of(&document))
        .unwrap();
    let mut text = String::new();
    for made in &conversion.operations {
        let operation = &made.operation;
        let required = operation.input_schema["required"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let properties = operation.input_schema["properties"].as_object().unwrap();
        let arguments =
            properties.keys().map(
                |name| match required.contains(&Value::from(name.as_str())) {
                    true => format!("{name}*"),
                    false => name.clone(),
                },
            );
        let arguments: Vec<String> = arguments.collect();
        writeln!(
            text,
            "{} [{}] {} {}",
            operation.tool, made.effect, operation.method, operation.path
        )
        .unwrap();
        writeln!(text, "    {}", arguments.join(" ")).unwrap();
    }
    for problem in conversion.left_out.iter().chain(&conversion.notes) {
        writeln!(text, "! {problem}").unwrap();
    }
    text
}

/// Everything a person reads.
fn whole(name: &str, selection: &Selection) -> String {
    let files = written(&corpus(name), selection);
    format!(
        "{}\n{}\n{}\n{}",
        table(name, selection),
        files.manifest,
        files.skill_md,
        files.grant
    )
}

#[test]
fn petstore() {
    insta::assert_snapshot!(
        "petstore-v3",
        whole("petstore-v3.yaml", &Selection::default())
    );
    insta::assert_snapshot!(
        "petstore-v2",
        whole("petstore-v2.yaml", &Selection::default())
    );
    for name in ["petstore-v2.yaml", "petstore-v3.yaml"] {
        let conversion = converted(&corpus(name));
        let operations: Vec<_> = conversion
            .operations
            .into_iter()
            .map(|made| made.operation)
            .collect();
        insta::assert_json_snapshot!(format!("{name}-operations"), operations);
    }
}

#[test]
fn jira() {
    let selection = Selection::of_words(
        "searchForIssuesUsingJqlPost,getIssue,createIssue,editIssue,addComment,doTransition,assignIssue",
    );
    insta::assert_snapshot!("jira", whole("jira.json", &selection));
}

#[test]
fn slack() {
    insta::assert_snapshot!("slack", whole("slack.json", &Selection::default()));
}

#[test]
fn google_calendar() {
    insta::assert_snapshot!(
        "google-calendar",
        whole("google-calendar.json", &Selection::default())
    );
}

#[test]
fn microsoft_graph() {
    insta::assert_snapshot!("graph", whole("graph.json", &Selection::default()));
}

#[test]
fn the_same_bytes_always_give_the_same_texts() {
    for name in [
        "petstore-v2.yaml",
        "petstore-v3.yaml",
        "jira.json",
        "slack.json",
        "google-calendar.json",
        "graph.json",
    ] {
        let once = written(&corpus(name), &Selection::default());
        assert_eq!(
            once,
            written(&corpus(name), &Selection::default()),
            "{name}"
        );
        metier_openapi_plan::Plan::from_json(&once.plan).unwrap();
    }
}
