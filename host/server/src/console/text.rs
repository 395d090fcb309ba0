//! Texts, numbers and moments as people read them.
//!
//! Everything from skills, models and people goes through [`shown`]: maud escapes what HTML means, and what is invisible or turns
//! text around is named, so that the words on the page are the words that are there.

use std::time::Duration;

use maud::{Markup, html};
use metier_core::hidden;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use time::OffsetDateTime;

use super::pretty::pretty;
use crate::api::moment;

/// Longest text shown whole, in characters: the API has the rest.
const MAX_SHOWN: usize = 40_000;

const NANOS_PER_DOLLAR: u64 = 1_000_000_000;

/// What a URL's part keeps as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A part of a URL.
pub fn encoded(part: &str) -> String {
    utf8_percent_encode(part, KEPT).to_string()
}

/// Text of somebody else's, with hidden characters named, and not endless.
pub fn shown(text: &str) -> Markup {
    let (text, is_cut) = cut(text, MAX_SHOWN);
    html! {
        (marked(text))
        @if is_cut { span.cut { "… the rest is left out here" } }
    }
}

/// The same on one line, up to so many characters.
pub fn line(text: &str, max: usize) -> Markup {
    let (text, is_cut) = cut(text, max);
    let text: String = text
        .chars()
        .map(|character| match character {
            '\n' | '\r' | '\t' => ' ',
            other => other,
        })
        .collect();
    html! { (marked(&text)) @if is_cut { "…" } }
}

/// The same with what stands between backticks as code, as people write it.
pub fn prose(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (shown(part)) } } @else { (shown(part)) }
        }
    }
}

/// Hidden characters as words, where no markup can be: in attributes.
pub fn plain(text: &str) -> String {
    let mut plain = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Seen(text) => plain.push_str(text),
            Piece::Hidden(character) => plain.push_str(&named(character)),
        }
    }
    plain
}

/// A JSON value, readable: a text as it is, everything else with line breaks.
pub fn json(value: &Value) -> Markup {
    match value {
        Value::String(text) => shown(text),
        other => shown(&pretty(other)),
    }
}

/// JSON text, readable where it is JSON.
pub fn json_text(text: &str) -> Markup {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => json(&value),
        Err(_) => shown(text),
    }
}

fn cut(text: &str, max: usize) -> (&str, bool) {
    match text.char_indices().nth(max) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

enum Piece<'t> {
    Seen(&'t str),
    Hidden(char),
}

fn marked(text: &str) -> Markup {
    html! {
        @for piece in pieces(text) {
            @match piece {
                Piece::Seen(text) => (text),
                Piece::Hidden(character) => span.hidden-character { (named(character)) },
            }
        }
    }
}

fn named(character: char) -> String {
    format!("[U+{:04X}]", u32::from(character))
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    if hidden::find(text).is_none() {
        return vec![Piece::Seen(text)];
    }
    let (mut pieces, mut from, mut before) = (Vec::new(), 0, None);
    for (at, character) in text.char_indices() {
        if is_hidden(before, character) {
            pieces.push(Piece::Seen(&text[from..at]));
            pieces.push(Piece::Hidden(character));
            from = at + character.len_utf8();
        }
        before = Some(character);
    }
    pieces.push(Piece::Seen(&text[from..]));
    pieces
}

fn is_hidden(before: Option<char>, character: char) -> bool {
    let is_seen = |text: String| hidden::find(&text).is_none();
    let varies = || before.is_some_and(|before| is_seen(format!("{before}{character}")));
    !is_seen(character.to_string()) && !varies()
}

/// Milliseconds since 1970 as a moment in UTC, to the second.
pub fn at(millis: u64) -> Markup {
    let Some(then) = moment(millis) else {
        return html! { "some day" };
    };
    let words = format!(
        "{} {:02}:{:02}:{:02}",
        day(millis),
        then.hour(),
        then.minute(),
        then.second()
    );
    html! { time datetime=(moment::of_millis(millis)) { (words) } }
}

/// The day of a moment in UTC.
pub fn day(millis: u64) -> String {
    let Some(moment) = moment(millis) else {
        return "some day".to_owned();
    };
    let month = moment.month().to_string();
    format!("{} {}", moment.day(), month.get(..3).unwrap_or_default())
}

/// The hour of a moment in UTC.
pub fn hour(millis: u64) -> String {
    moment(millis).map_or("some time".to_owned(), |moment| {
        format!("{:02}:00", moment.hour())
    })
}

fn moment(millis: u64) -> Option<OffsetDateTime> {
    let seconds = i64::try_from(millis / 1000).ok()?;
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

/// A part of a whole, in percent.
pub fn share(part: u64, whole: u64) -> String {
    let thousandths = u128::from(part) * 1_000 / u128::from(whole.max(1));
    match (part, thousandths) {
        (0, _) => "0 %".to_owned(),
        (_, 0) => "< 0.1 %".to_owned(),
        _ => format!("{}.{} %", thousandths / 10, thousandths % 10),
    }
}

/// A span of time, in two units at most.
pub fn span(millis: u64) -> String {
    let seconds = Duration::from_millis(millis).as_secs();
    match seconds {
        0 => format!("{millis} ms"),
        1..60 => format!("{seconds}.{} s", millis % 1000 / 100),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// Money, to the hundredth of a cent.
pub fn money(nanos: u64) -> String {
    let rounded = nanos.saturating_add(50_000) / 100_000;
    let (dollars, rest) = (rounded / 10_000, rounded % 10_000);
    match (nanos, rounded) {
        (0, _) => "$0".to_owned(),
        (_, 0) => "< $0.0001".to_owned(),
        _ if dollars >= 100 => cents(nanos.saturating_add(5_000_000) / 10_000_000),
        _ => format!("${dollars}.{rest:04}"),
    }
}

fn cents(cents: u64) -> String {
    format!("${}.{:02}", count(cents / 100), cents % 100)
}

/// The exact amount.
pub fn exactly(nanos: u64) -> String {
    format!(
        "${}.{:09}",
        nanos / NANOS_PER_DOLLAR,
        nanos % NANOS_PER_DOLLAR
    )
}

/// A number with its thousands apart.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut said = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            said.push('\u{a0}');
        }
        said.push(digit);
    }
    said
}

/// A number of bytes.
pub fn bytes(number: u64) -> String {
    match number {
        0..1_024 => format!("{number} B"),
        1_024..1_048_576 => format!("{} KiB", number >> 10),
        _ => format!("{} MiB", number >> 20),
    }
}

/// One of something, or several.
pub fn many(number: usize, one: &str, several: &str) -> String {
    format!(
        "{} {}",
        count(number as u64),
        if number == 1 { one } else { several }
    )
}

#[cfg(test)]
mod tests {
    use super::{count, day, hour, money, share, shown, span};

    #[test]
    fn what_is_hidden_is_named_and_what_is_markup_is_text() {
        for (text, page) in [
            ("a<b>&\"c", "a&lt;b&gt;&amp;&quot;c"),
            (
                "a\u{202e}b",
                "a<span class=\"hidden-character\">[U+202E]</span>b",
            ),
            ("⚠\u{fe0f} Zoë 日本語", "⚠\u{fe0f} Zoë 日本語"),
            ("x\0", "x<span class=\"hidden-character\">[U+0000]</span>"),
        ] {
            assert_eq!(shown(text).into_string(), page);
        }
    }

    #[test]
    fn numbers_are_read_at_a_glance() {
        for (nanos, words) in [
            (0, "$0"),
            (1, "< $0.0001"),
            (12_300_000, "$0.0123"),
            (1_500_000_000, "$1.5000"),
            (1_234_567_890_000, "$1\u{a0}234.57"),
        ] {
            assert_eq!(money(nanos), words);
        }
        for (millis, words) in [
            (7, "7 ms"),
            (1_250, "1.2 s"),
            (61_000, "1 min 1 s"),
            (7_260_000, "2 h 1 min"),
        ] {
            assert_eq!(span(millis), words);
        }
        for (part, words) in [
            (0, "0 %"),
            (1, "< 0.1 %"),
            (1_234, "12.3 %"),
            (10_000, "100.0 %"),
        ] {
            assert_eq!(share(part, 10_000), words);
        }
        assert_eq!(
            (day(86_400_000), hour(86_400_000 + 3_600_000)),
            ("2 Jan".to_owned(), "01:00".to_owned())
        );
        assert_eq!(day(u64::MAX), "some day");
        assert_eq!(count(1_234_567), "1\u{a0}234\u{a0}567");
    }
}
