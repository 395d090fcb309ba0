//! Text from a guest, made safe to show.

/// `text` as one line of at most `max` characters: control characters, which could forge log lines or move a terminal's
/// cursor, become spaces, and bidirectional overrides, which could make it read as something else, are dropped.
pub fn one_line(text: &str, max: usize) -> String {
    text.chars()
        .filter(|character| !is_bidirectional(*character))
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .take(max)
        .collect()
}

fn is_bidirectional(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn control_characters_cannot_forge_lines_or_move_the_cursor() {
        assert_eq!(one_line("a\nb\u{1b}[2Jc\u{202e}d", 200), "a b [2Jcd");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(one_line("äöü", 2), "äö");
    }
}
