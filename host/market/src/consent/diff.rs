//! Differences between texts, for people: no character of them is invisible.

use metier_core::hidden;

/// Most lines shown of one difference; what is left out is counted.
const MAX_LINES: usize = 200;

/// Longest line, in characters; longer ones are shown around what changed in them.
const MAX_CHARACTERS: usize = 400;

/// Most lines of a side that are matched line by line; matching is quadratic. Beyond it everything between the first and the last
/// changed line is shown.
const MAX_MATCHED: usize = 600;

/// The lines that went, with `- `, and those that came, with `+ `, in the order of the text.
pub(crate) fn lines(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[same..], &new[same..]);
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let mut shown: Vec<String> = match old.len().max(new.len()) <= MAX_MATCHED {
        true => matched(old, new),
        false => whole(old, new),
    };
    if shown.len() > MAX_LINES {
        let more = shown.len() - MAX_LINES;
        shown.truncate(MAX_LINES);
        shown.push(format!("… and {more} more lines"));
    }
    shown
}

fn whole(old: &[&str], new: &[&str]) -> Vec<String> {
    let went = old.iter().map(|line| signed('-', line, None));
    went.chain(new.iter().map(|line| signed('+', line, None)))
        .collect()
}

/// By the longest common subsequence.
fn matched(old: &[&str], new: &[&str]) -> Vec<String> {
    let width = new.len() + 1;
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = match old[i] == new[j] {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j, mut shown) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if i < old.len()
            && (j == new.len() || longest[(i + 1) * width + j] >= longest[i * width + j + 1])
        {
            shown.push(signed('-', old[i], new.get(j)));
            i += 1;
        } else {
            shown.push(signed('+', new[j], old.get(i.saturating_sub(1))));
            j += 1;
        }
    }
    shown
}

/// A line, made visible, and a long one cut around where it differs from its counterpart.
fn signed(sign: char, line: &str, other: Option<&&str>) -> String {
    let length = line.chars().count();
    if length <= MAX_CHARACTERS {
        return format!("{sign} {}", visible(line));
    }
    let same = other.map_or(0, |other| {
        line.chars()
            .zip(other.chars())
            .take_while(|(a, b)| a == b)
            .count()
    });
    let from = same
        .saturating_sub(MAX_CHARACTERS / 4)
        .min(length - MAX_CHARACTERS);
    let part: String = line.chars().skip(from).take(MAX_CHARACTERS).collect();
    let before = if from > 0 { "…" } else { "" };
    format!("{sign} {before}{}… ({length} characters)", visible(&part))
}

/// The text with every character that a reader does not see written out: `<U+202E>`.
///
/// ```
/// use metier_market::consent::visible;
/// assert_eq!(visible("read\u{200b} only"), "read<U+200B> only");
/// ```
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let mut bytes = [0; 4];
        let alone = character.encode_utf8(&mut bytes);
        match hidden::find(alone).is_some() || character == '\r' {
            true => shown.push_str(&format!("<U+{:04X}>", u32::from(character))),
            false => shown.push(character),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{lines, visible};

    #[test]
    fn two_changes_far_apart_are_shown_without_what_is_between() {
        let old = "a\nb\nc\nd\ne";
        assert_eq!(lines(old, "a\nB\nc\nd\nE"), ["- b", "+ B", "- e", "+ E"]);
        assert_eq!(lines(old, "a\nb\nx\nc\nd\ne"), ["+ x"]);
        assert_eq!(lines("", "a"), ["- ", "+ a"]);
        assert!(lines(old, old).is_empty());
    }

    #[test]
    fn a_change_at_the_end_of_a_long_line_is_not_out_of_sight() {
        let long = "word ".repeat(1_000);
        let shown = lines(&format!("{long}read"), &format!("{long}write"));
        assert!(shown[1].contains("write"), "{shown:?}");
        assert!(shown.iter().all(|line| line.chars().count() < 500));
    }

    #[test]
    fn long_differences_are_counted_and_never_quadratic() {
        let old: String = (0..50_000).map(|n| format!("{n}\n")).collect();
        let new: String = (0..50_000).map(|n| format!("{n}.\n")).collect();
        let shown = lines(&old, &new);
        assert_eq!(shown.len(), 201);
        assert_eq!(shown[200], "… and 99800 more lines");
    }

    #[test]
    fn what_hides_is_written_out() {
        assert_eq!(
            visible("a\u{202e}b\u{e0041}\r\u{1b}[2J"),
            "a<U+202E>b<U+E0041><U+000D><U+001B>[2J"
        );
        assert_eq!(lines("a", "a\u{200b}"), ["- a", "+ a<U+200B>"]);
    }
}
