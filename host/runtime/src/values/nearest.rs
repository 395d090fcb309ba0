//! The name somebody probably meant.

/// Names compared per error: enough for any real record, and a hostile type cannot make one error slow.
const MAX_CANDIDATES: usize = 256;

/// Longer names than this, in bytes, are not typed by hand and not compared: the distance costs the product of the lengths.
const MAX_NAME: usize = 64;

/// The candidate closest to `wrong`, when it is close enough to be a slip.
///
/// Case and `_` for `-` do not count: `created_at` finds `created-at`.
pub(super) fn nearest<'a>(
    wrong: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    if wrong.is_empty() || wrong.len() > MAX_NAME {
        return None;
    }
    let wrong = plain(wrong);
    let allowed = (wrong.len() / 3).max(1);
    candidates
        .take(MAX_CANDIDATES)
        .filter(|name| name.len() <= MAX_NAME)
        .map(|name| (distance(&wrong, &plain(name)), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

fn plain(name: &str) -> Vec<char> {
    name.chars()
        .map(|c| {
            if c == '_' {
                '-'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}

/// Edits to get from one to the other, a swap of neighbours counting once (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let names = ["limit", "soql", "created-at", "b"];
        for (wrong, meant) in [
            ("limt", Some("limit")),
            ("lmiit", Some("limit")),
            ("Created_At", Some("created-at")),
            ("a", Some("b")),
            ("offset", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, names.into_iter()), meant, "{wrong}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), names.into_iter()), None);
    }
}
