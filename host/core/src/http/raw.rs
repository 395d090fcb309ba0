//! What is refused in the text of a URL before and after the `url` crate has read it.
//!
//! The `url` crate follows the WHATWG standard, which forgives: it drops tabs and line breaks, turns `\` into `/` and
//! walks `..` away. A browser must; a gate must not, because the next reader may forgive differently.

use super::{MAX_URL_BYTES, UrlError};

/// Refuses what the parser would silently change: too long, or with characters it drops or turns into others.
pub(super) fn refuse_forbidden(text: &str) -> Result<(), UrlError> {
    if text.len() > MAX_URL_BYTES {
        return Err(UrlError::TooLong);
    }
    match text.chars().find(|character| is_forbidden(*character)) {
        Some(character) => Err(UrlError::Forbidden(character)),
        None => Ok(()),
    }
}

/// Checks the text before the parser sees it: authority without user information, path without dot segments.
pub(super) fn inspect(text: &str) -> Result<(), UrlError> {
    refuse_forbidden(text)?;
    let rest = after_scheme(text)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    if authority.is_empty() {
        return Err(UrlError::NoHost);
    }
    if authority.contains('@') {
        return Err(UrlError::UserInfo);
    }
    let path = tail.split(['?', '#']).next().unwrap_or("");
    path.split('/')
        .try_for_each(|segment| check_segment(&decode_segment(segment)?))
}

/// White space, control characters and the backslash.
fn is_forbidden(character: char) -> bool {
    character.is_control() || character.is_whitespace() || character == '\\'
}

fn after_scheme(text: &str) -> Result<&str, UrlError> {
    let (scheme, rest) = text.split_once("://").ok_or(UrlError::Relative)?;
    if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") {
        Ok(rest)
    } else {
        Err(UrlError::Scheme(crate::ids::shown(scheme)))
    }
}

/// Decodes one segment of a path as the upstream will.
pub(super) fn decode_segment(text: &str) -> Result<String, UrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let digits = tail.first_chunk::<2>().ok_or(UrlError::BadEscape)?;
            bytes.push(hex_byte(*digits).ok_or(UrlError::BadEscape)?);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).map_err(|_| UrlError::NotUtf8)
}

fn hex_byte(digits: [u8; 2]) -> Option<u8> {
    let nibble = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    Some(nibble(digits[0])? << 4 | nibble(digits[1])?)
}

/// Refuses a decoded segment that some reader would not take for one plain segment.
pub(super) fn check_segment(decoded: &str) -> Result<(), UrlError> {
    if decoded.contains(['/', '\\']) {
        return Err(UrlError::EncodedSeparator);
    }
    if decoded.contains(char::is_control) {
        return Err(UrlError::EncodedControl);
    }
    // Servers that know path parameters (RFC 3986, section 3.3) cut `..;x` at the semicolon.
    if matches!(decoded.split(';').next(), Some("." | "..")) {
        return Err(UrlError::DotSegment);
    }
    if has_escape(decoded) {
        return Err(UrlError::DoubleEncoding);
    }
    Ok(())
}

/// A `%` and two hexadecimal digits, still there after decoding once.
fn has_escape(decoded: &str) -> bool {
    decoded
        .as_bytes()
        .array_windows::<3>()
        .any(|[percent, high, low]| {
            *percent == b'%' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit()
        })
}
