//! A tool's arguments and answer as a person would write them down.
//!
//! `query(soql: text, limit?: integer) → {columns: list of text, rows: list of list of text?}`

use serde_json::Value;

use crate::{flags::required, text};

/// How deep a signature looks into nested types; `--schemas` has the rest.
const MAX_DEPTH: usize = 3;

/// How many fields of an object or words of a choice are spelt out.
const MAX_PARTS: usize = 8;

/// `name(argument: type, optional?: type) → answer`
pub fn of(name: &str, input: &Value, output: Option<&Value>) -> String {
    let arguments = fields(input, input, 0).unwrap_or_default();
    let answer = match output {
        Some(schema) => format!(" → {}", words(schema, schema, 1)),
        None => String::new(),
    };
    text::one_line(&format!("{name}({arguments}){answer}"))
}

/// `a: text, b?: integer`
fn fields(schema: &Value, root: &Value, depth: usize) -> Option<String> {
    let properties = schema.get("properties")?.as_object()?;
    let required = required(schema);
    // Required ones in the order they are required in, then the others.
    let place = |name: &str| {
        required
            .iter()
            .position(|required| *required == name)
            .unwrap_or(usize::MAX)
    };
    let mut ordered: Vec<_> = properties.iter().collect();
    ordered.sort_by_key(|(name, _)| place(name));
    let mut parts: Vec<String> = ordered
        .into_iter()
        .take(MAX_PARTS)
        .map(|(name, part)| {
            let mark = if required.contains(&name.as_str()) {
                ""
            } else {
                "?"
            };
            let shown = words(part, root, depth + 1);
            // An optional field that may be null as well says it once.
            let shown = if mark.is_empty() {
                &shown
            } else {
                shown.trim_end_matches('?')
            };
            format!("{name}{mark}: {shown}")
        })
        .collect();
    if properties.len() > MAX_PARTS {
        parts.push("…".to_owned());
    }
    Some(parts.join(", "))
}

fn words(schema: &Value, root: &Value, depth: usize) -> String {
    if depth > MAX_DEPTH {
        return "…".to_owned();
    }
    if let Some(target) = reference(schema, root) {
        return words(target, root, depth + 1);
    }
    if let Some(word) = schema.get("const") {
        return word.to_string();
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        return any_of(choices.iter().map(Value::to_string).collect());
    }
    let options = schema
        .get("anyOf")
        .or_else(|| schema.get("oneOf"))
        .and_then(Value::as_array);
    if let Some(options) = options {
        return choice(options, root, depth);
    }
    typed(schema, root, depth)
}

fn reference<'s>(schema: &Value, root: &'s Value) -> Option<&'s Value> {
    root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

fn choice(options: &[Value], root: &Value, depth: usize) -> String {
    let is_null = |option: &&Value| option.get("type").and_then(Value::as_str) == Some("null");
    let is_special = |option: &&Value| {
        let words = option.get("enum").and_then(Value::as_array);
        words.is_some_and(|words| words.iter().any(|word| word == "NaN"))
    };
    let shown: Vec<String> = options
        .iter()
        .filter(|option| !is_null(option) && !is_special(option))
        .map(|option| words(option, root, depth))
        .collect();
    let mark = if options.iter().any(|option| is_null(&option)) {
        "?"
    } else {
        ""
    };
    match shown.as_slice() {
        [one] => format!("{}{mark}", one.trim_end_matches('?')),
        _ if mark.is_empty() => any_of(shown),
        _ => format!("({}){mark}", any_of(shown)),
    }
}

fn any_of(mut words: Vec<String>) -> String {
    if words.len() > MAX_PARTS {
        words.truncate(MAX_PARTS);
        words.push("…".to_owned());
    }
    words.join(" | ")
}

fn typed(schema: &Value, root: &Value, depth: usize) -> String {
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => return "any".to_owned(),
    };
    let mark = if types.len() > 1 && types.contains(&"null") {
        "?"
    } else {
        ""
    };
    let first = types
        .iter()
        .find(|name| **name != "null")
        .copied()
        .unwrap_or("null");
    let shown = match first {
        "string" if schema.get("contentEncoding").is_some() => "base64".to_owned(),
        "string" => "text".to_owned(),
        "array" => list(schema, root, depth),
        "object" if depth >= MAX_DEPTH => "{…}".to_owned(),
        "object" => match fields(schema, root, depth) {
            Some(inner) if !inner.is_empty() => format!("{{{inner}}}"),
            _ => "object".to_owned(),
        },
        "null" => "nothing".to_owned(),
        other => other.to_owned(),
    };
    format!("{shown}{mark}")
}

fn list(schema: &Value, root: &Value, depth: usize) -> String {
    if let Some(places) = schema.get("prefixItems").and_then(Value::as_array) {
        let places: Vec<String> = places
            .iter()
            .take(MAX_PARTS)
            .map(|place| words(place, root, depth))
            .collect();
        return format!("[{}]", places.join(", "));
    }
    match schema.get("items") {
        Some(items @ Value::Object(_)) => format!("list of {}", words(items, root, depth)),
        _ => "list".to_owned(),
    }
}
