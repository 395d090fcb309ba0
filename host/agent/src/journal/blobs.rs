//! Long texts out of an event and back into it.
//!
//! `{"$blob":DIGEST}` stands for a text. What a model or a tool wrote may contain an object like it, so every key that
//! begins with `$` gets one more `$` on the way out and loses it on the way back: nobody can make a journal point at a
//! blob by writing JSON.

use std::collections::BTreeMap;

use metier_core::Digest;
use serde_json::{Map, Value};

/// Longer texts than this, in bytes, stand in a blob: an event stays small enough to be read by the hundred.
pub const INLINE_BYTES: usize = 16 * 1024;

const KEY: &str = "$blob";

/// Takes the long texts out of `value`.
pub(super) fn take_out(value: Value, blobs: &mut Vec<(Digest, Vec<u8>)>) -> Value {
    match value {
        Value::String(text) if text.len() > INLINE_BYTES => {
            let digest = Digest::of(text.as_bytes());
            blobs.push((digest, text.into_bytes()));
            let mut stand_in = Map::new();
            stand_in.insert(KEY.into(), Value::String(digest.to_string()));
            Value::Object(stand_in)
        }
        Value::Array(items) => items
            .into_iter()
            .map(|item| take_out(item, blobs))
            .collect(),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, item)| (escaped(key), take_out(item, blobs)))
                .collect(),
        ),
        other => other,
    }
}

/// Which blobs `value` stands on.
pub(super) fn wanted(value: &Value, found: &mut Vec<Digest>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| wanted(item, found)),
        Value::Object(map) => match stand_in(map) {
            Some(digest) => found.push(digest),
            None => map.values().for_each(|item| wanted(item, found)),
        },
        _ => {}
    }
}

/// Puts the long texts back. `Err` names a blob that is missing or is not text.
pub(super) fn put_back(value: Value, blobs: &BTreeMap<Digest, Vec<u8>>) -> Result<Value, Digest> {
    Ok(match value {
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .map(|item| put_back(item, blobs))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(map) => match stand_in(&map) {
            Some(digest) => {
                let bytes = blobs.get(&digest).ok_or(digest)?;
                Value::String(String::from_utf8(bytes.clone()).map_err(|_| digest)?)
            }
            None => Value::Object(
                map.into_iter()
                    .map(|(key, item)| Ok((unescaped(key), put_back(item, blobs)?)))
                    .collect::<Result<_, Digest>>()?,
            ),
        },
        other => other,
    })
}

fn stand_in(map: &Map<String, Value>) -> Option<Digest> {
    match map.get(KEY) {
        Some(Value::String(digest)) if map.len() == 1 => digest.parse().ok(),
        _ => None,
    }
}

fn escaped(key: String) -> String {
    match key.starts_with('$') {
        true => format!("${key}"),
        false => key,
    }
}

fn unescaped(key: String) -> String {
    match key.strip_prefix('$') {
        Some(rest) => rest.to_owned(),
        None => key,
    }
}
