//! The name somebody probably meant.

/// Edits allowed per this many characters; beyond it, a guess confuses more than it helps.
const CHARACTERS_PER_EDIT: usize = 3;

/// Longer words are not compared, in characters: edit distance is quadratic.
const MAX_CHARACTERS: usize = 64;

/// The candidate closest to `word`, when one is close enough. Case, `-` and `_` count for nothing.
pub fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let wanted = folded(word)?;
    let most = (wanted.chars().count() / CHARACTERS_PER_EDIT).max(1);
    candidates
        .filter_map(|candidate| {
            Some((
                strsim::damerau_levenshtein(&wanted, &folded(candidate)?),
                candidate,
            ))
        })
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn folded(word: &str) -> Option<String> {
    let short = word.chars().nth(MAX_CHARACTERS).is_none();
    short.then(|| word.to_lowercase().replace(['_', '-'], ""))
}
