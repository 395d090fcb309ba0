//! Percent-encoding (RFC 3986) and the encoding of forms (WHATWG URL).

use std::fmt::Write as _;

/// Everything but unreserved characters as `%XX`.
pub fn strict(text: &str) -> String {
    escaped(text, |_| false)
}

/// As [`strict`], but what is reserved and harmless in a query stays: not `&`, `+` and `#`, which would end the value or
/// change it, nor `[` and `]`, which a query cannot have.
pub fn reserved(text: &str) -> String {
    escaped(text, |byte| b":/?@!$'()*,;=".contains(&byte))
}

/// As a form's value: a space is `+`.
pub fn form(text: &str) -> String {
    strict(text).replace("%20", "+")
}

/// As [`form`], where the plan lets reserved characters stand.
pub fn form_reserved(text: &str) -> String {
    reserved(text).replace("%20", "+")
}

fn escaped(text: &str, stays: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || stays(byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Names and values, encoded already, as `name=value` with something between.
pub fn joined(pairs: &[(String, String)], between: &str) -> String {
    let written: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    written.join(between)
}

/// Whether a text has something in it that looks encoded, so that encoding it looks like encoding twice.
pub fn has_escape(text: &str) -> bool {
    let is_escape = |window: &[u8]| matches!(window, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit());
    text.as_bytes().windows(3).any(is_escape)
}
