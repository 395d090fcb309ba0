//! Names: of tools, from `operationId` or method and path; of arguments, from whatever a parameter is called.

use std::collections::BTreeMap;

use super::Listed;

/// Longest tool name, in bytes: what model providers accept.
pub const MAX_TOOL_NAME: usize = 64;

/// Longest argument name, in bytes: what model providers accept.
const MAX_ARGUMENT_NAME: usize = 64;

/// Names every operation.
///
/// The first in the description keeps a name that several would have, later ones get `_2`, `_3` …: the same description
/// always gives the same names, whichever operations are chosen of it.
pub(super) fn assign(operations: &mut [Listed<'_>]) {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for operation in operations {
        operation.tool = unused(&mut taken, &wanted(operation), MAX_TOOL_NAME);
    }
}

/// The name, with the lowest number behind it that makes it new. Linear over all, as each name remembers its last number.
fn unused(taken: &mut BTreeMap<String, usize>, wanted: &str, max: usize) -> String {
    let mut name = wanted.to_owned();
    let mut number = taken.get(wanted).copied().unwrap_or(0);
    while taken.contains_key(&name) {
        number = number.max(1) + 1;
        let suffix = format!("_{number}");
        let kept = wanted.len().min(max - suffix.len());
        name = format!("{}{suffix}", &wanted[..kept]);
    }
    taken.insert(wanted.to_owned(), number.max(1));
    taken.entry(name.clone()).or_insert(1);
    name
}

/// The name an operation would have were it alone.
pub(super) fn wanted(operation: &Listed<'_>) -> String {
    let from_id = operation.id.map(clean).filter(|name| !name.is_empty());
    let name = from_id.unwrap_or_else(|| {
        let method = operation.method.to_ascii_lowercase();
        clean(&format!("{method} {}", operation.path))
    });
    fitted(name, MAX_TOOL_NAME)
}

/// The name of an argument for a parameter or field of this name.
pub(super) fn argument(name: &str) -> String {
    let cleaned = clean(name);
    if cleaned.is_empty() {
        "value".to_owned()
    } else {
        fitted(cleaned, MAX_ARGUMENT_NAME)
    }
}

/// Runs of anything but letters, digits, `-` and `_` become one `_`, and none at the ends.
fn clean(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let mut gap = false;
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || character == '-' || character == '_' {
            if gap && !name.is_empty() {
                name.push('_');
            }
            gap = false;
            name.push(character);
        } else {
            gap = true;
        }
    }
    name
}

/// Digits that tell long names with the same beginning apart.
const DIGEST_DIGITS: usize = 8;

/// A name that is too long keeps its beginning and gets a digest of the whole.
fn fitted(name: String, max: usize) -> String {
    if name.len() <= max {
        return name;
    }
    // FNV-1a: not against an adversary, only so that equal beginnings stay apart.
    let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let digest = name.bytes().fold(0x811c_9dc5, mix);
    let kept = &name[..max - DIGEST_DIGITS - 1];
    format!("{}_{digest:08x}", kept.trim_end_matches('_'))
}

#[cfg(test)]
mod tests {
    use super::{argument, clean, unused};

    #[test]
    fn names_are_plain_and_keep_what_can_be_kept() {
        for (text, name) in [
            ("getIssue", "getIssue"),
            ("repos/list-commits", "repos_list-commits"),
            ("calendar.events.list", "calendar_events_list"),
            ("get /pets/{petId}", "get_pets_petId"),
            ("  Größe & co ", "Gr_e_co"),
            ("日本", ""),
        ] {
            assert_eq!(clean(text), name, "{text}");
        }
        assert_eq!(argument("filter[name]"), "filter_name");
        assert_eq!(argument("$top"), "top");
        assert_eq!(argument("@@"), "value");
        let long = argument(&"x".repeat(200));
        assert_eq!(long.len(), 64);
        assert_ne!(long, argument(&"x".repeat(201)));
    }

    #[test]
    fn a_taken_name_gets_the_lowest_free_number() {
        let mut taken = Default::default();
        let names: Vec<String> = ["a", "a", "a_2", "a", "b"]
            .iter()
            .map(|name| unused(&mut taken, name, 64))
            .collect();
        assert_eq!(names, ["a", "a_2", "a_2_2", "a_3", "b"]);
        let long = "x".repeat(64);
        assert_eq!(unused(&mut taken, &long, 64), long);
        let second = unused(&mut taken, &long, 64);
        assert!(second.ends_with("_2") && second.len() == 64);
    }
}
