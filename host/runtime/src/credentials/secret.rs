//! A secret value that cannot be printed.
//!
//! [`Secret`] has no `Display` and no `Serialize`, its `Debug` says `Secret(***)`, and its memory is wiped when the last
//! clone goes. The only way to the text is [`Secret::expose`]; a reviewer greps for that word.

use std::{fmt, sync::Arc};

use http::HeaderValue;
use zeroize::Zeroizing;

/// A text nobody may see: a token, a password, a private key in PEM form.
///
/// Clones share one allocation.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(Arc::new(Zeroizing::new(text.into())))
    }

    /// The text itself: for forming a request, never for a message.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `prefix` and the secret as a header value that hyper will not print either.
    ///
    /// # Errors
    /// [`NotVisible`] when a byte is not visible ASCII or a space: a line break would start a header of its own.
    pub fn header_value(&self, prefix: &str) -> Result<HeaderValue, NotVisible> {
        if !is_visible(self.expose()) {
            return Err(NotVisible);
        }
        let text = Zeroizing::new([prefix, self.expose()].concat());
        let mut value = HeaderValue::from_str(&text).map_err(|_| NotVisible)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// The secret holds a line break or another character that cannot be part of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret holds a line break or another invisible character")]
pub struct NotVisible;

/// Not empty, and nothing but visible ASCII and inner spaces.
fn is_visible(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && text
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::{NotVisible, Secret};

    #[test]
    fn debug_shows_nothing_and_header_values_are_sensitive() {
        let secret = Secret::new("s3cr3t");
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        let value = secret.header_value("Bearer ");
        assert!(
            value
                .as_ref()
                .is_ok_and(|value| value.is_sensitive() && value == "Bearer s3cr3t")
        );
        assert!(!format!("{value:?}").contains("s3cr3t"));
    }

    #[test]
    fn invisible_characters_never_reach_a_header() {
        for text in [
            "a\r\nX-Evil: 1",
            "a\nb",
            "a\0b",
            "tab\there",
            "ü",
            "",
            " padded ",
        ] {
            assert_eq!(
                Secret::new(text).header_value("").err(),
                Some(NotVisible),
                "{text:?}"
            );
        }
    }
}
