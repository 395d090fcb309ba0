//! The form of a record: one line of JSON, sealed with a hash that the next record repeats.
//!
//! ```json
//! {"seq":7,"at":1795932886123,"prev":"HEX","kind":"key",…,"hash":"HEX"}
//! ```
//!
//! `hash` is the SHA-256 of the 32 bytes that `prev` stands for, followed by the exact bytes of the line before `,"hash":"`.
//! `prev` is the `hash` of the record before; of the first record it is 32 zero bytes. Digits are lower-case.

use std::{
    fmt,
    io::{self, Write as _},
    str::FromStr,
};

use aws_lc_rs::digest::{Context, SHA256};
use serde::Serialize;

/// Longest line, in bytes: a grant of 64 KiB whose every byte is escaped, twice over.
pub const MAX_RECORD: usize = 1 << 20;

const HASH: &[u8] = b",\"hash\":\"";
const END: &[u8] = b"\"}";

/// The hash of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

/// How far a trail goes: its last record. Whoever keeps it elsewhere can tell that nothing before it was changed, and nothing cut off.
///
/// As text it is `SEQ:HASH`, with 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the last record; 0 before the first.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// Of a trail without records.
    pub const NONE: Head = Head {
        seq: 0,
        hash: Hash([0; 32]),
    };
}

/// A text that is no head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a head is the number of a record, a colon and 64 lower-case hexadecimal digits")]
pub struct NoHead;

impl FromStr for Head {
    type Err = NoHead;

    fn from_str(text: &str) -> Result<Self, NoHead> {
        let (seq, hash) = text.split_once(':').ok_or(NoHead)?;
        Ok(Head {
            seq: seq.parse().map_err(|_| NoHead)?,
            hash: hash.parse()?,
        })
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Hash {
    type Err = NoHead;

    fn from_str(text: &str) -> Result<Self, NoHead> {
        read_hex(text.as_bytes()).ok_or(NoHead)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Writes the record that follows `last` into `line`, its line end included.
///
/// # Errors
/// When the body is no JSON object, or too long.
pub fn seal(line: &mut Vec<u8>, last: &Head, at: u64, body: &impl Serialize) -> io::Result<Head> {
    let seq = last.seq.saturating_add(1);
    line.clear();
    write!(line, "{{\"seq\":{seq},\"at\":{at},\"prev\":\"")?;
    push_hex(line, &last.hash);
    line.push(b'"');
    let start = line.len();
    serde_json::to_writer(&mut *line, body)?;
    if line.get(start) != Some(&b'{') || line.pop() != Some(b'}') || line.len() <= start + 1 {
        return Err(io::Error::other("a record's body is no object"));
    }
    if let Some(brace) = line.get_mut(start) {
        *brace = b',';
    }
    if line.len() + HASH.len() + 64 + END.len() >= MAX_RECORD {
        return Err(io::Error::other("a record is too long"));
    }
    let hash = hash(&last.hash, line);
    line.extend_from_slice(HASH);
    push_hex(line, &hash);
    line.extend_from_slice(END);
    line.push(b'\n');
    Ok(Head { seq, hash })
}

fn hash(prev: &Hash, bytes: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&prev.0);
    context.update(bytes);
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    Hash(hash)
}

/// A line that has the form of a record.
#[derive(Clone, Copy, Debug)]
pub struct Sealed<'l> {
    /// Its number.
    pub seq: u64,
    /// When it was written, in milliseconds since 1970.
    pub at: u64,
    /// The hash of the record before.
    pub prev: Hash,
    /// Its own hash, as it says.
    pub hash: Hash,
    /// What the hash is over.
    sealed: &'l [u8],
    /// Where the body begins: `,"kind":…`.
    body: &'l [u8],
}

impl<'l> Sealed<'l> {
    /// Takes a line apart, which is without its line end. Nothing when it is no record.
    pub fn read(line: &'l [u8]) -> Option<Self> {
        let (sealed, tail) = line.split_at_checked(line.len().checked_sub(TAIL)?)?;
        let hash = read_hex(tail.strip_prefix(HASH)?.strip_suffix(END)?)?;
        let (seq, rest) = number(sealed.strip_prefix(b"{\"seq\":")?)?;
        let (at, rest) = number(rest.strip_prefix(b",\"at\":")?)?;
        let (prev, rest) = rest.strip_prefix(b",\"prev\":\"")?.split_at_checked(64)?;
        Some(Sealed {
            seq,
            at,
            prev: read_hex(prev)?,
            hash,
            sealed,
            body: rest.strip_prefix(b"\"")?,
        })
    }

    /// Whether its hash is that of its bytes.
    pub fn is_whole(&self) -> bool {
        hash(&self.prev, self.sealed) == self.hash
    }

    /// Whether it is of this kind.
    pub fn is_of(&self, kind: &str) -> bool {
        let rest = self.body.strip_prefix(b",\"kind\":\"");
        let rest = rest.and_then(|rest| rest.strip_prefix(kind.as_bytes()));
        rest.is_some_and(|rest| rest.first() == Some(&b'"'))
    }

    /// It as the head of a trail that ends here.
    pub fn head(&self) -> Head {
        Head {
            seq: self.seq,
            hash: self.hash,
        }
    }
}

/// What every line ends with: `,"hash":"`, 64 digits, `"}`.
const TAIL: usize = HASH.len() + 64 + END.len();

fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = text.split_at(digits);
    Some((std::str::from_utf8(number).ok()?.parse().ok()?, rest))
}

fn push_hex(line: &mut Vec<u8>, hash: &Hash) {
    let mut text = [0; 64];
    write_hex(&mut text, &hash.0);
    line.extend_from_slice(&text);
}

/// The digits of these bytes.
pub fn write_hex(text: &mut [u8], bytes: &[u8; 32]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]);
    }
}

fn read_hex(text: &[u8]) -> Option<Hash> {
    let mut hash = [0; 32];
    let (pairs, []) = text.as_chunks::<2>() else {
        return None;
    };
    if pairs.len() != hash.len() {
        return None;
    }
    for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(Hash(hash))
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;
    use sha2::{Digest as _, Sha256};

    use super::{Head, Sealed, seal};

    #[test]
    fn a_record_is_hashed_as_documented() {
        let mut line = Vec::new();
        let first = seal(&mut line, &Head::NONE, 5, &json!({"kind": "host"})).unwrap();
        let text = String::from_utf8(line.clone()).unwrap();
        let zeros = "0".repeat(64);
        let sealed = format!(r#"{{"seq":1,"at":5,"prev":"{zeros}","kind":"host""#);
        let hash = Sha256::digest([&[0; 32], sealed.as_bytes()].concat());
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text, format!("{sealed},\"hash\":\"{hash}\"}}\n"));
        assert_eq!(first.to_string(), format!("1:{hash}"));
        assert_eq!(first.to_string().parse(), Ok(first));
        let read = Sealed::read(text.trim_end().as_bytes()).unwrap();
        assert!(read.is_whole() && read.is_of("host") && !read.is_of("hos"));
        assert_eq!((read.head(), read.at), (first, 5));
    }

    #[test]
    fn what_is_no_object_cannot_be_sealed() {
        for body in [json!([]), json!({}), json!("text"), json!(1)] {
            assert!(
                seal(&mut Vec::new(), &Head::NONE, 0, &body).is_err(),
                "{body}"
            );
        }
        let long = json!({"kind": "x".repeat(super::MAX_RECORD)});
        assert!(seal(&mut Vec::new(), &Head::NONE, 0, &long).is_err());
    }
}
