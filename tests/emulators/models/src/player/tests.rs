#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use serde_json::{Value, json};

use super::*;
use crate::question::{Tool, Turn};

const PROMPT: &str = "Review the quarter 2026-Q3. Issue: ABC-1. Meeting: 2026-10-06T10:00:00+02:00 to 2026-10-06T10:30:00+02:00, with [\"grace@acme.example\"].";

fn table() -> Value {
    json!({
        "columns": ["Name", "Account.Name", "Amount", "StageName", "CloseDate"],
        "rows": [
            ["A", "Acme", "1500000.0", "Closed Won", "2026-07-01"],
            ["B", "Bolt", null, "Negotiation", "2026-08-01"],
            ["C", "Cone", "2000.5", "Closed Lost", "2026-09-01"],
        ],
        "total-size": 3, "truncated": false,
    })
}

fn question() -> Question {
    let names = [
        "salesforce__query",
        "powerpoint__create",
        "jira__get-issue",
        "jira__add-attachment",
        "jira__add-comment",
        "google-calendar__find-busy-times",
        "google-calendar__book-meeting",
    ];
    let tool = |name: &str| Tool {
        name: name.to_owned(),
        schema: json!({ "type": "object" }),
    };
    Question {
        turns: vec![Turn::User(PROMPT.to_owned())],
        tools: names.map(tool).to_vec(),
        ..Question::default()
    }
}

/// Answers every call as the tools do, or with an error for the tools that `fail`.
fn play(mut question: Question, fail: &[&str]) -> (Vec<String>, String, Vec<Value>) {
    let (mut names, mut arguments) = (Vec::new(), Vec::new());
    for at in 0..20 {
        let said = answer(&question);
        assert_eq!(
            said,
            answer(&question),
            "the same conversation, the same answer"
        );
        let Some(call) = said.calls.first() else {
            return (names, said.text, arguments);
        };
        let id = format!("call-{at}");
        let name = call.name.clone();
        let is_error = fail.iter().any(|ending| name.ends_with(ending));
        let digest = format!("sha256:{}", "ab".repeat(32));
        let parts = match name.rsplit("__").next() {
            _ if is_error => vec!["It failed.".to_owned()],
            Some("query") => vec!["From outside.".to_owned(), table().to_string()],
            Some("create") => vec![
                json!({ "slides": 4 }).to_string(),
                json!({ "files": [{ "digest": digest }] }).to_string(),
            ],
            _ => vec!["{}".to_owned()],
        };
        arguments.push(serde_json::from_str(&call.arguments).unwrap());
        question.turns.push(Turn::Called {
            id: id.clone(),
            name: name.clone(),
        });
        question.turns.push(Turn::Result {
            id,
            parts,
            is_error,
        });
        names.push(name);
    }
    panic!("it does not end: {names:?}");
}

#[test]
fn the_review_is_played_to_its_end() {
    let (names, words, arguments) = play(question(), &[]);
    let expected = [
        "salesforce__query",
        "powerpoint__create",
        "jira__add-attachment",
        "jira__add-comment",
        "google-calendar__book-meeting",
    ];
    assert_eq!(names, expected);
    let soql = arguments[0]["soql"].as_str().unwrap();
    assert!(
        soql.contains("CloseDate >= 2026-07-01 AND CloseDate <= 2026-09-30"),
        "{soql}"
    );
    let rows = arguments[1]
        .pointer("/deck/slides/3/body/table/rows")
        .unwrap();
    assert_eq!(
        rows[0],
        json!(["A", "Acme", "1500000", "Closed Won", "2026-07-01"])
    );
    assert_eq!(
        arguments[2]["file"]["artifact"],
        format!("sha256:{}", "ab".repeat(32))
    );
    assert_eq!(
        arguments[4]["attendees"],
        json!([{ "email": "grace@acme.example" }])
    );
    assert_eq!(
        words,
        "2026-Q3: 3 opportunities close in the quarter. 1 of them are won, worth $1,500,000; 1 are lost, worth $2,000; 1 worth $0 are open. The largest is A with $1,500,000. \
         The deck and a comment are on ABC-1. The review is booked from 2026-10-06T10:00:00+02:00 to 2026-10-06T10:30:00+02:00."
    );
}

#[test]
fn what_fails_is_tried_again_only_where_that_changes_nothing() {
    let (names, words, _) = play(question(), &["query"]);
    assert_eq!(
        names,
        [
            "salesforce__query",
            "salesforce__query",
            "google-calendar__book-meeting"
        ]
    );
    assert!(
        words.starts_with("The opportunities of 2026-Q3 could not be read."),
        "{words}"
    );
    let (names, words, _) = play(question(), &["add-comment", "book-meeting"]);
    assert_eq!(names.len(), 5);
    assert!(
        words.ends_with("The deck is on ABC-1, without a comment. No meeting is booked."),
        "{words}"
    );
}

#[test]
fn a_tool_that_is_not_offered_is_not_called() {
    let mut question = question();
    question.tools.truncate(2);
    let (names, words, _) = play(question, &[]);
    assert_eq!(names, ["salesforce__query", "powerpoint__create"]);
    assert!(words.contains("Nothing was added to ABC-1."), "{words}");
}

#[test]
fn the_chain_gets_its_story() {
    let schema = json!({ "type": "object", "required": ["title", "summary", "points"], "properties": { "title": {}, "summary": {}, "points": {} } });
    let prompt = format!(
        "Find the story in these opportunities of 2026-Q3. {{x}}\n{}\n",
        table()
    );
    let question = Question {
        turns: vec![Turn::User(prompt)],
        schema: Some(schema),
        ..Question::default()
    };
    let story: Value = serde_json::from_str(&answer(&question).text).unwrap();
    assert_eq!(story["title"], "$1,500,000 won, $0 still open");
    assert_eq!(story["points"].as_array().map(Vec::len), Some(6));
}

#[test]
fn anything_else_is_repeated_or_fits_its_schema() {
    let asked = |schema| Question {
        turns: vec![Turn::User("Hello".to_owned())],
        schema,
        ..Question::default()
    };
    assert_eq!(answer(&asked(None)).text, "You said: Hello");
    let schema = json!({
        "type": "object", "required": ["a", "b", "c"],
        "properties": { "a": { "type": "integer", "minimum": 2 }, "b": { "enum": ["x", "y"] }, "c": { "type": "array", "minItems": 1, "items": { "type": "boolean" } } },
    });
    assert_eq!(
        answer(&asked(Some(schema))).text,
        r#"{"a":2,"b":"x","c":[false]}"#
    );
}
