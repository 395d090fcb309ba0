//! What a flag takes, read from its part of the schema.

use serde_json::Value;

/// How many `$ref`s and wrappers are looked through: a schema may refer to itself.
const MAX_STEPS: usize = 16;

/// The largest integer every JSON reader carries exactly: 2⁵³ − 1. Where the schema allows a string as well, larger ones
/// are written as one.
const MAX_EXACT: u64 = (1 << 53) - 1;

/// What a flag takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Bytes, as base64.
    Base64,
    /// A whole number of any size.
    Integer {
        /// Whether large ones may be written as strings.
        or_string: bool,
    },
    /// A number.
    Number {
        /// Whether `NaN`, `Infinity` and `-Infinity` are allowed.
        or_special: bool,
    },
    /// `--flag` or `--no-flag`.
    Switch,
    /// One of these, with what each means.
    Choice(Vec<(String, String)>),
    /// Several of a scalar kind.
    List(Box<Kind>),
    /// Anything else.
    Json,
}

/// A value given for a flag does not fit; the sentence says what is expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(String);

impl Kind {
    /// What stands for the value in help.
    pub fn placeholder(&self) -> &'static str {
        match self {
            Kind::Text => "TEXT",
            Kind::Base64 => "BASE64",
            Kind::Integer { .. } => "INTEGER",
            Kind::Number { .. } => "NUMBER",
            Kind::Switch => "",
            Kind::Choice(_) => "CHOICE",
            Kind::List(item) => item.placeholder(),
            Kind::Json => "JSON",
        }
    }

    /// What it means not to give a required flag, where that means something.
    pub fn when_absent(&self) -> Option<&'static str> {
        match self {
            Kind::Switch => Some("false"),
            Kind::List(_) => Some("[]"),
            _ => None,
        }
    }

    /// The words that may be given, where there is a list of them.
    pub fn choices(&self) -> &[(String, String)] {
        match self {
            Kind::Choice(choices) => choices,
            Kind::List(item) => item.choices(),
            _ => &[],
        }
    }

    /// One value as JSON text; for a list, one item.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn json(&self, text: &str) -> Result<String, Unfit> {
        match self {
            Kind::Text | Kind::Base64 | Kind::Choice(_) => Ok(quoted(text)),
            Kind::Integer { or_string } => integer(text, *or_string),
            Kind::Number { or_special } => number(text, *or_special),
            Kind::Switch => Err(Unfit("it takes no value".to_owned())),
            Kind::List(item) => item.json(text),
            Kind::Json => match crate::json::Json::parse(text) {
                Ok(json) => Ok(json.text().to_owned()),
                Err(error) => Err(Unfit(format!("expected JSON: {error}"))),
            },
        }
    }
}

/// `text` as a JSON string.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn integer(text: &str, or_string: bool) -> Result<String, Unfit> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Unfit("expected a whole number, such as 5".to_owned()));
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let digits = digits.trim_start_matches('0');
    let plain = if digits.is_empty() {
        "0".to_owned()
    } else {
        format!("{sign}{digits}")
    };
    let exact = digits.is_empty() || digits.parse::<u64>().is_ok_and(|value| value <= MAX_EXACT);
    Ok(if exact || !or_string {
        plain
    } else {
        quoted(&plain)
    })
}

fn number(text: &str, or_special: bool) -> Result<String, Unfit> {
    if or_special && matches!(text, "NaN" | "Infinity" | "-Infinity") {
        return Ok(quoted(text));
    }
    let is_number =
        crate::json::Json::parse(text).is_ok_and(|json| json.kind() == crate::json::Kind::Number);
    if is_number {
        return Ok(text.trim().to_owned());
    }
    // `.5` and `+1` are no JSON, but plainly meant.
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value.to_string()),
        _ => Err(Unfit("expected a number, such as 1.5".to_owned())),
    }
}

/// The kind of `part`, a sub-schema of `root`.
pub fn of(part: &Value, root: &Value) -> Kind {
    let (part, types) = plain(part, root);
    if let Some(choices) = choices(part) {
        return Kind::Choice(choices);
    }
    if is_float(part) {
        return Kind::Number { or_special: true };
    }
    match types.as_slice() {
        ["boolean"] => Kind::Switch,
        ["string"] if part.get("contentEncoding").and_then(Value::as_str) == Some("base64") => {
            Kind::Base64
        }
        ["string"] => Kind::Text,
        ["integer"] => Kind::Integer { or_string: false },
        ["integer", "string"] => Kind::Integer { or_string: true },
        ["number"] => Kind::Number { or_special: false },
        ["array"] => match part.get("items").map(|items| of(items, root)) {
            Some(Kind::Switch | Kind::List(_) | Kind::Json) | None => Kind::Json,
            Some(item) => Kind::List(Box::new(item)),
        },
        _ => Kind::Json,
    }
}

/// The schema without references, without "or null", and its types.
fn plain<'s>(part: &'s Value, root: &'s Value) -> (&'s Value, Vec<&'s str>) {
    let mut part = part;
    for _ in 0..MAX_STEPS {
        part = match (reference(part, root), but_null(part)) {
            (Some(target), _) => target,
            (None, Some(inner)) => inner,
            (None, None) => break,
        };
    }
    let types = match part.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| *name != "null")
            .collect(),
        _ => Vec::new(),
    };
    (part, types)
}

fn reference<'s>(part: &Value, root: &'s Value) -> Option<&'s Value> {
    let pointer = part.get("$ref")?.as_str()?.strip_prefix('#')?;
    root.pointer(pointer)
}

/// `anyOf: [X, null]` is X.
fn but_null(part: &Value) -> Option<&Value> {
    let options = part
        .get("anyOf")
        .or_else(|| part.get("oneOf"))?
        .as_array()?;
    let is_null = |option: &&Value| option.get("type").and_then(Value::as_str) == Some("null");
    match options
        .iter()
        .filter(|option| !is_null(option))
        .collect::<Vec<_>>()
        .as_slice()
    {
        [only] if options.len() == 2 => Some(only),
        _ => None,
    }
}

/// A number, or one of the three that JSON cannot write.
fn is_float(part: &Value) -> bool {
    let Some(options) = part.get("anyOf").and_then(Value::as_array) else {
        return false;
    };
    let has = |wanted: &dyn Fn(&Value) -> bool| options.iter().any(wanted);
    has(&|option| option.get("type").and_then(Value::as_str) == Some("number"))
        && has(&|option| {
            let words = option.get("enum").and_then(Value::as_array);
            words.is_some_and(|words| {
                words
                    .iter()
                    .all(|word| matches!(word.as_str(), Some("NaN" | "Infinity" | "-Infinity")))
            })
        })
}

/// The words of an `enum`, or of a `oneOf` of constants.
fn choices(part: &Value) -> Option<Vec<(String, String)>> {
    if let Some(words) = part.get("enum").and_then(Value::as_array) {
        let words = words.iter().filter(|word| !word.is_null());
        return words
            .map(|word| Some((word.as_str()?.to_owned(), String::new())))
            .collect();
    }
    let options = part.get("oneOf").and_then(Value::as_array)?;
    let choice = |option: &Value| {
        Some((
            option.get("const")?.as_str()?.to_owned(),
            super::about(option),
        ))
    };
    options.iter().map(choice).collect()
}
