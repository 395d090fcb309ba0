//! ARCHITECTURE.md's call path names files and functions that exist.

use crate::tree;

/// A row of the call path's table: the file and the item in it, both in backticks.
fn hops(document: &str) -> Vec<(String, String)> {
    let section = document.split("## The call path").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| "));
    rows.filter_map(|row| {
        let mut quoted = row.split('`').skip(1).step_by(2);
        Some((quoted.next()?.to_owned(), quoted.next()?.to_owned()))
    })
    .collect()
}

/// Hops that are written.
const HOPS: usize = 8;

#[test]
fn every_hop_of_the_call_path_exists() {
    let document = tree::read("ARCHITECTURE.md");
    let hops = hops(&document);
    assert_eq!(hops.len(), HOPS, "the table of the call path: {hops:?}");
    for (file, item) in hops {
        let source = tree::read(&file);
        let declared = ["fn ", "struct ", "enum ", "trait ", "mod "]
            .iter()
            .any(|keyword| {
                let declaration = format!("{keyword}{item}");
                source.match_indices(&declaration).any(|(at, _)| {
                    let after = source[at + declaration.len()..].chars().next();
                    !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
                })
            });
        assert!(declared, "ARCHITECTURE.md: {file} declares no `{item}`");
    }
}

#[test]
fn every_folder_of_the_code_map_exists() {
    let document = tree::read("ARCHITECTURE.md");
    let section = document.split("## Code map").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let mut seen = 0;
    for folder in rows.filter_map(|row| row.split('`').nth(1)) {
        assert!(
            tree::root().join(folder).exists(),
            "ARCHITECTURE.md: there is no {folder}"
        );
        seen += 1;
    }
    assert!(seen > 0, "the table of the code map has gone");
}
