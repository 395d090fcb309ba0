//! Long lists, a page at a time.

use rmcp::{ErrorData, model::PaginatedRequestParams};

/// Most entries of a page.
const PAGE: usize = 500;

/// Longest cursor, in bytes: it is the name of an entry.
const MAX_CURSOR: usize = 4 << 10;

/// The page that is asked for of entries in the order of their keys, and where the next one begins.
///
/// A cursor is the key of the last entry of the page before, so that an entry that comes or goes meanwhile moves no other.
pub fn page<T>(
    mut all: Vec<T>,
    request: Option<PaginatedRequestParams>,
    key: impl Fn(&T) -> &str,
) -> Result<(Vec<T>, Option<String>), ErrorData> {
    all.sort_by(|one, other| key(one).cmp(key(other)));
    if let Some(cursor) = request.and_then(|request| request.cursor) {
        if cursor.len() > MAX_CURSOR {
            let message = "The cursor is none that was handed out: list from the beginning.";
            return Err(ErrorData::invalid_params(message, None));
        }
        let start = all.partition_point(|entry| key(entry) <= cursor.as_str());
        all.drain(..start);
    }
    if all.len() <= PAGE {
        return Ok((all, None));
    }
    all.truncate(PAGE);
    let next = all.last().map(|last| key(last).to_owned());
    Ok((all, next))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use rmcp::model::PaginatedRequestParams;

    use super::{PAGE, page};

    #[test]
    fn pages_make_up_the_whole_in_order() {
        let all: Vec<String> = (0..PAGE * 2 + 7).rev().map(|n| format!("{n:06}")).collect();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let request = PaginatedRequestParams::default().with_cursor(cursor);
            let (entries, next) = page(all.clone(), Some(request), String::as_str).unwrap();
            seen.extend(entries);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        let mut sorted = all;
        sorted.sort();
        assert_eq!(seen, sorted);
    }

    #[test]
    fn a_cursor_nobody_handed_out_is_refused() {
        let cursor = Some("x".repeat(100_000));
        let request = PaginatedRequestParams::default().with_cursor(cursor);
        let listed = page(vec![String::new()], Some(request), String::as_str);
        assert!(listed.is_err());
    }
}
