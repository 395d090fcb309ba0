//! Keys of a `map`, compared: any type may be a key, and values have no order or hash of their own.

use std::collections::HashSet;

use wasmtime::component::Val;

use super::encode::{EncodeError, encode};
use super::error::{quoted, shown};
use super::shape::{MapShape, Shape};

/// A guest may repeat a key; the last entry counts, at its own place.
pub(super) fn last_of_each_key<'v>(
    map: &MapShape,
    entries: &'v [(Val, Val)],
    limit: usize,
) -> Result<Vec<&'v (Val, Val)>, EncodeError> {
    let mut seen = HashSet::with_capacity(entries.len());
    let mut kept = Vec::with_capacity(entries.len());
    let mut left = limit;
    for entry in entries.iter().rev() {
        let key = MapKey::of(&map.key, &entry.0, left)?;
        left -= key.cost();
        if seen.insert(key) {
            kept.push(entry);
        }
    }
    kept.reverse();
    Ok(kept)
}

/// A map's key in a form that can be compared: itself, or its JSON.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum MapKey<'v> {
    Text(&'v str),
    Json(String),
}

impl<'v> MapKey<'v> {
    /// `limit` bounds the bytes of a key that must be written out.
    pub fn of(shape: &Shape, key: &'v Val, limit: usize) -> Result<Self, EncodeError> {
        match key {
            Val::String(text) => Ok(Self::Text(text)),
            other => encode(shape, other, limit).map(Self::Json),
        }
    }

    /// For an error.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Json(text) => shown(text),
        }
    }

    /// The memory it takes beside the value, in bytes.
    pub fn cost(&self) -> usize {
        match self {
            Self::Text(_) => 0,
            Self::Json(text) => text.len(),
        }
    }
}
