//! The Atlassian Document Format, as much as texts need.

use serde_json::{Value, json};

/// Deepest document read; Jira's own editor stops far earlier.
const MAX_DEPTH: usize = 64;

/// Text as a document: a paragraph for each line.
pub(crate) fn document(text: &str) -> Value {
    let paragraph = |line: &str| match line {
        "" => json!({ "type": "paragraph", "content": [] }),
        line => json!({ "type": "paragraph", "content": [{ "type": "text", "text": line }] }),
    };
    let paragraphs: Vec<Value> = text.split('\n').map(paragraph).collect();
    json!({ "type": "doc", "version": 1, "content": paragraphs })
}

/// The text of what a client sent: a document, or text as it is.
pub(crate) fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(_) => Some(inner(value, MAX_DEPTH)),
        _ => None,
    }
}

fn inner(node: &Value, left: usize) -> String {
    if node["type"] == "text" {
        return node["text"].as_str().unwrap_or_default().to_owned();
    }
    let children = node["content"].as_array().into_iter().flatten();
    let children: Vec<String> = match left.checked_sub(1) {
        Some(left) => children.map(|child| inner(child, left)).collect(),
        None => Vec::new(),
    };
    children.join(if node["type"] == "doc" { "\n" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_what_its_text_says() {
        for text in ["one", "one\ntwo", "", "a\n\nb"] {
            assert_eq!(words(&document(text)).as_deref(), Some(text));
        }
        assert_eq!(words(&json!(null)), None);
    }
}
