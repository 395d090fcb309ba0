//! Text to tokens.

use super::error::SoqlError;
use crate::calendar;

/// The longest statement Salesforce takes, in characters.
pub const MAX_STATEMENT: usize = 100_000;

/// A piece of a statement and the byte it starts at.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// The byte it starts at.
    pub at: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    /// A keyword, or a name with its relationship dots.
    Word(String),
    /// A quoted string, unescaped.
    Text(String),
    /// A number.
    Number(f64),
    /// A day.
    Date(i64),
    /// An instant.
    Instant(i64),
    /// `(`, `)`, `,`, `:` or a comparison operator.
    Symbol(&'static str),
    /// Nothing more.
    End,
}

impl TokenKind {
    /// How an error message names it.
    #[must_use]
    pub fn show(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Date(day) => calendar::format_date(*day),
            Self::Instant(instant) => calendar::format_instant(*instant),
            Self::Symbol(symbol) => (*symbol).to_owned(),
            Self::End => "<EOF>".to_owned(),
        }
    }
}

/// Longer operators first.
const SYMBOLS: &[&str] = &["<=", ">=", "!=", "<>", "(", ")", ",", ":", "=", "<", ">"];

/// Split a statement into tokens; the last is [`TokenKind::End`].
///
/// # Errors
/// `MALFORMED_QUERY` for a character that starts nothing, an open string, a bad escape or a
/// number or date that is none.
pub fn lex(text: &str) -> Result<Vec<Token>, SoqlError> {
    if text.len() > MAX_STATEMENT {
        return Err(SoqlError::malformed(
            0,
            "SOQL statements cannot be longer than 100000 characters.",
        ));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = token(text, at, first)?;
        tokens.push(Token { kind, at });
        at += length;
    }
    tokens.push(Token {
        kind: TokenKind::End,
        at: text.len(),
    });
    Ok(tokens)
}

fn token(text: &str, at: usize, first: char) -> Result<(TokenKind, usize), SoqlError> {
    let rest = text.get(at..).unwrap_or_default();
    if first == '\'' {
        return string(rest, at);
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let length = span(rest, |byte| {
            byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'
        });
        return Ok((TokenKind::Word(rest[..length].to_owned()), length));
    }
    if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
        return Ok((TokenKind::Symbol(symbol), symbol.len()));
    }
    if first.is_ascii_digit() || first == '-' || first == '+' {
        return number(rest, at);
    }
    Err(SoqlError::malformed(
        at,
        format!("line has unexpected character: '{first}'"),
    ))
}

/// A number, a date or an instant: they only differ in what follows the digits.
fn number(rest: &str, at: usize) -> Result<(TokenKind, usize), SoqlError> {
    let length = 1 + span(&rest[1..], |byte| {
        byte.is_ascii_alphanumeric() || b".:+-".contains(&byte)
    });
    let word = &rest[..length];
    let kind = if let Some(day) = calendar::parse_date(word) {
        TokenKind::Date(day)
    } else if let Some(instant) = calendar::parse_instant(word) {
        TokenKind::Instant(instant)
    } else {
        let plain = word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b".+-".contains(&byte));
        match word.parse::<f64>() {
            Ok(number) if plain => TokenKind::Number(number),
            _ => {
                return Err(SoqlError::malformed(
                    at,
                    format!("unexpected token: '{word}'"),
                ));
            }
        }
    };
    Ok((kind, length))
}

fn string(rest: &str, at: usize) -> Result<(TokenKind, usize), SoqlError> {
    let mut out = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((offset, char)) = chars.next() {
        match char {
            '\'' => return Ok((TokenKind::Text(out), offset + 1)),
            '\\' => match chars.next().map(|(_, escaped)| escaped) {
                Some('n' | 'N') => out.push('\n'),
                Some('r' | 'R') => out.push('\r'),
                Some('t' | 'T') => out.push('\t'),
                Some(escaped @ ('\'' | '"' | '\\')) => out.push(escaped),
                // LIKE reads these itself.
                Some(escaped @ ('%' | '_')) => out.extend(['\\', escaped]),
                _ => {
                    return Err(SoqlError::malformed(
                        at + offset,
                        "invalid string escape sequence",
                    ));
                }
            },
            _ => out.push(char),
        }
    }
    Err(SoqlError::malformed(
        at,
        "unexpected token: '<EOF>' (the string is not closed)",
    ))
}

/// How many bytes from the start satisfy `wanted`, which only accepts ASCII.
fn span(text: &str, wanted: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| wanted(*byte)).count()
}
