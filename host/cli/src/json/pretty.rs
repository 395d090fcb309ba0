//! Indents JSON, byte for byte apart from white space.

use super::Json;
use crate::{terminal::Paint, text};

/// Spaces per level.
const INDENT: usize = 2;

/// Deepest level that is indented; beyond it lines only get longer.
const MAX_INDENT: usize = 40;

/// `json` with one value per line. Numbers and strings keep their spelling, apart from what must not reach a
/// terminal ([`text::json`]).
pub fn pretty(json: Json<'_>, paint: Paint) -> String {
    let safe = text::json(json.text());
    let mut writer = Writer {
        out: String::with_capacity(safe.len() * 2),
        depth: 0,
        paint,
    };
    let mut rest = &*safe;
    while let Some(token) = next_token(&mut rest) {
        writer.token(token, rest);
    }
    writer.out
}

struct Writer {
    out: String,
    depth: usize,
    paint: Paint,
}

impl Writer {
    fn token(&mut self, token: &str, rest: &str) {
        match token {
            "{" | "[" if !rest.trim_start().starts_with(['}', ']']) => {
                self.out.push_str(token);
                self.depth += 1;
                self.line();
            }
            "}" | "]" if !self.out.ends_with(['{', '[']) => {
                self.depth = self.depth.saturating_sub(1);
                self.line();
                self.out.push_str(token);
            }
            "," => {
                self.out.push(',');
                self.line();
            }
            ":" => self.out.push_str(": "),
            text if text.starts_with('"') && rest.trim_start().starts_with(':') => {
                let name = self.paint.name(text);
                self.out.push_str(&name);
            }
            other => self.out.push_str(other),
        }
    }

    fn line(&mut self) {
        let spaces = self.depth.min(MAX_INDENT) * INDENT;
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', spaces));
    }
}

/// The next token of valid JSON: a bracket, a comma, a colon, a string or a word.
fn next_token<'t>(rest: &mut &'t str) -> Option<&'t str> {
    let text = rest.trim_start();
    let first = text.bytes().next()?;
    let length = match first {
        b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
        b'"' => string_length(text),
        _ => text
            .find(['{', '}', '[', ']', ',', ':', ' ', '\n', '\r', '\t'])
            .unwrap_or(text.len()),
    };
    let (token, left) = text.split_at(length);
    *rest = left;
    Some(token)
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
