//! Signed notes: a text and whose key signed it.

use std::{fmt, str::FromStr};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::fault::LogFault;
use crate::trust::{Algorithm, KeyError, KeyPair, PublicKey};

/// Longest note that is looked at, in bytes, and most signatures in it: a checkpoint has a few hundred bytes, and a signature of each of
/// its witnesses.
pub(super) const MAX_NOTE: usize = 64 * 1024;
const MAX_SIGNATURES: usize = 100;

/// Longest name of a log, in bytes.
const MAX_NAME: usize = 256;

/// Signature type of Ed25519.
const ED25519: u8 = 1;

/// What a signature line begins with.
const DASH: &str = "\u{2014} ";

/// The public key of a log and the log's name. As text it is `NAME+HASH+KEY`, as in the signed-note specification.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogKey {
    name: String,
    key: PublicKey,
}

/// A text that is no key of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogKeyError {
    /// Not three parts that belong together.
    #[error("this is no key of a log; one is `NAME+HASH+KEY`")]
    Shape,
    /// A name with blanks or a plus, or none.
    #[error("the name of a log is 1 to {MAX_NAME} characters without blanks and `+`")]
    Name,
    /// Another kind of key.
    #[error("the key of a log is Ed25519")]
    Kind,
}

impl LogKey {
    /// A log's key.
    ///
    /// # Errors
    /// When the name is none, or the key is not Ed25519.
    pub fn new(name: &str, key: PublicKey) -> Result<Self, LogKeyError> {
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(plain) {
            return Err(LogKeyError::Name);
        }
        if key.algorithm() != Algorithm::Ed25519 {
            return Err(LogKeyError::Kind);
        }
        Ok(LogKey {
            name: name.to_owned(),
            key,
        })
    }

    /// The log's name, which is also the origin of its checkpoints.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key.
    pub fn public(&self) -> &PublicKey {
        &self.key
    }

    /// The four bytes that tell keys of one name apart.
    fn id(&self) -> [u8; 4] {
        let hashed = [self.name.as_bytes(), b"\n", &[ED25519], self.key.raw()].concat();
        let hash = digest(&SHA256, &hashed);
        let mut id = [0; 4];
        id.copy_from_slice(&hash.as_ref()[..4]);
        id
    }
}

impl fmt::Display for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = u32::from_be_bytes(self.id());
        let key = STANDARD.encode([&[ED25519], self.key.raw()].concat());
        write!(f, "{}+{id:08x}+{key}", self.name)
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for LogKey {
    type Err = LogKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, rest) = text.split_once('+').ok_or(LogKeyError::Shape)?;
        let (_, key) = rest.split_once('+').ok_or(LogKeyError::Shape)?;
        let key = STANDARD.decode(key).map_err(|_| LogKeyError::Shape)?;
        let raw = match key.split_first() {
            Some((&ED25519, raw)) => raw,
            _ => return Err(LogKeyError::Kind),
        };
        let key = PublicKey::from_raw(Algorithm::Ed25519, raw).map_err(|_| LogKeyError::Kind)?;
        let key = LogKey::new(name, key)?;
        match key.to_string() == text {
            true => Ok(key),
            false => Err(LogKeyError::Shape),
        }
    }
}

impl TryFrom<String> for LogKey {
    type Error = LogKeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<LogKey> for String {
    fn from(key: LogKey) -> Self {
        key.to_string()
    }
}

/// The private key of a log: signs checkpoints, and nothing else.
#[derive(Debug)]
pub struct LogSigner {
    pair: KeyPair,
    key: LogKey,
}

impl LogSigner {
    /// Signs as the log of this name.
    ///
    /// # Errors
    /// As [`LogKey::new`].
    pub fn new(name: &str, pair: KeyPair) -> Result<Self, LogKeyError> {
        let key = LogKey::new(name, pair.public().clone())?;
        Ok(LogSigner { pair, key })
    }

    /// What others verify with.
    pub fn key(&self) -> &LogKey {
        &self.key
    }

    /// The pair, to be written to a file.
    pub fn pair(&self) -> &KeyPair {
        &self.pair
    }

    /// The text, which ends with a line end, and a signature line.
    pub(super) fn sign(&self, text: &str) -> Result<String, KeyError> {
        let signature = self.pair.sign(text.as_bytes())?;
        let signature = STANDARD.encode([&self.key.id(), signature.as_slice()].concat());
        Ok(format!("{text}\n{DASH}{} {signature}\n", self.key.name))
    }
}

/// The text of a note that this key signed. Signatures of others are allowed and not looked at.
pub(super) fn open<'n>(note: &'n [u8], key: &LogKey) -> Result<&'n str, LogFault> {
    let (text, signatures) = split(note).ok_or(LogFault::NoCheckpoint)?;
    let mut is_signed = false;
    for line in signatures {
        let (name, signature) = read_line(line).ok_or(LogFault::NoCheckpoint)?;
        let Some((id, signature)) = signature.split_first_chunk::<4>() else {
            return Err(LogFault::NoCheckpoint);
        };
        if name != key.name || *id != key.id() {
            continue;
        }
        if !key.key.has_signed(text.as_bytes(), signature) {
            return Err(LogFault::BadSignature(key.name.clone()));
        }
        is_signed = true;
    }
    match is_signed {
        true => Ok(text),
        false => Err(LogFault::ForeignKey(key.name.clone())),
    }
}

/// The text with its last line end, and the lines of signatures.
fn split(note: &[u8]) -> Option<(&str, Vec<&str>)> {
    let note = std::str::from_utf8(note).ok()?;
    let plain = note.chars().all(|c| c == '\n' || c >= ' ');
    if note.len() > MAX_NOTE || !plain {
        return None;
    }
    let end = note.rfind("\n\n")?;
    let (text, rest) = note.split_at_checked(end + 1)?;
    let lines: Vec<_> = rest
        .strip_prefix('\n')?
        .strip_suffix('\n')?
        .split('\n')
        .collect();
    (lines.len() <= MAX_SIGNATURES).then_some((text, lines))
}

fn read_line(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
    Some((name, STANDARD.decode(signature).ok()?))
}
