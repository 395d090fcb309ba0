//! Text of a format, a pattern and a length.

use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

/// Longest text made for a schema that wants a long one, in characters.
const MAX_LENGTH: u64 = 10_000;

/// How often a pattern is tried for a text of the right length.
const TRIES: usize = 50;

/// Text the members of a schema allow.
pub fn made(members: &Map<String, Value>) -> String {
    let length = |key: &str| members.get(key).and_then(Value::as_u64);
    let least = length("minLength").unwrap_or(0).min(MAX_LENGTH);
    let most = length("maxLength").unwrap_or(u64::MAX);
    let fits = |text: &str| (least..=most).contains(&(text.chars().count() as u64));
    let pattern = members.get("pattern").and_then(Value::as_str);
    let known = of_format(format(members));
    if pattern.is_some_and(|pattern| is_match(pattern, known) && fits(known)) {
        return known.to_owned();
    }
    if let Some(text) = pattern.and_then(|pattern| of_pattern(pattern, &fits)) {
        return text;
    }
    let mut text = known.to_owned();
    if format(members).is_empty() || !fits(&text) {
        while (text.chars().count() as u64) < least {
            text.push('a');
        }
        text = text
            .chars()
            .take(usize::try_from(most).unwrap_or(usize::MAX))
            .collect();
    }
    text
}

fn format(members: &Map<String, Value>) -> &str {
    let format = members.get("format").and_then(Value::as_str);
    format.unwrap_or_default()
}

fn is_match(pattern: &str, text: &str) -> bool {
    jsonschema::draft202012::is_valid(&json!({"pattern": pattern}), &json!(text))
}

fn of_format(format: &str) -> &'static str {
    match format {
        "date-time" => "2026-01-02T03:04:05Z",
        "date" => "2026-01-02",
        "time" => "03:04:05Z",
        "duration" => "P1D",
        "email" | "idn-email" => "somebody@example.com",
        "hostname" | "idn-hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "uri" | "url" | "iri" => "https://example.com/thing",
        "uri-reference" | "iri-reference" => "/thing",
        "uuid" | "guid" => "123e4567-e89b-12d3-a456-426614174000",
        "byte" => "aGVsbG8=",
        "json-pointer" => "/a",
        "regex" => "a",
        "int32" | "int64" | "integer" | "float" | "double" | "number" | "decimal" => "1",
        _ => "abc",
    }
}

fn ascii(pattern: &str) -> String {
    let (mut ascii, mut classes, mut chars) = (String::new(), 0, pattern.chars());
    while let Some(char) = chars.next() {
        let written = match char {
            '\\' => match chars.next() {
                Some('d') if classes > 0 => "0-9".to_owned(),
                Some('d') => "[0-9]".to_owned(),
                Some('w') if classes > 0 => "A-Za-z0-9_".to_owned(),
                Some('w') => "[A-Za-z0-9_]".to_owned(),
                Some('s') => " ".to_owned(),
                // Escapes ECMAScript has and Rust does not know.
                Some('/') => "/".to_owned(),
                Some(other) => format!("\\{other}"),
                None => String::new(),
            },
            other => other.to_string(),
        };
        classes += i32::from(char == '[') - i32::from(char == ']');
        ascii.push_str(&written);
    }
    ascii
}

/// The same on every machine: the generator is seeded with nothing.
fn of_pattern(pattern: &str, fits: &impl Fn(&str) -> bool) -> Option<String> {
    let bare = pattern.trim_start_matches('^');
    let bare = bare.strip_suffix('$').unwrap_or(bare);
    // JSON Schema's `\d` and `\w` are those of ASCII.
    let read = |pattern: &str| string_regex(pattern).ok();
    let strategy = read(&ascii(bare)).or_else(|| read(bare))?;
    let mut runner = TestRunner::deterministic();
    let plain = |text: &str| text.chars().all(|char| (' '..='~').contains(&char));
    let mut found = None;
    for _ in 0..TRIES {
        let text = strategy.new_tree(&mut runner).ok()?.current();
        if fits(&text) {
            // Of those that fit, one that a person would write.
            if plain(&text) && !text.contains(['/', '\\', '%']) {
                return Some(text);
            }
            found = Some(text);
        }
    }
    found
}
