//! What an answer is, from its `content-type` and, where that says nothing, its first bytes.

/// A media type this skill can read, or the name of one it cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    essence: String,
    charset: Option<String>,
}

impl MediaType {
    /// Of an answer.
    pub fn of(header: Option<&str>, body: &[u8]) -> MediaType {
        let Some(header) = header.filter(|header| !header.trim().is_empty()) else {
            return MediaType::guess(body);
        };
        let mut parts = header.split(';');
        let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let charset = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']);
            (name.trim().eq_ignore_ascii_case("charset")).then(|| value.to_owned())
        });
        MediaType { essence, charset }
    }

    /// As a browser would, roughly.
    fn guess(body: &[u8]) -> MediaType {
        let begins = body.trim_ascii_start().first() == Some(&b'<');
        let essence = match (begins, body.contains(&0)) {
            (true, _) => "text/html",
            (false, false) => "text/plain",
            (false, true) => "application/octet-stream",
        };
        MediaType {
            essence: essence.to_owned(),
            charset: None,
        }
    }

    /// Without parameters, in lower case.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// The character encoding the server named.
    pub fn charset(&self) -> Option<&str> {
        self.charset.as_deref()
    }

    /// Whether it is HTML.
    pub fn is_html(&self) -> bool {
        matches!(self.essence(), "text/html" | "application/xhtml+xml")
    }

    /// Whether its text is its content.
    pub fn is_text(&self) -> bool {
        let essence = self.essence();
        essence.starts_with("text/")
            || matches!(
                essence,
                "application/json" | "application/xml" | "application/javascript"
            )
            || essence.ends_with("+json")
            || essence.ends_with("+xml")
    }
}
