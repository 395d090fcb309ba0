//! Patterns: those a validator can use.

use regress::{Flags, Regex};

/// Largest count of repetitions: engines unroll them, and beyond this some refuse. `maxLength` says the same for nothing.
const MAX_REPETITIONS: u32 = 1000;

/// Whether the text is a pattern by ECMA-262 with the `u` flag, as JSON Schema asks, and small enough to be compiled.
pub(super) fn is_usable(pattern: &str) -> bool {
    let flags = Flags {
        unicode: true,
        ..Flags::default()
    };
    !has_large_counts(pattern)
        && !has_surrogates(pattern)
        && Regex::from_unicode(pattern.chars().map(u32::from), flags).is_ok()
}

/// `{n}`, `{n,}` or `{n,m}` with a number that is too large.
fn has_large_counts(pattern: &str) -> bool {
    pattern.split('{').skip(1).any(|after| {
        let counts = after.split('}').next().unwrap_or("");
        let is_count = counts
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b',');
        let is_large = |count: &str| {
            !count.is_empty()
                && count
                    .parse::<u32>()
                    .map_or(true, |count| count > MAX_REPETITIONS)
        };
        is_count && counts.split(',').any(is_large)
    })
}

/// `\uD800` to `\uDFFF`: halves of characters, which no text in UTF-8 has and not every engine reads.
fn has_surrogates(pattern: &str) -> bool {
    pattern.split("\\u").skip(1).any(|after| {
        let digits = after.as_bytes().get(..2).unwrap_or_default();
        matches!(
            digits,
            [b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F']
        )
    })
}

#[cfg(test)]
mod tests {
    use super::is_usable;

    #[test]
    fn patterns_no_engine_takes_are_told_from_those_it_does() {
        for good in [
            "^[a-z]{1,64}$",
            "^(?!x)a+",
            r"^\p{L}+$",
            r"^\d{4}-\d{2}$",
            "a{x}b".trim_end_matches("{x}b"),
        ] {
            assert!(is_usable(good), "{good}");
        }
        for bad in [
            "[",
            "a{2,1}",
            r"^[\w-.]+$",
            "(?i)x",
            r"\p{LD}",
            ".{0,262144}",
            "^.{99999999999}$",
            "*",
            r"[\uD800\uDBFF-\uDC00\uDFFF]*",
        ] {
            assert!(!is_usable(bad), "{bad}");
        }
    }
}
