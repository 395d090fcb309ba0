//! The bytes of a leaf: canonical JSON, so that one leaf has one hash.

use metier_core::{canonical, ids::shown};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::leaf::{Change, Leaf};
use crate::log::MAX_LEAF;

/// The types of leaves this program knows.
pub const TYPES: [&str; 14] = [
    "namespace",
    "key",
    "key-end",
    "member",
    "rule",
    "publisher",
    "publisher-end",
    "publish",
    "yank",
    "unyank",
    "revoke",
    "unrevoke",
    "freeze",
    "thaw",
];

/// Bytes that are no leaf, or none that is known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Longer than a leaf can be.
    #[error("a leaf has at most {MAX_LEAF} bytes")]
    TooLong,
    /// Something this program is too old for. What it would change is unknown, so everything after it is.
    #[error("the log has a leaf of the type `{0}`, which this metier does not know; update metier")]
    Newer(String),
    /// Not a leaf of its type.
    #[error(
        "a leaf of the type `{kind}` cannot be read: {why}; if the market is newer, update metier"
    )]
    Shape {
        /// Its type.
        kind: &'static str,
        /// What is wrong.
        why: String,
    },
    /// Not canonical JSON.
    #[error(
        "this is no leaf: it is not the canonical JSON of an object with `type`, `at` and `by`"
    )]
    NoLeaf,
}

impl Leaf {
    /// Reads a leaf. Only its one canonical form is one.
    ///
    /// # Errors
    /// When it is none, or of a newer market.
    pub fn decode(bytes: &[u8]) -> Result<Self, LeafError> {
        if bytes.len() > MAX_LEAF {
            return Err(LeafError::TooLong);
        }
        let value: Value = serde_json::from_slice(bytes).map_err(|_| LeafError::NoLeaf)?;
        let Value::Object(mut fields) = value else {
            return Err(LeafError::NoLeaf);
        };
        let kind: String = take(&mut fields, "type")?;
        let known = TYPES.into_iter().find(|known| *known == kind);
        let kind = known.ok_or_else(|| LeafError::Newer(shown(&kind)))?;
        let leaf = Leaf {
            at: take(&mut fields, "at")?,
            by: take(&mut fields, "by")?,
            change: change(kind, fields)?,
        };
        // What has several texts, as all JSON has, and a range of versions, is written in one of them.
        match leaf.encode()? == bytes {
            true => Ok(leaf),
            false => Err(LeafError::NoLeaf),
        }
    }

    /// Writes the leaf.
    ///
    /// # Errors
    /// When it is too long.
    pub fn encode(&self) -> Result<Vec<u8>, LeafError> {
        let mut fields = self.change.fields()?;
        fields.insert("type".into(), self.change.kind().into());
        fields.insert("at".into(), self.at.to_string().into());
        fields.insert("by".into(), self.by.as_str().into());
        let bytes = canonical::text(&Value::Object(fields)).into_bytes();
        match bytes.len() <= MAX_LEAF {
            true => Ok(bytes),
            false => Err(LeafError::TooLong),
        }
    }
}

impl Change {
    /// Its `type`.
    pub fn kind(&self) -> &'static str {
        match self {
            Change::Namespace(_) => "namespace",
            Change::Key(_) => "key",
            Change::KeyEnd(_) => "key-end",
            Change::Member(_) => "member",
            Change::Rule(_) => "rule",
            Change::Publisher(_) => "publisher",
            Change::PublisherEnd(_) => "publisher-end",
            Change::Publish(_) => "publish",
            Change::Yank(_) => "yank",
            Change::Unyank(_) => "unyank",
            Change::Revoke(_) => "revoke",
            Change::Unrevoke(_) => "unrevoke",
            Change::Freeze(_) => "freeze",
            Change::Thaw(_) => "thaw",
        }
    }

    fn fields(&self) -> Result<Map<String, Value>, LeafError> {
        match self {
            Change::Namespace(change) => members(change),
            Change::Key(change) => members(change),
            Change::KeyEnd(change) => members(change),
            Change::Member(change) => members(change),
            Change::Rule(change) => members(change),
            Change::Publisher(change) => members(change),
            Change::PublisherEnd(change) => members(change),
            Change::Publish(change) => members(change),
            Change::Yank(change) => members(change),
            Change::Unyank(change) => members(change),
            Change::Revoke(change) => members(change),
            Change::Unrevoke(change) => members(change),
            Change::Freeze(change) => members(change),
            Change::Thaw(change) => members(change),
        }
    }
}

fn change(kind: &'static str, fields: Map<String, Value>) -> Result<Change, LeafError> {
    Ok(match kind {
        "namespace" => Change::Namespace(read(kind, fields)?),
        "key" => Change::Key(read(kind, fields)?),
        "key-end" => Change::KeyEnd(read(kind, fields)?),
        "member" => Change::Member(read(kind, fields)?),
        "rule" => Change::Rule(read(kind, fields)?),
        "publisher" => Change::Publisher(read(kind, fields)?),
        "publisher-end" => Change::PublisherEnd(read(kind, fields)?),
        "publish" => Change::Publish(read(kind, fields)?),
        "yank" => Change::Yank(read(kind, fields)?),
        "unyank" => Change::Unyank(read(kind, fields)?),
        "revoke" => Change::Revoke(read(kind, fields)?),
        "unrevoke" => Change::Unrevoke(read(kind, fields)?),
        "freeze" => Change::Freeze(read(kind, fields)?),
        "thaw" => Change::Thaw(read(kind, fields)?),
        other => return Err(LeafError::Newer(other.to_owned())),
    })
}

/// The members of a change, as JSON.
pub(super) fn members(change: &impl Serialize) -> Result<Map<String, Value>, LeafError> {
    match serde_json::to_value(change) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(LeafError::NoLeaf),
    }
}

fn take<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str) -> Result<T, LeafError> {
    let value = fields.remove(name).ok_or(LeafError::NoLeaf)?;
    serde_json::from_value(value).map_err(|_| LeafError::NoLeaf)
}

fn read<T: DeserializeOwned>(
    kind: &'static str,
    fields: Map<String, Value>,
) -> Result<T, LeafError> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| LeafError::Shape {
        kind,
        why: shown(&error.to_string()),
    })
}
