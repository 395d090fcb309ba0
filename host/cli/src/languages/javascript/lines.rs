//! Where the lines of a bundle come from.
//!
//! The bundler writes a source map (revision 3); what a stack trace needs of it are lines only, so it is boiled down to runs
//! of bundle lines that follow each other in one source file. They travel behind the bundle, and
//! `src/metier/stack.js` reads them when something is thrown.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct SourceMap {
    sources: Vec<String>,
    mappings: String,
}

/// Runs of lines, counted from 1.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lines {
    sources: Vec<String>,
    /// First line in the bundle, how many, source, first line in it.
    runs: Vec<[i64; 4]>,
}

/// Boils down the source map beside a bundle in `folder`; sources are named as seen from `root`.
pub fn read(map: &[u8], folder: &Path, root: &Path) -> Option<Lines> {
    let map: SourceMap = serde_json::from_slice(map).ok()?;
    let named = map
        .sources
        .iter()
        .map(|source| name(&folder.join(source), root));
    let mut lines = Lines {
        sources: named.collect(),
        runs: Vec::new(),
    };
    let mut state = State::default();
    for (at, line) in (1..).zip(map.mappings.split(';')) {
        if let Some((source, original)) = state.first(line) {
            lines.push(at, source, original + 1);
        }
    }
    Some(lines)
}

impl Lines {
    fn push(&mut self, at: i64, source: i64, line: i64) {
        if let Some([start, length, same, first]) = self.runs.last_mut()
            && (*start + *length, *same, *first + *length) == (at, source, line)
        {
            *length += 1;
            return;
        }
        self.runs.push([at, 1, source, line]);
    }

    /// The statement that goes behind the bundle.
    pub fn statement(&self) -> String {
        let table = serde_json::to_string(self).unwrap_or_default();
        format!("\nglobalThis.__metier_lines = {table};\n")
    }
}

/// As seen from the project; a package's file from `node_modules`, wherever that lies: no path of this machine gets into a skill.
fn name(path: &Path, root: &Path) -> String {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => _ = plain.pop(),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    let plain = plain
        .strip_prefix(root)
        .unwrap_or(&plain)
        .to_string_lossy()
        .into_owned();
    match plain.rfind("node_modules/") {
        Some(at) => plain[at..].to_owned(),
        None => plain,
    }
}

/// Fields of a mapping are relative to the one before, across lines.
#[derive(Default)]
struct State {
    source: i64,
    line: i64,
}

impl State {
    /// The source and line (from 0) of the first mapped column of a bundle line.
    fn first(&mut self, line: &str) -> Option<(i64, i64)> {
        let mut first = None;
        for segment in line.split(',') {
            if let [_, source, original, ..] = vlq(segment)[..] {
                self.source += source;
                self.line += original;
                first.get_or_insert((self.source, self.line));
            }
        }
        first
    }
}

/// Base64 digits of five bits and a continuation bit, the sign in the lowest bit of the value.
fn vlq(segment: &str) -> Vec<i64> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut values, mut value, mut shift) = (Vec::new(), 0_i64, 0_u32);
    for digit in segment.bytes() {
        let Some(digit) = DIGITS.iter().position(|other| *other == digit) else {
            return values;
        };
        value |= (digit as i64 & 31).checked_shl(shift).unwrap_or_default();
        shift += 5;
        if digit & 32 == 0 {
            values.push(if value & 1 == 1 {
                -(value >> 1)
            } else {
                value >> 1
            });
            (value, shift) = (0, 0);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    use super::{read, vlq};

    #[test]
    fn numbers_are_read_as_the_format_says() {
        assert_eq!(vlq("AAgBC"), [0, 0, 16, 1]);
        assert_eq!(vlq("D"), [-1]);
        assert_eq!(vlq("gkxH"), [123_456]);
    }

    #[test]
    fn lines_that_follow_each_other_are_one_run() {
        let map = br#"{"version":3,"sources":["../src/skill.ts","../../other/node_modules/a/i.js"],
            "mappings":";AAEA;AACA,IAAI;;ACDA"}"#;
        let lines = read(map, Path::new("/p/build"), Path::new("/p")).unwrap();
        assert_eq!(lines.sources, ["src/skill.ts", "node_modules/a/i.js"]);
        assert_eq!(lines.runs, [[2, 2, 0, 3], [5, 1, 1, 3]]);
    }
}
