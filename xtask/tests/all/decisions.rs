//! Decision records are numbered without gaps and say where they stand.

use crate::tree;

#[test]
fn decision_records_are_numbered_and_have_the_sections_of_the_template() {
    let records: Vec<String> = tree::files("md")
        .into_iter()
        .filter(|file| file.starts_with("docs/decisions/"))
        .collect();
    for (number, file) in records.iter().enumerate() {
        let prefix = format!("docs/decisions/{number:04}-");
        assert!(
            file.starts_with(&prefix),
            "{file}: the next number is {number:04}"
        );
        let text = tree::read(file);
        for section in ["- Status: ", "## Context", "## Decision", "## Consequences"] {
            assert!(text.contains(section), "{file} lacks `{section}`");
        }
    }
}
