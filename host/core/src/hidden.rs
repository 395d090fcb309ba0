//! Characters a reader does not see: what may hide or reorder words in text that a person approves and a model obeys.
//!
//! A person who reads a SKILL.md and the model that is given it must see the same words. Refused are control characters
//! but line breaks and tabs, everything Unicode calls a format character (zero-width, bidirectional, tags), blanks
//! that take no room or pass for one, and variation selectors, but for a single one that picks an emoji's or a symbol's look.
//!
//! ```
//! use metier_core::hidden;
//! let found = hidden::find("Read only.\n\u{202e}stuff").unwrap();
//! assert_eq!((found.line, found.column, found.name()), (2, 1, "a bidirectional control"));
//! assert!(hidden::find("Zoë writes 日本語 and ⚠\u{fe0f}").is_none());
//! ```

use std::fmt;

/// A character that must not be there, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// The character.
    pub character: char,
    /// Its line, from 1.
    pub line: usize,
    /// Its place in the line in characters, from 1.
    pub column: usize,
}

impl Hidden {
    /// What kind it is, for a sentence.
    pub fn name(&self) -> &'static str {
        name(self.character)
    }
}

impl fmt::Display for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = u32::from(self.character);
        write!(f, "{} (U+{code:04X})", self.name())
    }
}

/// The first hidden character of `text`.
pub fn find(text: &str) -> Option<Hidden> {
    let (mut line, mut column, mut before) = (1, 0, '\n');
    for character in text.chars() {
        column += 1;
        if is_hidden(character, before) {
            return Some(Hidden {
                character,
                line,
                column,
            });
        }
        if character == '\n' {
            (line, column) = (line + 1, 0);
        }
        before = character;
    }
    None
}

fn is_hidden(character: char, before: char) -> bool {
    match character {
        '\n' | '\t' => false,
        // Windows line breaks are seen as what they are; a lone one would hide the line it ends.
        '\r' => false,
        '\u{fe0e}' | '\u{fe0f}' => !may_be_varied(before),
        _ => character.is_control() || is_invisible(character),
    }
}

/// Whether a variation selector behind this character picks a look: of a symbol, a digit or an emoji. Letters have none,
/// and a row of selectors carries data nobody sees.
fn may_be_varied(before: char) -> bool {
    matches!(before, '#' | '*' | '0'..='9' | '©' | '®')
        || matches!(before, '\u{203c}'..='\u{3299}' | '\u{1f000}'..='\u{1faff}')
            && !is_invisible(before)
}

/// Unicode 17: general category Cf; then Default_Ignorable_Code_Point and blank letters beside it.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || matches!(character,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{ffa0}')
}

fn name(character: char) -> &'static str {
    match character {
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "a bidirectional control"
        }
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => "a zero-width character",
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => "a variation selector",
        '\u{e0000}'..='\u{e007f}' => "a tag character",
        _ if character.is_control() => "a control character",
        _ => "an invisible character",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::find;

    #[test]
    fn every_way_to_hide_text_is_found_and_named() {
        let table = [
            ("a\u{200b}b", "a zero-width character (U+200B)"),
            ("a\u{200d}b", "a zero-width character (U+200D)"),
            ("\u{feff}# Title", "a zero-width character (U+FEFF)"),
            ("\u{202e}fdp", "a bidirectional control (U+202E)"),
            ("\u{2066}x\u{2069}", "a bidirectional control (U+2066)"),
            ("ok\u{e0041}", "a tag character (U+E0041)"),
            ("ok\u{e0101}", "a variation selector (U+E0101)"),
            ("a\u{fe0f}", "a variation selector (U+FE0F)"),
            ("⚠\u{fe0f}\u{fe0f}", "a variation selector (U+FE0F)"),
            ("⚠\u{fe01}", "a variation selector (U+FE01)"),
            ("a\u{1b}[2J", "a control character (U+001B)"),
            ("a\u{9b}", "a control character (U+009B)"),
            ("soft\u{ad}hyphen", "an invisible character (U+00AD)"),
            ("a\u{3164}", "an invisible character (U+3164)"),
            ("a\u{2028}b", "an invisible character (U+2028)"),
        ];
        for (text, shown) in table {
            assert_eq!(find(text).unwrap().to_string(), shown, "{text:?}");
        }
    }

    #[test]
    fn the_words_of_every_script_are_not_hidden() {
        for text in [
            "Zoë, Łódź, Ελλάδα, Россия, 日本語, العربية, עברית, हिन्दी, ไทย",
            "tabs\tand\r\nlines\n",
            "⚠\u{fe0f} ☎\u{fe0e} 1\u{fe0f}\u{20e3} 🚀 👍🏽",
        ] {
            assert_eq!(find(text), None, "{text:?}");
        }
    }
}
