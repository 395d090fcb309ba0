//! Files stay short enough to be read in one sitting.

use crate::tree;

/// Lines of code, without blank ones and comments.
const MAX_LINES: usize = 400;

/// Files that may be longer, each with its reason.
const JUSTIFIED: [(&str, &str); 0] = [];

fn lines_of_code(file: &str) -> usize {
    let text = tree::read(file);
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

#[test]
fn no_file_is_long_without_a_reason() {
    for file in tree::files("rs") {
        let lines = lines_of_code(&file);
        let justified = JUSTIFIED.iter().any(|(path, _)| *path == file);
        assert!(
            lines <= MAX_LINES || justified,
            "{file} has {lines} lines of code: give it a sibling (or a reason, in {})",
            file!()
        );
    }
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
