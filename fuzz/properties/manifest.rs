//! Any text is a manifest and a grant, or a mistake told by its place: never a panic, twice the same.

use std::fmt::Debug;

use metier_core::{Grant, Manifest, toml_text::TextError};

/// Longest sentence of an error, in characters: it stands in one line of a log.
const MAX_SENTENCE: usize = 1000;

/// Holds for any bytes. Says whether they were accepted as one or the other.
pub fn check(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let (manifest, grant) = (parsed(text, Manifest::parse), parsed(text, Grant::parse));
    if let Some(manifest) = &manifest {
        let asked = &manifest.capabilities;
        let lines = (asked.http.iter().map(|ask| ask.line))
            .chain(asked.files.iter().map(|ask| ask.line))
            .chain(asked.kv.iter().map(|ask| ask.line))
            .chain(asked.config.iter().map(|ask| ask.line))
            .chain(asked.artifacts.iter().map(|ask| ask.line))
            .chain(asked.log.iter().map(|ask| ask.line))
            .chain(manifest.tools.values().map(|tool| tool.line));
        lines.for_each(|line| stands_in(text, line));
        let rules = asked.http.iter().map(|ask| ask.rule.to_string());
        rules.for_each(|rule| one_line(&rule));
    }
    if let Some(grant) = &grant {
        let lines = (grant.http.iter().map(|rule| rule.line))
            .chain(grant.files.iter().map(|rule| rule.line))
            .chain(grant.credentials.values().map(|credential| credential.line));
        lines.for_each(|line| stands_in(text, line));
        for rule in &grant.http {
            let name = rule.credential.as_ref();
            assert!(name.is_none_or(|name| grant.credentials.contains_key(name)));
        }
    }
    manifest.is_some() || grant.is_some()
}

/// What `parse` makes of the text. Debug output tells lines and not-a-numbers apart where `==` does not.
fn parsed<T: Debug>(text: &str, parse: fn(&str) -> Result<T, TextError>) -> Option<T> {
    let (first, again) = (parse(text), parse(text));
    assert_eq!(format!("{first:?}"), format!("{again:?}"));
    if let Err(error) = &first {
        told_well(text, error);
    }
    first.ok()
}

fn told_well(text: &str, error: &TextError) {
    stands_in(text, error.line());
    let line = text.split('\n').nth(error.line() - 1).unwrap_or("");
    let columns = 1..=line.chars().count() + 1;
    assert!(columns.contains(&error.column()), "{error} beyond {line:?}");
    one_line(&error.to_string());
    one_line(error.hint().unwrap_or(""));
}

fn stands_in(text: &str, line: usize) {
    let lines = 1..=text.split('\n').count();
    assert!(lines.contains(&line), "line {line} of {lines:?}");
}

/// A sentence made from somebody else's text neither breaks out of its line nor floods it.
fn one_line(sentence: &str) {
    let hides = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{feff}');
    assert!(!sentence.contains(hides), "{sentence:?}");
    assert!(sentence.chars().count() <= MAX_SENTENCE, "{sentence:?}");
}
