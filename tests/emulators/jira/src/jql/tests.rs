#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::Query;
use crate::site::{PEOPLE, Site};

fn site() -> Site {
    let mut site = Site::begun();
    let more = json!({
        "project": { "key": "ABC" }, "issuetype": { "name": "Story" }, "summary": "Say \"hello\"", "labels": ["x", "y"],
        "assignee": { "accountId": PEOPLE[1].0 }, "description": "For the account page.",
    });
    site.create(more.as_object().unwrap()).unwrap();
    site
}

fn found(jql: &str) -> Result<Vec<String>, String> {
    let site = site();
    let query = Query::parse(jql)?;
    Ok(query
        .of(&site.issues)
        .into_iter()
        .map(|issue| issue.key.clone())
        .collect())
}

#[test]
fn a_query_finds_what_it_says() {
    for (jql, keys) in [
        ("", "1 2 3"),
        ("ORDER BY created DESC", "3 2 1"),
        ("project = ABC AND type = Bug", "2"),
        ("project = abc and type != bug order by key desc", "3 1"),
        ("summary ~ fails OR text ~ account", "1 2 3"),
        ("text ~ \"account page\"", "3"),
        ("summary !~ account AND NOT (type = Bug)", "3"),
        ("assignee is EMPTY", "1 2"),
        ("assignee IS NOT empty", "3"),
        ("assignee = 'Grace Murray'", "3"),
        ("labels in (y, z)", "3"),
        ("key not in (ABC-1, \"ABC-2\")", "3"),
        ("summary = 'Say \"hello\"'", "3"),
        ("summary = \"Say \\\"hello\\\"\"", "3"),
        ("created > \"2026-01-05T09:00:30\"", "2 3"),
        ("created <= \"2026-01-05T09:01:00.000+0000\"", "1 2"),
    ] {
        let expected: Vec<String> = keys.split(' ').map(|key| format!("ABC-{key}")).collect();
        assert_eq!(found(jql), Ok(expected), "{jql}");
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    for (jql, needle) in [
        ("nonsense = 1", "Field 'nonsense' does not exist"),
        ("status", "unexpected end"),
        ("status foo Done", "no operator"),
        ("status = Done Done", "but got 'Done'"),
        ("(status = Done", "closing parenthesis"),
        ("status in Done", "takes a list"),
        ("summary ~ \"open", "has no end"),
        ("summary ~ a ! b", "unexpected character '!'"),
        ("ORDER created", "takes 'BY'"),
        ("assignee is Ada", "takes EMPTY"),
    ] {
        let error = found(jql).unwrap_err();
        assert!(error.contains(needle), "{jql}: {error}");
    }
    let deep = format!("{}key = ABC-1{}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(found(&deep).unwrap_err().contains("too deep"));
}
