//! From what came to what a run is given: pure.

use http::HeaderMap;
use metier_core::{Code, Fault};
use serde_json::{Map, Value};

use super::record::Shape;

/// Most keys that are taken out of a message, of each sort.
const MAX_KEYS: usize = 64;

/// Longest key, pointer or header name, in bytes.
const MAX_TEXT: usize = 256;

/// Largest fixed input, in bytes of JSON.
const MAX_INPUT: usize = 64 << 10;

impl Shape {
    /// The input: what is fixed, and what the message says over it. What is not in the message is left out.
    pub fn input(&self, fixed: &Value, body: &Value, headers: &HeaderMap) -> Value {
        let mut input = fixed.as_object().cloned().unwrap_or_default();
        let whole = self.body_key.iter().map(|key| (key, body.clone()));
        let parts = self.pointers.iter();
        let parts = parts.filter_map(|(key, pointer)| Some((key, body.pointer(pointer)?.clone())));
        let told = self.headers.iter().filter_map(|(key, name)| {
            let value = headers.get(name.as_str())?.to_str().ok()?;
            Some((key, value.into()))
        });
        let all = whole.chain(parts).chain(told);
        let all: Map<String, Value> = all.map(|(key, value)| (key.clone(), value)).collect();
        input.extend(all);
        Value::Object(input)
    }

    /// Whether it can be done.
    ///
    /// # Errors
    /// `invalid-arguments`.
    pub fn check(&self) -> Result<(), Fault> {
        for keys in [&self.pointers, &self.headers] {
            if keys.len() > MAX_KEYS {
                let message = format!("A webhook has at most {MAX_KEYS} keys of one sort.");
                return Err(Fault::new(Code::InvalidArguments, message));
            }
            no_longer(keys.iter().flat_map(|(key, value)| [key, value]))?;
        }
        no_longer(self.body_key.iter())?;
        let wrong = self.pointers.values().find(|text| !is_pointer(text));
        if let Some(wrong) = wrong {
            let message = format!("`{}` is no JSON pointer.", metier_core::ids::shown(wrong));
            return Err(Fault::new(Code::InvalidArguments, message)
                .with_hint("Write /pull_request/number; the whole body is the empty text."));
        }
        Ok(())
    }
}

/// Whether something can be the fixed part of an input.
///
/// # Errors
/// `invalid-arguments`.
pub fn check_fixed(input: &Value) -> Result<(), Fault> {
    let size = serde_json::to_vec(input).map_or(usize::MAX, |bytes| bytes.len());
    if input.is_object() && size <= MAX_INPUT {
        return Ok(());
    }
    let message = format!("A trigger's input is a JSON object of at most {MAX_INPUT} bytes.");
    Err(Fault::new(Code::InvalidArguments, message))
}

/// Whether texts can be keys.
///
/// # Errors
/// `invalid-arguments`.
pub fn no_longer<'a>(mut texts: impl Iterator<Item = &'a String>) -> Result<(), Fault> {
    match texts.all(|text| text.len() <= MAX_TEXT && !text.chars().any(char::is_control)) {
        true => Ok(()),
        false => Err(Fault::new(
            Code::InvalidArguments,
            format!(
                "A key, pointer or header has at most {MAX_TEXT} bytes and no control characters."
            ),
        )),
    }
}

/// RFC 6901: empty, or beginning with a slash, and `~` only before 0 or 1.
fn is_pointer(text: &str) -> bool {
    let begins = text.is_empty() || text.starts_with('/');
    let mut escapes = text.split('~').skip(1);
    begins && escapes.all(|rest| rest.starts_with(['0', '1']))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use http::{HeaderMap, HeaderValue};
    use serde_json::json;

    use super::{Shape, check_fixed};

    #[test]
    fn an_input_is_what_is_fixed_and_what_came() {
        let mut headers = HeaderMap::new();
        headers.insert("x-github-event", HeaderValue::from_static("push"));
        let body = json!({"ref": "main", "commits": [{"id": "c1"}], "a/b": {"~": 1}});
        let shape: Shape = serde_json::from_value(json!({
            "body-key": "event",
            "pointers": {"branch": "/ref", "commit": "/commits/0/id", "odd": "/a~1b/~0", "gone": "/nothing/here"},
            "headers": {"kind": "x-github-event", "absent": "x-other"},
        }))
        .unwrap();
        shape.check().unwrap();
        let fixed = json!({"team": "a", "branch": "fixed"});
        let input = shape.input(&fixed, &body, &headers);
        let expected = json!({"team": "a", "branch": "main", "commit": "c1", "odd": 1, "kind": "push", "event": body});
        assert_eq!(input, expected);
    }

    #[test]
    fn what_is_no_pointer_or_no_object_is_refused() {
        for pointer in ["ref", "/a~2", "/~", &"/a".repeat(200)] {
            let shape: Shape = serde_json::from_value(json!({"pointers": {"x": pointer}})).unwrap();
            assert!(shape.check().is_err(), "{pointer}");
        }
        let many: serde_json::Map<_, _> = (0..65).map(|n| (n.to_string(), json!(""))).collect();
        let shape: Shape = serde_json::from_value(json!({"pointers": many})).unwrap();
        assert!(shape.check().is_err());
        for fixed in [json!([]), json!("x"), json!({"x": "y".repeat(70_000)})] {
            assert!(check_fixed(&fixed).is_err());
        }
    }
}
