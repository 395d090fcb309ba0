//! What a memory is found by: words, the same in both engines.

use crate::{limits::MAX_SEARCH_WORDS, types::Memo};

/// Longest word that counts, in characters; the rest of a longer one is cut off.
const MAX_WORD: usize = 64;

/// The words of a text: letters and digits of any script, in lower case.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|c: char| !c.is_alphanumeric());
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(|part| {
        part.to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric())
            .take(MAX_WORD)
            .collect()
    })
}

/// Everything a memory is found by.
pub fn of_memo(memo: &Memo) -> Vec<String> {
    let tags = memo.tags.iter().flat_map(|tag| words(tag));
    words(&memo.text).chain(tags).collect()
}

/// The words of a query, each once.
pub fn of_query(query: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in words(query) {
        if !found.contains(&word) {
            found.push(word);
        }
        if found.len() == MAX_SEARCH_WORDS {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_words() {
        let words = |text| words(text).collect::<Vec<_>>().join("|");
        assert_eq!(
            words("Q3: \"Große\" re-org; 50% NEAR(x) '"),
            "q3|große|re|org|50|near|x"
        );
        assert_eq!(words("\0 -- * ^"), "");
        assert_eq!(words(&"a".repeat(100)), "a".repeat(MAX_WORD));
    }
}
