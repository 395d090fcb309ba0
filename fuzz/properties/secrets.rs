//! Any text is looked through in time in proportion to it, and what is found can be cut out of it.

use crate::secrets::{REDACTED, find, redact};

/// Holds for any bytes. Says whether there was a secret in them.
pub fn check(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let found = find(&text);
    let (mut expected, mut from) = (String::new(), 0);
    for secret in &found {
        assert!(from <= secret.range.start, "out of order: {found:?}");
        assert!(!secret.range.is_empty(), "nothing found: {found:?}");
        let before = text.get(from..secret.range.start);
        assert!(before.is_some(), "within a character: {found:?}");
        let before = before.unwrap_or_default();
        expected.push_str(before);
        expected.push_str(REDACTED);
        from = secret.range.end;
    }
    let rest = text.get(from..);
    assert!(rest.is_some(), "within a character: {found:?}");
    let rest = rest.unwrap_or_default();
    expected.push_str(rest);
    assert_eq!(redact(&text).0, expected);
    // What stands before a word, and is none itself, changes nothing about it.
    let moved = find(&format!(" {text}"));
    let moved: Vec<_> = moved
        .into_iter()
        .map(|one| (one.kind, one.range.start - 1, one.range.end - 1))
        .collect();
    let here: Vec<_> = found
        .iter()
        .map(|one| (one.kind, one.range.start, one.range.end))
        .collect();
    assert_eq!(here, moved);
    !found.is_empty()
}
