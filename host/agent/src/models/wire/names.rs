//! Ids and names from one provider, fit for another.
//!
//! What a model wrote goes back into every later request. An id or a tool name that one provider made up and another
//! does not accept would make the conversation unusable for ever.

use sha2::{Digest, Sha256};

/// Longest name of a tool and id of a call that every provider accepts.
const MAX_BYTES: usize = 64;

/// A call's id: itself where everybody accepts it, else a digest of it, the same each time.
pub fn call_id(id: &str) -> String {
    if is_plain(id) {
        return id.to_owned();
    }
    format!("call_{}", &hex(&Sha256::digest(id.as_bytes()))[..24])
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A tool's name: itself, or without what nobody accepts. A model that calls a tool that is not there writes anything.
pub fn tool_name(name: &str) -> String {
    if is_plain(name) {
        return name.to_owned();
    }
    let plain = name
        .chars()
        .map(|letter| if is_word(letter) { letter } else { '_' });
    let plain: String = plain.take(MAX_BYTES).collect();
    if plain.is_empty() {
        "unnamed".to_owned()
    } else {
        plain
    }
}

fn is_plain(text: &str) -> bool {
    (1..=MAX_BYTES).contains(&text.len()) && text.chars().all(is_word)
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_accepts_stays() {
        assert_eq!(call_id("toolu_01-A"), "toolu_01-A");
        assert_eq!(tool_name("jira_search"), "jira_search");
    }

    #[test]
    fn what_nobody_accepts_is_replaced_and_stays_apart() {
        let (one, two) = (call_id("a.b"), call_id("a:b"));
        assert!(is_plain(&one) && is_plain(&two) && one != two);
        assert!(is_plain(&call_id(&"x".repeat(65))));
        assert_eq!(tool_name("rm -rf /"), "rm_-rf__");
        assert_eq!(tool_name(""), "unnamed");
        assert_eq!(tool_name(&"x".repeat(65)).len(), 64);
    }
}
