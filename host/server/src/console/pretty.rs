//! JSON as people read it: what fits on a line is on one.

use serde_json::Value;

/// Longest line of what could also stand on several, in bytes.
const LINE: usize = 76;

/// Spaces of a level.
const STEP: usize = 2;

/// The value, on as many lines as it takes.
pub fn pretty(value: &Value) -> String {
    let mut told = String::new();
    write(value, 0, &mut told);
    told
}

fn write(value: &Value, depth: usize, told: &mut String) {
    let room = LINE.saturating_sub(depth * STEP);
    let mut short = String::new();
    if fits(value, room, &mut short) {
        told.push_str(&short);
        return;
    }
    match value {
        Value::Array(items) => {
            let items = items.iter().map(|item| (None, item));
            block('[', items, ']', depth, told);
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| (Some(name), field));
            block('{', fields, '}', depth, told);
        }
        other => told.push_str(&other.to_string()),
    }
}

fn block<'v>(
    open: char,
    items: impl Iterator<Item = (Option<&'v String>, &'v Value)>,
    close: char,
    depth: usize,
    told: &mut String,
) {
    told.push(open);
    for (number, (name, item)) in items.enumerate() {
        told.push_str(if number > 0 { ",\n" } else { "\n" });
        told.push_str(&" ".repeat((depth + 1) * STEP));
        if let Some(name) = name {
            told.push_str(&Value::from(name.as_str()).to_string());
            told.push_str(": ");
        }
        write(item, depth + 1, told);
    }
    told.push('\n');
    told.push_str(&" ".repeat(depth * STEP));
    told.push(close);
}

/// Writes the value on one line, unless that is too long; a text or a number always is on one.
fn fits(value: &Value, room: usize, told: &mut String) -> bool {
    let (open, close) = match value {
        Value::Array(_) => ('[', ']'),
        Value::Object(_) => ('{', '}'),
        plain => {
            told.push_str(&plain.to_string());
            return told.len() <= room;
        }
    };
    told.push(open);
    let items: Box<dyn Iterator<Item = (Option<&String>, &Value)>> = match value {
        Value::Object(fields) => Box::new(fields.iter().map(|(name, field)| (Some(name), field))),
        Value::Array(items) => Box::new(items.iter().map(|item| (None, item))),
        _ => Box::new(std::iter::empty()),
    };
    for (number, (name, item)) in items.enumerate() {
        if number > 0 {
            told.push_str(", ");
        }
        if let Some(name) = name {
            told.push_str(&Value::from(name.as_str()).to_string());
            told.push_str(": ");
        }
        if !fits(item, room, told) {
            return false;
        }
    }
    told.push(close);
    told.len() <= room
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::pretty;

    #[test]
    fn what_fits_on_a_line_is_on_one() {
        assert_eq!(
            pretty(&json!({"a": [1, "x", null], "b": {}})),
            r#"{"a": [1, "x", null], "b": {}}"#
        );
        let rows = json!({"rows": [["West", "1630250"], ["North", "1204000"], ["South", "842500"], ["East", "391000"]], "total": 4});
        let lines = "{\n  \"rows\": [\n    [\"West\", \"1630250\"],\n    [\"North\", \"1204000\"],\n    [\"South\", \"842500\"],\n    [\"East\", \"391000\"]\n  ],\n  \"total\": 4\n}";
        assert_eq!(pretty(&rows), lines);
        let long = "x".repeat(200);
        assert_eq!(pretty(&json!(long)), format!("\"{long}\""));
        assert_eq!(pretty(&json!([long])), format!("[\n  \"{long}\"\n]"));
        for value in [rows, json!([[[[long]]]]), json!({"\"<b>\n": "\u{0}"})] {
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&pretty(&value)).ok(),
                Some(value)
            );
        }
    }
}
