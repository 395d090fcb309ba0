//! The head that is kept beside a trail, `head.json`: where it ended when it was last made durable, under a key.
//!
//! Without it, whoever can write the folder could cut records off the end and nobody would notice. They need the key to write another;
//! what they can do still is to put an older head back together with the older end. Only a head kept elsewhere tells of that.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::record::Head;
use crate::random;

const FILE: &str = "head.json";

/// What no other use of the key has in front.
const PURPOSE: &str = "metier audit head\n";

/// The key of heads: 256 bits.
pub struct HeadKey(hmac::Key);

impl HeadKey {
    /// Reads the key of a file.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn read(path: &Path) -> io::Result<Self> {
        let bytes = fs::read(path)?;
        match bytes.len() {
            32 => Ok(HeadKey(hmac::Key::new(hmac::HMAC_SHA256, &bytes))),
            _ => Err(io::Error::other("the file is no key of an audit trail")),
        }
    }

    /// Reads it, or makes it where it is not there: for nobody else on this machine to read.
    ///
    /// # Errors
    /// As [`HeadKey::read`].
    pub fn read_or_make(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).mode(0o600).open(path) {
            Ok(mut file) => {
                let bytes = random::bytes::<32>().map_err(io::Error::other)?;
                file.write_all(&bytes)?;
                file.sync_all()?;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        HeadKey::read(path)
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    seq: u64,
    hash: String,
    mac: String,
}

/// What is kept beside a trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptHead {
    /// This.
    Is(Head),
    /// Nothing.
    Missing,
    /// Something that was not written with the key.
    Forged,
}

/// Keeps the head of the trail in `folder`; it is durable when this returns.
///
/// # Errors
/// When it cannot be written. What was there stays then.
pub fn write(folder: &Path, key: &HeadKey, head: &Head) -> io::Result<()> {
    let kept = Kept {
        seq: head.seq,
        hash: head.hash.to_string(),
        mac: STANDARD.encode(hmac::sign(&key.0, signed(head).as_bytes())),
    };
    let new = folder.join("head.json.new");
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&new)?;
    file.write_all(&serde_json::to_vec(&kept)?)?;
    file.sync_all()?;
    fs::rename(&new, folder.join(FILE))
}

/// What is kept beside the trail in `folder`. Without a key it is believed.
///
/// # Errors
/// When it is there and cannot be read.
pub fn read(folder: &Path, key: Option<&HeadKey>) -> io::Result<KeptHead> {
    let bytes = match fs::read(folder.join(FILE)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(KeptHead::Missing),
        Err(error) => return Err(error),
    };
    Ok(opened(&bytes, key).map_or(KeptHead::Forged, KeptHead::Is))
}

fn opened(bytes: &[u8], key: Option<&HeadKey>) -> Option<Head> {
    let kept: Kept = serde_json::from_slice(bytes).ok()?;
    let hash = kept.hash.parse().ok()?;
    let head = Head {
        seq: kept.seq,
        hash,
    };
    if let Some(key) = key {
        let mac = STANDARD.decode(&kept.mac).ok()?;
        hmac::verify(&key.0, signed(&head).as_bytes(), &mac).ok()?;
    }
    Some(head)
}

fn signed(head: &Head) -> String {
    format!("{PURPOSE}{head}")
}
