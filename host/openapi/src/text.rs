//! Texts of a description, made fit for a model and a terminal.
//!
//! Descriptions are prose by strangers: HTML or Markdown, sometimes pages of it, sometimes with characters that hide or reorder
//! what is read. What leaves this module is plain, bounded and visible.

use metier_core::hidden;

/// The text as one line of at most `max` characters.
pub fn line(text: &str, max: usize) -> String {
    let words: Vec<String> = text
        .split_whitespace()
        .map(visible)
        .filter(|word| !word.is_empty())
        .collect();
    shortened(&words.join(" "), max)
}

/// The text as paragraphs of at most `max` characters together: tags become what they stood for, blank lines collapse.
pub fn prose(text: &str, max: usize) -> String {
    // Far more than is kept, far less than some descriptions have.
    let head: String = text.chars().take(max.saturating_mul(8)).collect();
    // A tag that was cut in two is none.
    let open = head
        .rfind('<')
        .filter(|at| head.len() < text.len() && !head[*at..].contains('>'));
    let head = &head[..open.unwrap_or(head.len())];
    let plain = without_tags(head);
    let mut lines: Vec<String> = Vec::new();
    for written in plain.lines() {
        let shown = visible(written);
        let shown = shown.trim_end();
        let blank_again = shown.trim().is_empty() && lines.last().is_none_or(String::is_empty);
        if !blank_again {
            lines.push(shown.to_owned());
        }
    }
    shortened(lines.join("\n").trim(), max)
}

/// Text that is plain already, at most `max` characters of it.
pub fn limited(text: &str, max: usize) -> String {
    shortened(text.trim(), max)
}

/// Without what hides, reorders or controls; tabs and odd spaces become a space.
fn visible(text: &str) -> String {
    let seen = |character: char| match character {
        '\t' | '\u{a0}' => Some(' '),
        _ if character.is_control() => None,
        _ if character.is_ascii() => Some(character),
        _ => hidden::find(character.encode_utf8(&mut [0; 4]))
            .is_none()
            .then_some(character),
    };
    text.chars().filter_map(seen).collect()
}

/// At most `max` characters, cut after a word, with a mark where something is missing.
fn shortened(text: &str, max: usize) -> String {
    if text.chars().nth(max).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    let last_word = kept
        .rfind(char::is_whitespace)
        .filter(|at| *at * 2 > kept.len());
    let kept = last_word.map_or(kept.as_str(), |at| &kept[..at]);
    format!("{}…", kept.trim_end())
}

/// Tags that stand for a break of the line, and what takes their place.
const BREAKS: [(&str, &str); 12] = [
    ("br", "\n"),
    ("p", "\n\n"),
    ("/p", "\n\n"),
    ("div", "\n"),
    ("/div", "\n"),
    ("li", "\n- "),
    ("/ul", "\n"),
    ("/ol", "\n"),
    ("tr", "\n"),
    ("h1", "\n"),
    ("h2", "\n"),
    ("h3", "\n"),
];

/// Other tags of HTML that are dropped; anything else in angle brackets is text, such as `<id>`.
const DROPPED: [&str; 30] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "caption",
    "center",
    "dd",
    "dl",
    "dt",
    "em",
    "font",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ol",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "u",
    "ul",
];

fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let (meant, length) = tag(rest)
            .or_else(|| entity(rest))
            .unwrap_or((&rest[..1], 1));
        plain.push_str(meant);
        rest = &rest[length..];
    }
    plain.push_str(rest);
    plain
}

/// Longest tag looked at, in bytes: links and images have long addresses.
const MAX_TAG_BYTES: usize = 1024;

/// What the tag at the start of the text stands for, and how long it is.
fn tag(text: &str) -> Option<(&'static str, usize)> {
    let window = text.as_bytes().get(..text.len().min(MAX_TAG_BYTES))?;
    let inside = window.strip_prefix(b"<")?;
    let end = inside.iter().position(|byte| *byte == b'>')?;
    let inside = std::str::from_utf8(&inside[..end]).ok()?;
    let length = end + 2;
    if inside.starts_with("!--") {
        return Some(("", length));
    }
    let name: String = inside
        .trim_end_matches('/')
        .split_whitespace()
        .next()?
        .to_ascii_lowercase();
    if let Some((_, meant)) = BREAKS.iter().find(|(tag, _)| *tag == name) {
        return Some((meant, length));
    }
    let bare = name.trim_start_matches('/');
    match bare {
        "code" | "tt" | "kbd" | "samp" => Some(("`", length)),
        "pre" => Some(("\n```\n", length)),
        _ if DROPPED.contains(&bare)
            || matches!(bare, "p" | "li" | "tr" | "br" | "h1" | "h2" | "h3") =>
        {
            Some(("", length))
        }
        _ => None,
    }
}

const ENTITIES: [(&str, &str); 9] = [
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&amp;", "&"),
    ("&quot;", "\""),
    ("&#39;", "'"),
    ("&apos;", "'"),
    ("&nbsp;", " "),
    ("&ndash;", "–"),
    ("&mdash;", "—"),
];

fn entity(text: &str) -> Option<(&'static str, usize)> {
    let (written, meant) = ENTITIES
        .iter()
        .find(|(written, _)| text.starts_with(written))?;
    Some((meant, written.len()))
}

#[cfg(test)]
mod tests {
    use super::{line, prose};

    #[test]
    fn html_becomes_what_it_stood_for() {
        for (html, plain) in [
            ("<p>One</p><p>Two</p>", "One\n\nTwo"),
            ("a<br/>b", "a\nb"),
            ("<ul><li>x</li><li>y</li></ul>", "- x\n- y"),
            (
                "use <code>id</code> &amp; <b>no</b> more",
                "use `id` & no more",
            ),
            ("the <id> of &lt;b&gt;", "the <id> of <b>"),
            ("1 < 2 and 3 > 2 & so", "1 < 2 and 3 > 2 & so"),
            ("<a href=\"https://x.example\">docs</a>", "docs"),
            ("a\n\n\n\nb\n", "a\n\nb"),
        ] {
            assert_eq!(prose(html, 100), plain, "{html}");
        }
    }

    #[test]
    fn nothing_hidden_survives_and_the_length_holds() {
        assert_eq!(line("a\u{202e}b\u{200b}c\td\u{1b}[2J", 100), "abc d[2J");
        assert_eq!(line("one two three four", 10), "one two…");
        assert_eq!(line(&"x".repeat(50), 10).chars().count(), 10);
        assert_eq!(prose("日本語日本語", 4), "日本語…");
        assert!(prose(&"<b>".repeat(100_000), 100).is_empty());
    }
}
