//! Entries to bytes and back.

use std::collections::BTreeMap;

use metier_core::Digest;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Entry, Event, Millis, VERSION, blobs};

/// An entry as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The event's kind.
    pub kind: &'static str,
    /// JSON.
    pub body: Vec<u8>,
    /// Texts that were too long for it; they have to be stored first.
    pub blobs: Blobs,
}

/// Texts that stand outside of what refers to them.
pub type Blobs = Vec<(Digest, Vec<u8>)>;

/// Why an entry cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// A later Metier wrote it.
    #[error(
        "this journal has format version {0} and this Metier reads up to {VERSION}; use the Metier that wrote it, or a newer one"
    )]
    Newer(u64),
    /// It is not what was ever written.
    #[error("an event of the journal cannot be read: {0}")]
    Malformed(String),
    /// A text of it is not in the store.
    #[error("an event of the journal stands on the blob {0}, which is missing or is no text")]
    Blob(Digest),
}

#[derive(Deserialize)]
struct Envelope {
    at: Millis,
    event: Event,
}

/// To bytes.
///
/// # Errors
/// [`CodecError::Malformed`] for what JSON cannot say; nothing an event is made of.
pub fn encode(entry: &Entry) -> Result<Encoded, CodecError> {
    let event = serde_json::to_value(&entry.event).map_err(|error| malformed(&error))?;
    let mut taken = Vec::new();
    let event = blobs::take_out(event, &mut taken);
    let body = serde_json::json!({"v": VERSION, "at": entry.at, "event": event});
    Ok(Encoded {
        kind: entry.event.kind(),
        body: body.to_string().into_bytes(),
        blobs: taken,
    })
}

/// An entry whose long texts are still in their blobs.
#[derive(Debug)]
pub struct Draft(Value);

impl Draft {
    /// Reads the body and its version.
    ///
    /// # Errors
    /// [`CodecError::Newer`] or [`CodecError::Malformed`].
    pub fn parse(body: &[u8]) -> Result<Draft, CodecError> {
        let value: Value = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
        match value.get("v").and_then(Value::as_u64) {
            Some(version) if version <= u64::from(VERSION) => Ok(Draft(value)),
            Some(version) => Err(CodecError::Newer(version)),
            None => Err(CodecError::Malformed("it has no version".into())),
        }
    }

    /// The blobs [`Draft::finish`] needs.
    pub fn wanted(&self) -> Vec<Digest> {
        let mut found = Vec::new();
        blobs::wanted(&self.0, &mut found);
        found
    }

    /// The entry.
    ///
    /// # Errors
    /// [`CodecError::Blob`] or [`CodecError::Malformed`].
    pub fn finish(self, texts: &BTreeMap<Digest, Vec<u8>>) -> Result<Entry, CodecError> {
        let whole = blobs::put_back(self.0, texts).map_err(CodecError::Blob)?;
        let Envelope { at, event } =
            serde_json::from_value(whole).map_err(|error| malformed(&error))?;
        Ok(Entry { at, event })
    }
}

/// Anything as JSON whose long texts stand in blobs, as in an event.
#[derive(Debug)]
pub(crate) struct Packed(Value);

impl Packed {
    /// To bytes, and the texts that have to be stored first.
    pub(crate) fn write(what: &impl Serialize) -> Result<(Vec<u8>, Blobs), CodecError> {
        let value = serde_json::to_value(what).map_err(|error| malformed(&error))?;
        let mut taken = Vec::new();
        let value = blobs::take_out(value, &mut taken);
        Ok((value.to_string().into_bytes(), taken))
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Packed, CodecError> {
        let value = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
        Ok(Packed(value))
    }

    /// The blobs [`Packed::unpack`] needs.
    pub(crate) fn wanted(&self) -> Vec<Digest> {
        let mut found = Vec::new();
        blobs::wanted(&self.0, &mut found);
        found
    }

    pub(crate) fn unpack<T: DeserializeOwned>(
        self,
        texts: &BTreeMap<Digest, Vec<u8>>,
    ) -> Result<T, CodecError> {
        let whole = blobs::put_back(self.0, texts).map_err(CodecError::Blob)?;
        serde_json::from_value(whole).map_err(|error| malformed(&error))
    }
}

fn malformed(error: &serde_json::Error) -> CodecError {
    CodecError::Malformed(error.to_string())
}
