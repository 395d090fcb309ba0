//! Text from skills and files, made safe to show on a terminal.
//!
//! A skill chooses what it answers, logs and is called. On a terminal, an escape sequence could clear the screen, forge a
//! prompt or type commands, and a bidirectional override could make a sentence read as its opposite. Both are taken out before anything is
//! printed for a person. `--output json` prints the tool's bytes as they are: JSON has no raw control characters.

use std::borrow::Cow;

use anstream::adapter::strip_str;

/// `text` as one line: escape sequences and hidden characters are dropped, line breaks and other control characters
/// become spaces.
pub fn one_line(text: &str) -> String {
    clean(text, |_| false)
}

/// `text` with its line breaks; everything else as in [`one_line`], tabs as four spaces.
pub fn lines(text: &str) -> String {
    clean(
        &text.replace("\r\n", "\n").replace('\t', "    "),
        |character| character == '\n',
    )
}

/// The beginning of a text, with an ellipsis where something follows.
pub fn cut(text: &str, characters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(characters) {
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
        None => Cow::Borrowed(text),
    }
}

fn clean(text: &str, keep: fn(char) -> bool) -> String {
    let plain = strip_str(text).to_string();
    let shown = plain.chars().filter(|character| !is_hidden(*character));
    shown
        .map(|character| {
            if character.is_control() && !keep(character) {
                ' '
            } else {
                character
            }
        })
        .collect()
}

/// Valid JSON with what must not reach a terminal as it is written as `\u` escapes: the same value, safe to show.
pub fn json(text: &str) -> Cow<'_, str> {
    let unsafe_here =
        |character: char| is_hidden(character) || (character.is_control() && character != '\n');
    if !text.contains(unsafe_here) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if unsafe_here(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// Characters that reorder or hide text: bidirectional controls, invisible formatting, tags. Joiners stay: scripts and emoji
/// need them.
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{cut, json, lines, one_line};

    /// What a hostile skill could say, and what is left of it.
    const HOSTILE: [(&str, &str); 8] = [
        ("\u{1b}[2J\u{1b}[1;1Hroot# ", "root# "),
        ("\u{1b}]0;title\u{7}x", "x"),
        (
            "\u{1b}]8;;https://evil.example\u{1b}\\click\u{1b}]8;;\u{1b}\\",
            "click",
        ),
        ("a\u{9b}31mb", "a 31mb"),
        ("a\rb", "a b"),
        ("safe\u{202e}exe.txt", "safeexe.txt"),
        ("a\u{2066}b\u{2069}c\u{e0041}", "abc"),
        ("a\nerror: b", "a error: b"),
    ];

    #[test]
    fn nothing_that_moves_the_cursor_or_hides_text_survives() {
        for (hostile, shown) in HOSTILE {
            assert_eq!(one_line(hostile), shown, "{hostile:?}");
            assert!(
                lines(hostile).chars().all(|c| c == '\n' || !c.is_control()),
                "{hostile:?}"
            );
        }
        assert_eq!(lines("a\r\nb\tc"), "a\nb    c");
        assert_eq!(one_line("Zoë 👩\u{200d}🚀 日本"), "Zoë 👩\u{200d}🚀 日本");
    }

    #[test]
    fn characters_are_cut_and_not_bytes() {
        assert_eq!(cut("Zoë", 3), "Zoë");
        assert_eq!(cut("Zoë", 2), "Zo…");
        assert_eq!(cut("日本語", 1), "日…");
    }

    #[test]
    fn json_keeps_its_value_and_loses_its_teeth() {
        let hostile = "{\"a\u{202e}\u{9b}\u{7f}\u{e0041}\": 1}";
        let safe = json(hostile);
        assert_eq!(safe, "{\"a\\u202e\\u009b\\u007f\\udb40\\udc41\": 1}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        assert_eq!(read(&safe), read(hostile));
    }
}
