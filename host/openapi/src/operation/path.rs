//! Paths: as written, as the plan wants them, and as the manifest asks for them.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::Reason;

/// A path taken apart.
#[derive(Debug, Default)]
pub(super) struct Route {
    /// The template of the plan: `/issue/{id}`.
    pub template: String,
    /// Query fields that were written into the path.
    pub query: Vec<(String, String)>,
    /// Parameters that stand in that query, and the field they are the value of.
    pub moved: BTreeMap<String, String>,
    /// The names in braces.
    pub names: BTreeSet<String>,
}

impl Route {
    /// Takes the path apart; `described` are the names of its path parameters.
    pub(super) fn of(path: &str, described: &BTreeSet<&str>) -> Result<Self, Reason> {
        // Some descriptions tell operations of one path apart by a fragment, which no request carries.
        let sent = path.split('#').next().unwrap_or("");
        let (sent, query) = split_query(sent);
        let mut route = Route::default();
        for piece in pieces(sent).ok_or_else(|| unbalanced(path))? {
            match piece {
                Piece::Literal(text) => route.template.push_str(&encoded(text)),
                Piece::Name(written) => {
                    let name = meant(written, described);
                    if name.is_empty() {
                        return Err(unbalanced(path));
                    }
                    route.template.push_str(&format!("{{{name}}}"));
                    route.names.insert(name.to_owned());
                }
            }
        }
        if route.template.starts_with("//") {
            return Err(Reason::Path("it begins with `//`".to_owned()));
        }
        for pair in query
            .unwrap_or("")
            .split('&')
            .filter(|pair| !pair.is_empty())
        {
            route.pair(pair, described);
        }
        Ok(route)
    }

    fn pair(&mut self, pair: &str, described: &BTreeSet<&str>) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let braced = value
            .strip_prefix('{')
            .and_then(|value| value.strip_suffix('}'));
        match braced {
            Some(inner) => {
                let inner = meant(inner, described);
                self.moved.insert(inner.to_owned(), name.to_owned());
            }
            // A template within a value cannot be kept; its parameter is described as one of the query.
            None if value.contains('{') || name.contains('{') => {}
            None => self.query.push((name.to_owned(), value.to_owned())),
        }
    }
}

/// At the `?` outside braces: `{?x}` is a template's own.
fn split_query(path: &str) -> (&str, Option<&str>) {
    let mut depth = 0_usize;
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'?' if depth == 0 => return (&path[..at], Some(&path[at + 1..])),
            _ => {}
        }
    }
    (path, None)
}

fn unbalanced(path: &str) -> Reason {
    Reason::Path(format!(
        "the braces of `{}` do not pair",
        crate::text::line(path, 200)
    ))
}

/// The parameter a name in braces means: `{+name}` and `{name*}` are RFC 6570's spellings.
fn meant<'p>(written: &'p str, described: &BTreeSet<&str>) -> &'p str {
    if described.contains(written) {
        return written;
    }
    let bare = written
        .trim_start_matches(['+', '#', '.', '/', ';', '?', '&'])
        .trim_end_matches('*');
    bare.split('=').next().unwrap_or(bare).trim()
}

enum Piece<'p> {
    Literal(&'p str),
    Name(&'p str),
}

fn pieces(path: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = path;
    while let Some(open) = rest.find(['{', '}']) {
        let (literal, braced) = rest.split_at(open);
        let (name, after) = braced.strip_prefix('{')?.split_once('}')?;
        if name.contains('{') {
            return None;
        }
        pieces.push(Piece::Literal(literal));
        pieces.push(Piece::Name(name));
        rest = after;
    }
    pieces.push(Piece::Literal(rest));
    Some(pieces)
}

/// What is no `pchar` (RFC 3986) percent-encoded; escapes that are there stay.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/:@-._~!$&'()*+,;=%".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The pattern a manifest asks for: a segment with a parameter in it is `*`, the rest is written decoded.
pub(crate) fn pattern(template: &str) -> String {
    let mut masked = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((literal, braced)) = rest.split_once('{') {
        masked.push_str(literal);
        masked.push('\0');
        rest = braced.split_once('}').map_or("", |(_, after)| after);
    }
    masked.push_str(rest);
    let segments: Vec<String> = masked
        .split('/')
        .map(|segment| {
            if segment.contains('\0') {
                "*".to_owned()
            } else {
                decoded(segment)
            }
        })
        .collect();
    segments.join("/")
}

fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let byte = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{Route, pattern};

    #[test]
    fn odd_paths_become_templates() {
        let described = ["id", "d"].into_iter().collect();
        for (path, template, expected) in [
            ("/a/{id}", "/a/{id}", "/a/*"),
            ("/a b/{id}.json", "/a%20b/{id}.json", "/a b/*"),
            ("/v1/{+id}:cancel", "/v1/{id}:cancel", "/v1/*"),
            ("/#Action=List", "/", "/"),
            ("/x?Action=List&d={d}", "/x", "/x"),
            ("/{id}/{id}/", "/{id}/{id}/", "/*/*/"),
        ] {
            let route = Route::of(path, &described).unwrap();
            assert_eq!(
                (route.template.as_str(), pattern(&route.template).as_str()),
                (template, expected),
                "{path}"
            );
        }
        let route = Route::of("/x?Action=List&at={d}", &described).unwrap();
        assert_eq!(route.query, [("Action".to_owned(), "List".to_owned())]);
        assert_eq!(route.moved["d"], "at");
        for bad in ["/{", "/a}", "/{a{b}}", "/{}", "//x"] {
            assert!(Route::of(bad, &described).is_err(), "{bad}");
        }
    }
}
