//! From bytes to text, as the Encoding and HTML standards have it.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

/// How far into a page its own word on its encoding may stand, in bytes: as the HTML standard.
const PRESCAN: usize = 1024;

/// A byte order mark decides; else what the server said; else what the page says; else UTF-8.
pub fn decode<'b>(body: &'b [u8], charset: Option<&str>) -> Cow<'b, str> {
    let named = charset.and_then(|name| Encoding::for_label(name.as_bytes()));
    let encoding = named.or_else(|| declared(body)).unwrap_or(UTF_8);
    encoding.decode(body).0
}

/// `<meta charset="…">` or `<meta http-equiv="content-type" content="…; charset=…">`.
fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let head = body.get(..PRESCAN).unwrap_or(body);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let (_, after) = head.split_once("charset=")?;
    let value = after.trim_start_matches(['"', '\'', ' ']);
    let end = value.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c)));
    Encoding::for_label(value.get(..end.unwrap_or(value.len()))?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn the_server_the_page_and_the_mark_each_say_it() {
        assert_eq!(decode(b"caf\xe9", Some("iso-8859-1")), "café");
        assert_eq!(
            decode(b"<meta charset=windows-1252>caf\xe9", None),
            "<meta charset=windows-1252>café"
        );
        let with =
            b"<meta http-equiv='content-type' content='text/html; charset=Shift_JIS'>\x93\xfa";
        assert!(decode(with, None).ends_with('日'));
        assert_eq!(
            decode(b"\xef\xbb\xbfcaf\xc3\xa9", Some("iso-8859-1")),
            "café"
        );
    }

    #[test]
    fn what_a_page_says_late_does_not_count() {
        let page = |before: usize| {
            let page = format!("{}<meta charset=windows-1252>", " ".repeat(before));
            [page.as_bytes(), b"caf\xe9"].concat()
        };
        assert!(decode(&page(900), None).ends_with("café"));
        assert!(decode(&page(1_024), None).ends_with("caf\u{fffd}"));
    }

    #[test]
    fn nothing_said_is_utf_8_and_bad_bytes_are_marked() {
        assert_eq!(decode("日本".as_bytes(), None), "日本");
        assert_eq!(decode(b"a\xffb", Some("no-such-encoding")), "a\u{fffd}b");
    }
}
