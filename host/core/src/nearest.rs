//! Finds the word somebody probably meant.

/// Edits allowed per this many characters of the word; beyond it, a guess confuses more than it helps.
const CHARACTERS_PER_EDIT: usize = 3;

/// Words longer than this are not compared: edit distance is quadratic and the input is untrusted.
const MAX_WORD_CHARACTERS: usize = 128;

/// The candidate closest to `word`, when one is close enough to be worth suggesting.
///
/// Case and the difference between `-` and `_` count for nothing. Ties go to the first candidate, so the answer
/// does not depend on anything but the arguments.
///
/// ```
/// use metier_core::nearest::nearest;
/// assert_eq!(nearest("capabilites", ["skill", "capabilities"]), Some("capabilities"));
/// assert_eq!(nearest("zebra", ["skill", "capabilities"]), None);
/// ```
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let wanted = folded(word)?;
    let longest_walk = (wanted.chars().count() / CHARACTERS_PER_EDIT).max(1);
    let mut best: Option<(usize, &'c str)> = None;
    for candidate in candidates {
        let Some(offered) = folded(candidate) else {
            continue;
        };
        let distance = strsim::damerau_levenshtein(&wanted, &offered);
        if distance <= longest_walk && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn folded(word: &str) -> Option<String> {
    let fits = word.chars().nth(MAX_WORD_CHARACTERS).is_none();
    fits.then(|| word.to_lowercase().replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn suggests_what_was_meant() {
        let keys = ["skill", "tools", "capabilities", "limits", "pricing"];
        for (word, meant) in [
            ("capability", Some("capabilities")),
            ("capabilites", Some("capabilities")),
            ("Limits", Some("limits")),
            ("tool", Some("tools")),
            ("sklil", Some("skill")),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, keys), meant, "{word}");
        }
    }

    #[test]
    fn folds_case_and_separators_and_breaks_ties_by_order() {
        assert_eq!(nearest("TOKEN_URL", ["token-url"]), Some("token-url"));
        assert_eq!(nearest("bat", ["cat", "hat"]), Some("cat"));
    }

    #[test]
    fn very_long_words_are_not_compared() {
        let long = "a".repeat(100_000);
        assert_eq!(nearest(&long, [long.as_str()]), None);
    }
}
