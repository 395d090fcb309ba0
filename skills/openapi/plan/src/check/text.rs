//! The texts of a plan that end up in a request: names, templates, URLs.

/// Longest name of a parameter, argument or field, in bytes.
pub const MAX_NAME_BYTES: usize = 512;

/// Longest path template or base URL, in bytes.
const MAX_URL_BYTES: usize = 4_096;

/// One piece of a path template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Sent as it stands.
    Literal(&'t str),
    /// The name in braces.
    Name(&'t str),
}

impl<'t> Piece<'t> {
    /// The name, when it is one.
    pub fn name(&self) -> Option<&'t str> {
        match self {
            Piece::Name(name) => Some(name),
            Piece::Literal(_) => None,
        }
    }
}

/// The pieces of a path template, when it is one: empty or begins with `/`; no query, no fragment, nothing that needs
/// encoding outside braces, no `.` or `..` segment.
pub fn template(path: &str) -> Option<Vec<Piece<'_>>> {
    if path.len() > MAX_URL_BYTES || !(path.is_empty() || path.starts_with('/')) {
        return None;
    }
    let mut pieces = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let Some(open) = rest.find('{') else {
            pieces.push(Piece::Literal(rest));
            break;
        };
        let (literal, braced) = rest.split_at_checked(open)?;
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        let (name, after) = braced.strip_prefix('{')?.split_once('}')?;
        if name.is_empty() || name.contains('{') {
            return None;
        }
        pieces.push(Piece::Name(name));
        rest = after;
    }
    let plain = |piece: &Piece<'_>| match piece {
        Piece::Literal(text) => is_plain_path(text),
        Piece::Name(_) => true,
    };
    (pieces.iter().all(plain) && !path.split('/').any(is_dots)).then_some(pieces)
}

/// Whether a segment means "here" or "up", in any spelling.
pub fn is_dots(segment: &str) -> bool {
    let dots = segment.replace("%2e", ".").replace("%2E", ".");
    dots == "." || dots == ".."
}

/// RFC 3986's `pchar` and `/`.
fn is_plain_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escape = bytes.get(at + 1..at + 3);
        match byte {
            b'%' if escape.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => at += 3,
            b'/' | b':' | b'@' | b'-' | b'.' | b'_' | b'~' => at += 1,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => at += 1,
            other if other.is_ascii_alphanumeric() => at += 1,
            _ => return false,
        }
    }
    true
}

/// `http(s)://host[:port][/path]`. The host's rules decide where requests may go; this only keeps the pieces apart.
pub(super) fn is_base_url(url: &str) -> bool {
    let Some(rest) = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))
    else {
        return false;
    };
    let (host, path) = rest
        .find('/')
        .and_then(|at| rest.split_at_checked(at))
        .unwrap_or((rest, ""));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    url.len() <= MAX_URL_BYTES
        && !host.is_empty()
        && host.bytes().all(plain)
        && is_plain_path(path)
        && !path.ends_with('/')
        && !path.split('/').any(is_dots)
}

pub(super) fn is_tool_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

pub(super) fn is_method(method: &str) -> bool {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(&method)
}

/// RFC 9110's `token`.
pub(super) fn is_token(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(plain)
}

/// Headers no parameter may set, in lower case: OpenAPI says so of the first three; the others are the connection's or the host's.
const RESERVED_HEADERS: [&str; 14] = [
    "accept",
    "content-type",
    "authorization",
    "proxy-authorization",
    "cookie",
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "keep-alive",
    "expect",
];

/// Whether a header is one of [`RESERVED_HEADERS`], in any case.
pub fn is_reserved_header(name: &str) -> bool {
    RESERVED_HEADERS
        .iter()
        .any(|reserved| name.eq_ignore_ascii_case(reserved))
}

/// `type/subtype`, with parameters of printable characters behind it.
pub fn is_media_type(text: &str) -> bool {
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    let essence = essence.trim_end();
    let Some((kind, subtype)) = essence.split_once('/') else {
        return false;
    };
    is_token(kind)
        && is_token(subtype)
        && parameters.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
