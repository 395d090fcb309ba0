//! From paths that were used to the patterns that mean them and little else.

use std::collections::BTreeSet;

use metier_core::http::PathPattern;

/// The pattern of one path. A segment no pattern can spell becomes `*`.
pub fn pattern(segments: &[String]) -> String {
    let spelt = |segment: &String| match segment.contains(['*', '%', '?', '#']) {
        true => "*".to_owned(),
        false => segment.clone(),
    };
    let spelt: Vec<String> = segments.iter().map(spelt).collect();
    format!("/{}", spelt.join("/"))
}

/// The patterns of several: two or more that differ in exactly one segment, are otherwise equal, and have an id there, become
/// one with `*`. Words that differ are different things to do: `query` and `search` stay two. A pattern that already has a `*` is
/// not made wider still. What another pattern means already is left out.
pub fn generalised(paths: &BTreeSet<String>) -> Vec<String> {
    let mut left: Vec<Vec<&str>> = paths.iter().map(|path| path.split('/').collect()).collect();
    let mut patterns = BTreeSet::new();
    while let Some(first) = left.pop() {
        let alike = |place: usize, other: &[&str]| {
            let differs = |at: usize| first[at] != other[at];
            first.len() == other.len() && (0..first.len()).all(|at| differs(at) == (at == place))
        };
        let places = (1..first.len()).filter(|place| is_id(first[*place]));
        let best = places
            .map(|place| {
                (
                    left.iter()
                        .filter(|other| alike(place, other) && is_id(other[place]))
                        .count(),
                    place,
                )
            })
            .filter(|(count, _)| *count > 0)
            .max_by_key(|(count, place)| (*count, *place));
        match best {
            None => drop(patterns.insert(first.join("/"))),
            Some((_, place)) => {
                left.retain(|other| !alike(place, other) || !is_id(other[place]));
                let mut wide = first;
                wide[place] = "*";
                patterns.insert(wide.join("/"));
            }
        }
    }
    needed(patterns)
}

/// Those no other covers.
fn needed(patterns: BTreeSet<String>) -> Vec<String> {
    let read = |pattern: &String| pattern.parse::<PathPattern>().ok();
    let covers = |wide: &String, narrow: &String| {
        wide != narrow
            && read(wide)
                .zip(read(narrow))
                .is_some_and(|(wide, narrow)| wide.covers(&narrow))
    };
    let is_needed = |pattern: &&String| !patterns.iter().any(|other| covers(other, pattern));
    patterns.iter().filter(is_needed).cloned().collect()
}

/// Fewest characters of hexadecimal digits, or of a token a quarter of which is digits: `v60.0` and `oauth2` are words.
const MIN_TOKEN: usize = 8;
/// Fewest characters of a token in capitals and small letters with two digits: `Base64Decode` is a word, a Salesforce id is none.
const MIN_MIXED: usize = 15;

/// Whether a segment is the name of one thing among many, and not a word of the API: `7`, a UUID, hexadecimal digits, a Salesforce
/// id, `ABC-12`, `C024BE91L`.
fn is_id(segment: &str) -> bool {
    let count = |test: fn(&u8) -> bool| segment.bytes().filter(test).count();
    let digits = count(u8::is_ascii_digit);
    let plain = segment
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    let cased = count(u8::is_ascii_uppercase) > 0 && count(u8::is_ascii_lowercase) > 0;
    let dense = segment.len() >= MIN_TOKEN && digits * 4 >= segment.len();
    let mixed = segment.len() >= MIN_MIXED && cased && digits >= 2;
    let is_hex = segment.len() >= MIN_TOKEN && count(u8::is_ascii_hexdigit) == segment.len();
    is_uuid(segment)
        || digits > 0
            && (digits == segment.len() || is_hex || is_key(segment) || plain && (dense || mixed))
}

/// Five groups of hexadecimal digits.
fn is_uuid(segment: &str) -> bool {
    let groups: Vec<&str> = segment.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let hex = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(hex)
}

/// Capitals, a hyphen and a number: `ABC-12`.
fn is_key(segment: &str) -> bool {
    segment.rsplit_once('-').is_some_and(|(project, number)| {
        let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let begins = project
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_uppercase());
        let number_is = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        begins && project.bytes().all(capital) && number_is
    })
}
