//! Arguments a schema allows: examples, defaults and enums first, else the smallest value there is.
//!
//! Required members are always made; optional ones as the coin falls. Whatever is made is checked against the schema with a
//! validator; examples that break it, as they do in real descriptions, are left out in a second try.

mod strings;

use serde_json::{Map, Number, Value, json};

use crate::random::Random;

/// How deep a value goes: recursive schemas end here, where members are optional.
const MAX_DEPTH: usize = 12;

/// Below this, optional members are left out: they are the recursion.
const OPTIONAL_DEPTH: usize = 3;

/// Most elements made for a list that wants many.
const MAX_ELEMENTS: u64 = 64;

/// Arguments for an input schema, with those named in `wanted` whether they are required or not; the last try is given even
/// when it breaks the schema.
pub fn arguments(schema: &Value, wanted: &[&str], random: &mut Random) -> Value {
    let schema = &requiring(schema, wanted);
    // Prism looks at formats too.
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    let validator = options.build(schema).ok();
    let fits = |value: &Value| {
        validator
            .as_ref()
            .is_none_or(|validator| validator.is_valid(value))
    };
    let optional = random.coin();
    let mut last = json!({});
    for (examples, optional) in [
        (true, optional),
        (false, optional),
        (true, false),
        (false, false),
    ] {
        let mut maker = Maker {
            root: schema,
            examples,
            optional,
            random: &mut *random,
        };
        let made = maker.value(schema, 0).unwrap_or_else(|| json!({}));
        if fits(&made) {
            return made;
        }
        last = made;
    }
    last
}

/// The schema with more of its members required.
fn requiring(schema: &Value, wanted: &[&str]) -> Value {
    let mut schema = schema.clone();
    if let Some(members) = schema.as_object_mut() {
        let required = members.entry("required").or_insert_with(|| json!([]));
        for name in wanted {
            match required.as_array_mut() {
                Some(names) if !names.contains(&json!(name)) => names.push(json!(name)),
                _ => {}
            }
        }
    }
    schema
}

struct Maker<'s> {
    root: &'s Value,
    examples: bool,
    optional: bool,
    random: &'s mut Random,
}

impl Maker<'_> {
    fn value(&mut self, schema: &Value, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let members = match schema {
            Value::Object(members) => self.merged(members, depth)?,
            Value::Bool(true) => return Some(json!("abc")),
            _ => return None,
        };
        if is_file(&members) {
            return Some(json!({"name": "a.txt", "media_type": "text/plain", "text": "hello"}));
        }
        if let Some(told) = self.told(&members) {
            return Some(told);
        }
        let kind = kind(&members);
        Some(match kind {
            "object" => self.object(&members, depth)?,
            "array" => self.array(&members, depth)?,
            "integer" | "number" => number(&members, kind == "integer"),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => Value::String(strings::made(&members)),
        })
    }

    /// What the schema itself says would do.
    fn told(&self, members: &Map<String, Value>) -> Option<Value> {
        if let Some(value) = members.get("const") {
            return Some(value.clone());
        }
        // An empty text is as good as nothing to Prism, which then misses it.
        let says = |value: &&Value| !value.is_null() && **value != "";
        let listed = |key: &str| members.get(key)?.as_array()?.iter().find(says).cloned();
        let one = |key: &str| members.get(key).filter(says).cloned();
        let examples = || {
            listed("examples")
                .or_else(|| one("example"))
                .or_else(|| one("default"))
        };
        let example = if self.examples { examples() } else { None };
        example.or_else(|| listed("enum"))
    }

    /// The schema with its references followed, its `allOf` joined and the first choice that can be made chosen.
    fn merged(&mut self, members: &Map<String, Value>, depth: usize) -> Option<Map<String, Value>> {
        let mut merged = members.clone();
        if let Some(Value::String(reference)) = merged.remove("$ref") {
            let target = self.root.pointer(reference.strip_prefix('#')?)?.clone();
            join(&mut merged, target.as_object()?.clone());
            return self.merged_below(merged, depth);
        }
        for part in take_list(&mut merged, "allOf") {
            let Value::Object(part) = part else { continue };
            join(&mut merged, self.merged_below(part, depth)?);
        }
        for key in ["oneOf", "anyOf"] {
            let choices = take_list(&mut merged, key);
            let is_null = |choice: &Value| choice.get("type").is_some_and(|kind| kind == "null");
            let choice = choices
                .iter()
                .find(|choice| !is_null(choice))
                .or(choices.first());
            if let Some(Value::Object(choice)) = choice {
                let mut chosen = self.merged_below(choice.clone(), depth)?;
                join(&mut chosen, merged);
                merged = chosen;
            }
        }
        Some(merged)
    }

    fn merged_below(
        &mut self,
        members: Map<String, Value>,
        depth: usize,
    ) -> Option<Map<String, Value>> {
        match depth < MAX_DEPTH * 2 {
            true => self.merged(&members, depth + 1),
            false => None,
        }
    }

    fn object(&mut self, members: &Map<String, Value>, depth: usize) -> Option<Value> {
        let required: Vec<&str> = members
            .get("required")
            .and_then(Value::as_array)
            .map_or_else(Vec::new, |names| {
                names.iter().filter_map(Value::as_str).collect()
            });
        let mut made = Map::new();
        let described = members.get("properties").and_then(Value::as_object);
        for (name, schema) in described.into_iter().flatten() {
            if required.contains(&name.as_str()) {
                made.insert(name.clone(), self.value(schema, depth + 1)?);
            } else if self.optional
                && depth < OPTIONAL_DEPTH
                && self.random.coin()
                && let Some(value) = self.value(schema, depth + 1)
            {
                made.insert(name.clone(), value);
            }
        }
        for name in required {
            if !made.contains_key(name) {
                made.insert(name.to_owned(), json!("abc"));
            }
        }
        let least = members
            .get("minProperties")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        for (name, schema) in described.into_iter().flatten() {
            if (made.len() as u64) < least
                && !made.contains_key(name)
                && let Some(value) = self.value(schema, depth + 1)
            {
                made.insert(name.clone(), value);
            }
        }
        Some(Value::Object(made))
    }

    fn array(&mut self, members: &Map<String, Value>, depth: usize) -> Option<Value> {
        let least = members.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let wanted = least
            .max(u64::from(depth <= OPTIONAL_DEPTH))
            .min(MAX_ELEMENTS);
        let most = members
            .get("maxItems")
            .and_then(Value::as_u64)
            .unwrap_or(u64::MAX);
        let any = json!({"type": "string"});
        let items = members.get("items").unwrap_or(&any);
        let mut made: Vec<Value> = Vec::new();
        for number in 0..wanted.min(most) {
            match self.value(items, depth + 1) {
                Some(value) => made.push(distinct(value, items, number)),
                None if least == 0 => break,
                None => return None,
            }
        }
        Some(Value::Array(made))
    }
}

/// Elements after the first differ from it, as far as that is easy.
fn distinct(value: Value, items: &Value, number: u64) -> Value {
    if number == 0 {
        return value;
    }
    let listed = items.get("enum").and_then(Value::as_array);
    let another = listed.and_then(|listed| listed.get(usize::try_from(number).ok()?));
    match (another, value) {
        (Some(another), _) => another.clone(),
        (None, Value::String(text)) => Value::String(format!("{text}{number}")),
        (None, Value::Number(first)) => first
            .as_i64()
            .map_or(Value::Number(first), |first| json!(first + number as i64)),
        (None, value) => value,
    }
}

/// The component's own way to say a file: one of its members has the bytes.
fn is_file(members: &Map<String, Value>) -> bool {
    let described = members.get("properties");
    ["base64", "text"]
        .iter()
        .all(|name| described.is_some_and(|members| members.get(*name).is_some()))
}

fn take_list(members: &mut Map<String, Value>, key: &str) -> Vec<Value> {
    match members.remove(key) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

/// `more` joined to `members`: properties and required names add up, of anything else the first stays.
fn join(members: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, value) in more {
        match (members.get_mut(&key), value) {
            (Some(Value::Object(mine)), Value::Object(theirs)) if key == "properties" => {
                for (name, schema) in theirs {
                    mine.entry(name).or_insert(schema);
                }
            }
            (Some(Value::Array(mine)), Value::Array(theirs)) if key == "required" => {
                for name in theirs {
                    if !mine.contains(&name) {
                        mine.push(name);
                    }
                }
            }
            (Some(_), _) => {}
            (None, value) => {
                members.insert(key, value);
            }
        }
    }
}

fn kind(members: &Map<String, Value>) -> &str {
    let named = match members.get("type") {
        Some(Value::String(kind)) => Some(kind.as_str()),
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        _ => None,
    };
    let implied = |key: &str| members.contains_key(key);
    named.unwrap_or_else(|| match () {
        () if implied("properties") || implied("required") || implied("additionalProperties") => {
            "object"
        }
        () if implied("items") => "array",
        () if implied("minimum") || implied("maximum") => "number",
        () => "string",
    })
}

fn number(members: &Map<String, Value>, integer: bool) -> Value {
    let bound = |key: &str| members.get(key).and_then(Value::as_f64);
    let mut least = bound("minimum").unwrap_or(f64::NEG_INFINITY);
    let mut most = bound("maximum").unwrap_or(f64::INFINITY);
    let step = if integer { 1.0 } else { 0.5 };
    if let Some(above) = bound("exclusiveMinimum") {
        least = least.max(above + step);
    }
    if let Some(below) = bound("exclusiveMaximum") {
        most = most.min(below - step);
    }
    let mut value = 1.0_f64.max(least).min(most);
    if let Some(multiple) = bound("multipleOf").filter(|multiple| *multiple > 0.0) {
        value = (value / multiple).ceil() * multiple;
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounds of real schemas")]
    match integer || value.fract() == 0.0 {
        true => json!(value.ceil() as i64),
        false => Number::from_f64(value).map_or(json!(1), Value::Number),
    }
}

#[cfg(test)]
mod tests;
