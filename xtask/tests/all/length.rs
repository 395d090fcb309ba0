//! Files stay short enough to be read in one sitting.

use crate::tree;

/// Lines of code, without blank ones and comments.
const MAX_LINES: usize = 400;

/// Files that may be longer, each with its reason.
const JUSTIFIED: [(&str, &str); 1] = [(
    "tests/emulators/salesforce/src/soql/tests.rs",
    "the dialect, as one list of queries and answers",
)];

fn lines_of_code(file: &str) -> usize {
    let text = tree::read(file);
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

#[test]
fn no_file_is_long_without_a_reason() {
    let is_justified = |file: &str| JUSTIFIED.iter().any(|(path, _)| *path == file);
    let files = tree::files("rs").into_iter();
    let long: Vec<_> = files
        .map(|file| (lines_of_code(&file), file))
        .filter(|(lines, file)| *lines > MAX_LINES && !is_justified(file))
        .collect();
    assert!(
        long.is_empty(),
        "give these a sibling, or a reason in {}: {long:?}",
        file!()
    );
}

#[test]
fn every_justification_is_still_needed() {
    for (file, reason) in JUSTIFIED {
        assert!(
            lines_of_code(file) > MAX_LINES,
            "{file} is short again; drop «{reason}»"
        );
    }
}
