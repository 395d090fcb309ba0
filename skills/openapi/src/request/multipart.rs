//! `multipart/form-data` (RFC 7578), with names escaped as browsers do.

use super::body::Built;

/// One part.
pub struct Part {
    /// The field's name.
    pub name: String,
    /// The file's name, when it is a file.
    pub file_name: Option<String>,
    /// Its `Content-Type`; text needs none.
    pub media_type: Option<String>,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// The parts as a body, between lines that are in none of them. The same parts always make the same bytes.
pub fn built(media_type: &str, parts: &[Part]) -> Built {
    let boundary = boundary(parts);
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(head(&boundary, part).as_bytes());
        bytes.extend_from_slice(&part.bytes);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Built {
        media_type: format!("{media_type}; boundary={boundary}"),
        bytes,
    }
}

fn head(boundary: &str, part: &Part) -> String {
    let file_name = part
        .file_name
        .as_deref()
        .map(|name| format!("; filename=\"{}\"", quoted(name)));
    let media_type = part
        .media_type
        .as_deref()
        .map(|media_type| format!("Content-Type: {media_type}\r\n"));
    format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"{}\r\n{}\r\n",
        quoted(&part.name),
        file_name.unwrap_or_default(),
        media_type.unwrap_or_default(),
    )
}

fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The first of `metier-0`, `metier-1` … that no part contains.
fn boundary(parts: &[Part]) -> String {
    let is_free = |boundary: &String| {
        !parts
            .iter()
            .any(|part| contains(&part.bytes, boundary.as_bytes()))
    };
    let mut boundaries = (0_u64..).map(|number| format!("metier-{number}"));
    // Each one in use takes bytes of a part, so there is a free one.
    boundaries.find(is_free).unwrap_or_default()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
