//! From paths that were used to the patterns that mean them and little else.

use std::collections::BTreeSet;

/// The pattern of one path. A segment no pattern can spell becomes `*`.
pub fn pattern(segments: &[String]) -> String {
    let spelt = |segment: &String| match segment.contains(['*', '%', '?', '#']) {
        true => "*".to_owned(),
        false => segment.clone(),
    };
    let spelt: Vec<String> = segments.iter().map(spelt).collect();
    format!("/{}", spelt.join("/"))
}

/// The patterns of several: two or more that differ in exactly one segment, and are otherwise equal, become one with `*` there.
/// One that already has a `*` is not made wider still.
pub fn generalised(paths: &BTreeSet<String>) -> Vec<String> {
    let mut left: Vec<Vec<&str>> = paths.iter().map(|path| path.split('/').collect()).collect();
    let mut patterns = BTreeSet::new();
    while let Some(first) = left.pop() {
        let alike = |place: usize, other: &[&str]| {
            let differs = |at: usize| first[at] != other[at];
            first.len() == other.len() && (0..first.len()).all(|at| differs(at) == (at == place))
        };
        // A segment that may be empty is none that `*` could stand for.
        let places = (1..first.len()).filter(|place| !first[*place].is_empty());
        let best = places
            .map(|place| {
                (
                    left.iter()
                        .filter(|other| alike(place, other) && !other[place].is_empty())
                        .count(),
                    place,
                )
            })
            .filter(|(count, _)| *count > 0)
            .max_by_key(|(count, place)| (*count, *place));
        match best {
            None => drop(patterns.insert(first.join("/"))),
            Some((_, place)) => {
                left.retain(|other| !alike(place, other) || other[place].is_empty());
                let mut wide = first;
                wide[place] = "*";
                patterns.insert(wide.join("/"));
            }
        }
    }
    patterns.into_iter().collect()
}
