//! Names and identifiers, checked once where they enter and trusted from there on.
//!
//! Each is a newtype made by `FromStr`, `TryFrom<String>` or serde, so that holding one proves it is well formed.
//! All are cheap to clone: the text is shared, the digest is 32 bytes.

mod digest;
mod name;
mod skill_name;
#[cfg(test)]
mod tests;
mod tool_ref;

pub use digest::{Digest, InvalidDigest};
pub use name::{
    BucketName, CallId, ConfigKey, CredentialName, InvalidName, PrincipalId, RouteName, TenantId,
    ToolName,
};
pub use skill_name::{InvalidSkillName, SkillName};
pub use tool_ref::{InvalidToolRef, ToolRef};

/// Longest piece of somebody else's text quoted in a sentence, in characters.
const MAX_SHOWN_CHARACTERS: usize = 80;

/// Untrusted text made fit to be quoted in one sentence: no control or invisible characters, and not endless.
pub fn shown(text: &str) -> String {
    shown_up_to(text, MAX_SHOWN_CHARACTERS)
}

/// The same, at most `max` characters long.
pub(crate) fn shown_up_to(text: &str, max: usize) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == max {
            shown.push('…');
            break;
        }
        shown.push(if is_plain(character) {
            character
        } else {
            '\u{fffd}'
        });
    }
    shown
}

/// Neither control nor one of the characters that hide or reorder text.
pub(crate) fn is_plain(character: char) -> bool {
    !(character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'))
}
