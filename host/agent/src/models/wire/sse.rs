//! Server-sent events (HTML Living Standard, section 9.2.6), as far as providers use them: `event` and `data`.
//!
//! Bytes may be split anywhere. Lines end with LF, CRLF or CR.

use super::{Broken, MAX_EVENT_BYTES};

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SseEvent {
    /// Its data, the lines joined with LF.
    pub data: String,
}

/// The events so far.
#[derive(Debug, Default)]
pub struct Sse {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    after_cr: bool,
    begun: bool,
}

impl Sse {
    /// Takes bytes and adds the events they complete.
    ///
    /// # Errors
    /// A line or event that is too long, or text that is not UTF-8.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<SseEvent>) -> Result<(), Broken> {
        let mut rest = bytes;
        while !rest.is_empty() {
            // The line feed of a CRLF that was already taken as the end of a line.
            if std::mem::take(&mut self.after_cr) && rest[0] == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let end = memchr::memchr2(b'\n', b'\r', rest);
            let (line, more) = rest.split_at(end.unwrap_or(rest.len()));
            if self.line.len() + line.len() > MAX_EVENT_BYTES {
                return Err(Broken::TooLarge("an event"));
            }
            self.line.extend_from_slice(line);
            rest = more;
            if let [ending, more @ ..] = more {
                self.after_cr = *ending == b'\r';
                rest = more;
                events.extend(self.end_line()?);
            }
        }
        Ok(())
    }

    /// The event whose last line feeds are missing: the standard drops it, but servers that close early mean it.
    ///
    /// # Errors
    /// As [`Sse::push`].
    pub fn finish(&mut self) -> Result<Option<SseEvent>, Broken> {
        if !self.line.is_empty() {
            self.end_line()?;
        }
        self.end_event()
    }

    fn end_line(&mut self) -> Result<Option<SseEvent>, Broken> {
        let mut line = std::mem::take(&mut self.line);
        if !std::mem::replace(&mut self.begun, true) && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        if line.is_empty() {
            return self.end_event();
        }
        if let Some(rest) = field(&line, b"data") {
            if std::mem::replace(&mut self.has_data, true) {
                self.data.push(b'\n');
            }
            self.data.extend_from_slice(rest);
            if self.data.len() > MAX_EVENT_BYTES {
                return Err(Broken::TooLarge("an event"));
            }
        }
        Ok(None)
    }

    fn end_event(&mut self) -> Result<Option<SseEvent>, Broken> {
        if !std::mem::take(&mut self.has_data) {
            return Ok(None);
        }
        let data =
            String::from_utf8(std::mem::take(&mut self.data)).map_err(|_| Broken::NotUtf8)?;
        Ok(Some(SseEvent { data }))
    }
}

/// What follows `name:` and one space.
fn field<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let rest = line.strip_prefix(name)?;
    match rest {
        [] => Some(rest),
        [b':', b' ', rest @ ..] | [b':', rest @ ..] => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn all(bytes: &[u8]) -> Vec<String> {
        let mut sse = Sse::default();
        let mut events = Vec::new();
        sse.push(bytes, &mut events).unwrap();
        events.extend(sse.finish().unwrap());
        events.into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn events_as_the_standard_has_them() {
        for (bytes, events) in [
            (&b"data: a\n\n"[..], &["a"][..]),
            (b"data:a\r\n\r\ndata: b\r\r", &["a", "b"]),
            (b"\xef\xbb\xbfdata: a\n\n", &["a"]),
            (
                b": comment\n\nevent: x\nid: 1\n\ndata: a\ndata: b\n\n",
                &["a\nb"],
            ),
            (b"data\n\n", &[""]),
            (b"data:  two\n\n", &[" two"]),
            (b"datax: no\n\n", &[]),
            (b"data: the end is missing", &["the end is missing"]),
            (b"", &[]),
        ] {
            assert_eq!(all(bytes), events, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let mut sse = Sse::default();
        let piece = vec![b'x'; 1 << 20];
        let pushed =
            (0..=MAX_EVENT_BYTES >> 20).try_for_each(|_| sse.push(&piece, &mut Vec::new()));
        assert_eq!(pushed, Err(Broken::TooLarge("an event")));
    }

    #[test]
    fn an_event_of_endless_lines_is_given_up() {
        let mut sse = Sse::default();
        let line = [&b"data: "[..], &vec![b'x'; 1 << 20], b"\n"].concat();
        let pushed = (0..=MAX_EVENT_BYTES >> 20).try_for_each(|_| sse.push(&line, &mut Vec::new()));
        assert_eq!(pushed, Err(Broken::TooLarge("an event")));
    }

    #[test]
    fn text_that_is_not_utf8_is_refused() {
        assert_eq!(
            Sse::default().push(b"data: \xff\n\n", &mut Vec::new()),
            Err(Broken::NotUtf8)
        );
    }
}
