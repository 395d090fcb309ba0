//! Long encoded data among words.

use super::super::report::Findings;

/// Longest run of base64 that words have: a digest is 64, a signature 88, a long path has `/` and few capitals.
const MAX_BASE64: usize = 160;

/// Longest run of hexadecimal digits: a SHA-512 is 128.
const MAX_HEX: usize = 128;

/// Most escapes in a row, such as `%20` or `\x41`.
const MAX_ESCAPES: usize = 24;

/// Most lines in a row that are nothing but base64, each this long at least.
const MAX_LINES: usize = 3;
const MIN_LINE: usize = 40;

pub(super) fn check(place: &str, text: &str, findings: &mut Findings) {
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=_-".contains(c);
    let long = text.split(|c: char| !base64(c)).find(|run| is_blob(run));
    if let Some(run) = long {
        tell(place, run, "of encoded data", findings);
    } else if let Some(run) = lines(text) {
        tell(place, run, "and more lines of encoded data", findings);
    } else if let Some(run) = escapes(text) {
        tell(place, run, "of escaped data", findings);
    }
}

fn tell(place: &str, run: &str, what: &str, findings: &mut Findings) {
    let begin: String = run.chars().take(24).collect();
    findings.add(
        "words/encoded-blob",
        place,
        &format!("{} characters {what}: {begin}…", run.len()),
    );
}

fn is_blob(run: &str) -> bool {
    let hex = run.len() > MAX_HEX && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex || (run.len() > MAX_BASE64 && is_mixed(run))
}

/// Capitals, small letters and digits: no path or row of dashes.
fn is_mixed(run: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| run.bytes().any(|byte| kind(&byte));
    has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

fn lines(text: &str) -> Option<&str> {
    let encoded = |line: &str| {
        line.len() >= MIN_LINE
            && is_mixed(line)
            && line
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    };
    let mut row = 0;
    text.lines().map(str::trim).find(|line| {
        row = if encoded(line) { row + 1 } else { 0 };
        row >= MAX_LINES
    })
}

fn escapes(text: &str) -> Option<&str> {
    for (mark, length) in [("%", 3), ("\\x", 4), ("\\u", 6), ("&#", 5)] {
        let (mut row, mut expected, mut from) = (0, usize::MAX, 0);
        for (at, _) in text.match_indices(mark) {
            // Numbers in entities have several lengths.
            let follows = at >= expected && at <= expected.saturating_add(3);
            (row, from) = if follows { (row + 1, from) } else { (1, at) };
            expected = at + length;
            if row > MAX_ESCAPES {
                return text.get(from..at);
            }
        }
    }
    None
}
