#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::cell::Cell;

use serde_json::json;

use super::*;

fn plan(operations: usize) -> Plan {
    let operation = |number: usize| Operation {
        tool: format!("tool-{number}"),
        description: "words ".repeat(100),
        method: "GET".to_owned(),
        path: format!("/things/{number}"),
        input_schema: json!({"type": "object"}),
        ..Operation::default()
    };
    Plan {
        base_url: "https://acme.example".to_owned(),
        operations: (0..operations).map(operation).collect(),
        ..Plan::default()
    }
}

/// Reads `text` as the host would, counting what is read.
fn reading<'t>(
    text: &'t str,
    bytes: &'t Cell<usize>,
) -> Source<impl Fn(u64, u32) -> Option<Vec<u8>> + 't> {
    Source::new(move |offset, length| {
        let start = usize::try_from(offset).unwrap().min(text.len());
        let end = (start + length.min(NEXT_READ) as usize).min(text.len());
        bytes.set(bytes.get() + end - start);
        Some(text.as_bytes().get(start..end)?.to_vec())
    })
}

#[test]
fn a_call_reads_the_head_and_its_own_line() {
    let text = plan(512).to_json().unwrap();
    let bytes = Cell::new(0);
    for number in [0, 255, 511] {
        bytes.set(0);
        let found = reading(&text, &bytes)
            .operation(&format!("tool-{number}"))
            .unwrap();
        assert_eq!(found.operation.path, format!("/things/{number}"));
        assert_eq!(found.base_url, "https://acme.example");
    }
    bytes.set(0);
    let small = plan(24).to_json().unwrap();
    reading(&small, &bytes).operation("tool-23").unwrap();
    assert_eq!(bytes.get(), FIRST_READ as usize);
}

#[test]
fn an_edited_plan_is_read_whole() {
    let bytes = Cell::new(0);
    let text = plan(3).to_json().unwrap();
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&text).unwrap())
            .unwrap();
    let moved = text.replace("/things/0", "/other-things/0");
    for edited in [pretty, moved] {
        let found = reading(&edited, &bytes).operation("tool-2").unwrap();
        assert_eq!(found.operation.path, "/things/2");
    }
}

#[test]
fn what_is_not_there_is_said() {
    let bytes = Cell::new(0);
    let text = plan(3).to_json().unwrap();
    let source = reading(&text, &bytes);
    assert!(
        matches!(source.operation("tool-3"), Err(Error::NotFound(why)) if why.contains("`tool-3`"))
    );
    let none = Source::new(|_, _| None);
    assert!(matches!(none.operation("x"), Err(Error::Internal(why)) if why.contains("missing")));
    let damaged = reading("{\"version\":1}", &bytes);
    assert!(
        matches!(damaged.operation("x"), Err(Error::Internal(why)) if why.contains("missing field"))
    );
    let endless = Source::new(|_, length| Some(vec![b'x'; length as usize]));
    match endless.operation("x") {
        Err(Error::Internal(_)) => {}
        _ => panic!("an endless file was read"),
    }
}

#[test]
fn tools_are_listed_with_their_words() {
    let bytes = Cell::new(0);
    let text = plan(2).to_json().unwrap();
    let tools = reading(&text, &bytes).tools().unwrap();
    let first = tools.first().unwrap();
    assert_eq!(
        (
            tools.len(),
            first.name.as_str(),
            first.input_schema.as_str()
        ),
        (2, "tool-0", "{\"type\":\"object\"}")
    );
    assert!(first.description.starts_with("words"));
}
