//! A server's schema, made fit for a model and for whoever reads what it is given.
//!
//! Words (`title`, `description`, `$comment`) are cleaned and cut. What a schema means is not touched: where a name, a constant or a pattern
//! hides characters, refers out of the schema, or the whole is too large or too deep, there is no schema.

use metier_core::hidden;
use serde_json::{Map, Value};

use super::convert::paragraphs;

/// Largest schema, in bytes of JSON: as much as one of an OpenAPI description.
const MAX_BYTES: usize = 96 << 10;

/// How deep a schema may be.
const MAX_DEPTH: usize = 48;

/// Longest text about a part, in characters.
const MAX_WORDS: usize = 1_000;

/// Members whose values are names somebody chose.
const NAMING: [&str; 5] = [
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
];

/// Members whose values are data, not schemas.
const DATA: [&str; 4] = ["default", "const", "enum", "examples"];

/// The schema, cleaned.
///
/// # Errors
/// Why there is none, behind "its schema".
pub fn cleaned(schema: &Value) -> Result<Value, String> {
    let Value::Object(members) = schema else {
        return Err("is no object".to_owned());
    };
    let mut cleaned = object(members, MAX_DEPTH)?;
    // Which dialect it was written in: here it is 2020-12.
    cleaned.remove("$schema");
    cleaned.remove("$id");
    let cleaned = Value::Object(cleaned);
    let bytes = cleaned.to_string().len();
    match bytes > MAX_BYTES {
        true => Err(format!("has {bytes} bytes and {MAX_BYTES} are possible")),
        false => Ok(cleaned),
    }
}

fn object(members: &Map<String, Value>, depth: usize) -> Result<Map<String, Value>, String> {
    let mut cleaned = Map::new();
    for (name, value) in members {
        visible(name)?;
        let value = match (name.as_str(), value) {
            ("title" | "description" | "$comment", Value::String(words)) => {
                Value::String(paragraphs(words, MAX_WORDS))
            }
            ("$ref" | "$dynamicRef", Value::String(to)) if !to.starts_with('#') => {
                return Err("refers to something outside of it".to_owned());
            }
            ("properties", value) if !value.is_object() => {
                return Err("has `properties` that are none".to_owned());
            }
            (data, value) if DATA.contains(&data) => {
                data_of(value, depth)?;
                value.clone()
            }
            (naming, Value::Object(parts)) if NAMING.contains(&naming) => {
                let mut named = Map::new();
                for (name, part) in parts {
                    visible(name)?;
                    named.insert(name.clone(), part_of(part, deeper(depth)?)?);
                }
                Value::Object(named)
            }
            (_, value) => part_of(value, depth)?,
        };
        cleaned.insert(name.clone(), value);
    }
    Ok(cleaned)
}

fn part_of(value: &Value, depth: usize) -> Result<Value, String> {
    match value {
        Value::Object(members) => Ok(Value::Object(object(members, deeper(depth)?)?)),
        Value::Array(parts) => {
            let depth = deeper(depth)?;
            let parts = parts.iter().map(|part| part_of(part, depth));
            Ok(Value::Array(parts.collect::<Result<_, _>>()?))
        }
        Value::String(text) => {
            visible(text)?;
            Ok(value.clone())
        }
        _ => Ok(value.clone()),
    }
}

/// Data is what it is, or there is no schema.
fn data_of(value: &Value, depth: usize) -> Result<(), String> {
    match value {
        Value::String(text) => visible(text),
        Value::Array(parts) => {
            let depth = deeper(depth)?;
            parts.iter().try_for_each(|part| data_of(part, depth))
        }
        Value::Object(members) => {
            let depth = deeper(depth)?;
            members.iter().try_for_each(|(name, part)| {
                visible(name)?;
                data_of(part, depth)
            })
        }
        _ => Ok(()),
    }
}

fn deeper(depth: usize) -> Result<usize, String> {
    depth
        .checked_sub(1)
        .ok_or_else(|| format!("is more than {MAX_DEPTH} levels deep"))
}

fn visible(text: &str) -> Result<(), String> {
    match hidden::find(text) {
        Some(found) => Err(format!("hides {found}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::{Value, json};

    use super::cleaned;

    #[test]
    fn words_are_cleaned_and_meanings_are_kept() {
        let schema = json!({
            "$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://a.example/x", "type": "object",
            "properties": {
                "description": {"type": "string", "description": "a\u{202e}b\u{1b}[2J", "enum": ["x"], "default": {"title": 1}},
                "list": {"type": "array", "items": {"title": "t\u{200b}t"}},
            },
            "anyOf": [{"description": "c\u{e0041}d"}],
        });
        assert_eq!(
            cleaned(&schema).unwrap(),
            json!({
                "type": "object",
                "properties": {
                    "description": {"type": "string", "description": "ab[2J", "enum": ["x"], "default": {"title": 1}},
                    "list": {"type": "array", "items": {"title": "tt"}},
                },
                "anyOf": [{"description": "cd"}],
            })
        );
    }

    #[test]
    fn what_hides_refers_out_or_has_no_end_is_no_schema() {
        let deep = (0..60).fold(json!({}), |inner, _| json!({"items": inner}));
        let deep_data = (0..60).fold(json!({}), |inner, _| json!([inner]));
        for (schema, why) in [
            (json!([]), "no object"),
            (json!({"properties": {"a\u{200b}": {}}}), "hides"),
            (
                json!({"properties": {"a": {"enum": ["x\u{202e}"]}}}),
                "hides",
            ),
            (
                json!({"properties": {"a": {"default": {"k": ["\u{200b}"]}}}}),
                "hides",
            ),
            (
                json!({"properties": {"a": {"pattern": "\u{200b}"}}}),
                "hides",
            ),
            (json!({"x\u{200b}": 1}), "hides"),
            (json!({"properties": 5}), "none"),
            (
                json!({"items": {"$ref": "https://a.example/x.json"}}),
                "outside",
            ),
            (json!({"items": {"$ref": "file:///etc/passwd"}}), "outside"),
            (deep, "levels"),
            (json!({"default": deep_data}), "levels"),
            (json!({"enum": vec!["x".repeat(100); 1_000]}), "bytes"),
        ] {
            let said = cleaned(&schema).unwrap_err();
            assert!(said.contains(why), "{why}: {said}");
        }
        let local = json!({"$defs": {"x": {}}, "items": {"$ref": "#/$defs/x"}});
        assert_eq!(cleaned(&local).unwrap(), local);
        assert_eq!(
            cleaned(&json!({"a": Value::Null})).unwrap(),
            json!({"a": null})
        );
    }
}
