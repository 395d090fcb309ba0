//! Amazon's event stream: binary messages, each with a length, headers, a payload and two CRC-32.
//!
//! ```text
//! u32 total length | u32 length of headers | u32 CRC of these 8 bytes | headers | payload | u32 CRC of all before
//! header: u8 length of name | name | u8 type | value        (type 7: u16 length | text)
//! ```

use super::{Broken, MAX_EVENT_BYTES};

/// The two lengths and their checksum.
const PRELUDE: usize = 12;

/// The checksum at the end.
const TRAILER: usize = 4;

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// `:message-type`: `event`, `exception` or `error`.
    pub message_type: String,
    /// `:event-type`, `:exception-type` or `:error-code`: what it is.
    pub kind: String,
    /// `:error-message`, for errors that have no payload.
    pub error: String,
    /// Its bytes; JSON, from Bedrock.
    pub payload: Vec<u8>,
}

/// The messages so far.
#[derive(Debug, Default)]
pub struct Frames {
    pending: Vec<u8>,
}

impl Frames {
    /// Takes bytes and adds the messages they complete.
    ///
    /// # Errors
    /// A message that is too long or whose checksum is wrong.
    pub fn push(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<(), Broken> {
        self.pending.extend_from_slice(bytes);
        let mut from = 0;
        while let Some(length) = length(&self.pending[from..])? {
            let Some(frame) = self.pending.get(from..from + length) else {
                break;
            };
            frames.push(read(frame)?);
            from += length;
        }
        self.pending.drain(..from);
        Ok(())
    }

    /// Whether nothing of an unfinished message is left.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}

/// The length of the message that begins here, once its prelude is there and true.
fn length(bytes: &[u8]) -> Result<Option<usize>, Broken> {
    let Some(prelude) = bytes.get(..PRELUDE) else {
        return Ok(None);
    };
    if crc32fast::hash(&prelude[..8]) != number(prelude, 8)? {
        return Err(broken("a prelude with a wrong checksum"));
    }
    let length = number(prelude, 0)? as usize;
    let headers = number(prelude, 4)? as usize;
    if length > MAX_EVENT_BYTES {
        return Err(Broken::TooLarge("an event"));
    }
    match PRELUDE + headers.min(length) + TRAILER <= length {
        true => Ok(Some(length)),
        false => Err(broken("a message shorter than its headers")),
    }
}

fn read(frame: &[u8]) -> Result<Frame, Broken> {
    let (checked, trailer) = frame.split_at(frame.len() - TRAILER);
    if crc32fast::hash(checked) != number(trailer, 0)? {
        return Err(broken("a message with a wrong checksum"));
    }
    let (headers, payload) = checked[PRELUDE..].split_at(number(frame, 4)? as usize);
    let mut read = Frame {
        payload: payload.to_vec(),
        ..Frame::default()
    };
    let mut rest = headers;
    while !rest.is_empty() {
        let name = sized(&mut rest, 1)?;
        let value = value(&mut rest)?;
        match name {
            b":message-type" => read.message_type = value,
            b":event-type" | b":exception-type" | b":error-code" => read.kind = value,
            b":error-message" => read.error = value,
            _ => {}
        }
    }
    Ok(read)
}

/// A header's value; empty for one that is no text.
fn value(rest: &mut &[u8]) -> Result<String, Broken> {
    let fixed = match take(rest, 1)? {
        [0 | 1] => 0,
        [2] => 1,
        [3] => 2,
        [4] => 4,
        [5 | 8] => 8,
        [9] => 16,
        [6] => return sized(rest, 2).map(|_| String::new()),
        [7] => {
            let text = sized(rest, 2)?.to_vec();
            return String::from_utf8(text).map_err(|_| Broken::NotUtf8);
        }
        _ => return Err(broken("a header of an unknown type")),
    };
    take(rest, fixed).map(|_| String::new())
}

/// What follows a length of so many bytes.
fn sized<'b>(rest: &mut &'b [u8], width: usize) -> Result<&'b [u8], Broken> {
    let length = take(rest, width)?
        .iter()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    take(rest, length)
}

fn take<'b>(rest: &mut &'b [u8], count: usize) -> Result<&'b [u8], Broken> {
    let (taken, left) = rest
        .split_at_checked(count)
        .ok_or_else(|| broken("a header that is cut off"))?;
    *rest = left;
    Ok(taken)
}

fn number(bytes: &[u8], at: usize) -> Result<u32, Broken> {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map(u32::from_be_bytes)
        .ok_or_else(|| broken("a number that is cut off"))
}

fn broken(what: &str) -> Broken {
    Broken::Malformed(what.to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn frame(headers: &[u8], payload: &[u8]) -> Vec<u8> {
        let total = (PRELUDE + headers.len() + payload.len() + TRAILER) as u32;
        let mut out = [total.to_be_bytes(), (headers.len() as u32).to_be_bytes()].concat();
        out.extend(crc32fast::hash(&out).to_be_bytes());
        out.extend([headers, payload].concat());
        out.extend(crc32fast::hash(&out).to_be_bytes());
        out
    }

    fn all(bytes: &[u8]) -> Result<Vec<Frame>, Broken> {
        let mut frames = Vec::new();
        Frames::default().push(bytes, &mut frames).map(|()| frames)
    }

    const EVENT: &[u8] = b"\x0b:event-type\x07\x00\x04stop\x04flag\x00\x04more\x04\x00\x00\x00\x07";

    #[test]
    fn headers_of_all_types_are_walked_over() {
        let frames = all(&frame(EVENT, b"{}")).unwrap();
        assert_eq!(frames.len(), 1);
        assert_eq!(
            (frames[0].kind.as_str(), frames[0].payload.as_slice()),
            ("stop", &b"{}"[..])
        );
    }

    #[test]
    fn a_changed_bit_is_noticed() {
        let good = frame(EVENT, b"{}");
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(all(&bad).is_err(), "byte {at}");
        }
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        for (total, headers) in [(u32::MAX, 0), (16, 1), (0, 0), (20, u32::MAX), (15, 0)] {
            let mut lie = [total.to_be_bytes(), headers.to_be_bytes()].concat();
            lie.extend(crc32fast::hash(&lie).to_be_bytes());
            assert!(all(&lie).is_err(), "{total} {headers}");
        }
        for headers in [
            &b"\x0b:event-type\x07\xff\xff"[..],
            b"\xff",
            b"\x01a",
            b"\x01a\x63",
        ] {
            assert!(all(&frame(headers, b"")).is_err(), "{headers:?}");
        }
    }
}
