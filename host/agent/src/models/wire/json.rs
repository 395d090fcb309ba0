//! Reading JSON of which nothing is certain: what is missing or of another kind is as if it were not there.

use serde_json::Value;

/// The text at a key.
pub fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

/// The text at a key, or none where it is empty.
pub fn words<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    text(value, key).filter(|text| !text.is_empty())
}

/// The count at a pointer, such as `/usage/input_tokens`.
pub fn count(value: &Value, pointer: &str) -> Option<u64> {
    let found = value.pointer(pointer)?;
    // Some servers count in floating point.
    found.as_u64().or_else(|| {
        found
            .as_f64()
            .filter(|count| *count >= 0.0)
            .map(|count| count as u64)
    })
}

/// The place at a key.
pub fn index(value: &Value, key: &str) -> Option<usize> {
    value
        .get(key)
        .and_then(Value::as_u64)
        .and_then(|index| usize::try_from(index).ok())
}

/// The items of the list at a key; none where it is no list.
pub fn items<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// Puts a value at a key unless it is none.
pub fn put(object: &mut Value, key: &str, value: Option<impl Into<Value>>) {
    if let (Some(object), Some(value)) = (object.as_object_mut(), value) {
        object.insert(key.to_owned(), value.into());
    }
}
