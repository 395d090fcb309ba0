//! What an artifact is called and what it is: checked where they enter, because others will show and save them.

use super::ArtifactError;

/// Longest file name in bytes: what file systems take.
pub const MAX_NAME_BYTES: usize = 255;
/// Longest type and longest subtype in bytes (RFC 6838, section 4.2).
const MAX_TOKEN_BYTES: usize = 127;

/// A plain file name: it can be saved in any directory, and reads as what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<FileName> for String {
    fn from(text: FileName) -> String {
        text.0
    }
}

impl TryFrom<String> for FileName {
    type Error = ArtifactError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        match name_flaw(&name) {
            Some(flaw) => Err(ArtifactError::Invalid(flaw)),
            None => Ok(FileName(name)),
        }
    }
}

fn name_flaw(name: &str) -> Option<&'static str> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Some("a file name has 1 to 255 bytes");
    }
    if name == "." || name == ".." {
        return Some("`.` and `..` are directories, not file names");
    }
    if name.contains(['/', '\\']) {
        return Some("a file name has no `/` or `\\`: hand back a plain name, not a path");
    }
    name.contains(is_deceptive)
        .then_some("a file name has no control or invisible characters")
}

/// Control characters move a terminal's cursor; the others hide or reorder text, so that `fdp.exe` reads `exe.pdf`.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// `type/subtype` as RFC 6838 has them, without parameters, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType(String);

impl MediaType {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<MediaType> for String {
    fn from(text: MediaType) -> String {
        text.0
    }
}

impl TryFrom<String> for MediaType {
    type Error = ArtifactError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let good = text
            .split_once('/')
            .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
        match good {
            true => Ok(MediaType(text.to_ascii_lowercase())),
            false => Err(ArtifactError::Invalid(
                "a media type is `type/subtype` without parameters, such as `text/csv`",
            )),
        }
    }
}

fn is_token(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
    text.len() <= MAX_TOKEN_BYTES
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(plain)
}
