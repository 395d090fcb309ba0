//! Is what was built still what the folder says?

use std::{fs, path::Path, time::SystemTime};

/// Folders that hold what tools make, and fixtures, which are read from the folder as they are.
pub const NOT_SOURCE: [&str; 8] = [
    "dist",
    "target",
    "node_modules",
    "build",
    "fixtures",
    ".git",
    "__pycache__",
    ".zig-cache",
];

/// Deepest folder that is looked into; deeper ones are somebody's data.
const MAX_DEPTH: usize = 16;

/// Whether the skill in `dist/` is younger than every source. What cannot be read is taken for changed.
pub fn is_fresh(folder: &Path) -> bool {
    let Some(built) = newest(&folder.join("dist"), MAX_DEPTH) else {
        return false;
    };
    newest(folder, 0).is_some_and(|source| source < built)
}

/// When anything below last changed.
fn newest(folder: &Path, depth: usize) -> Option<SystemTime> {
    let mut newest = None;
    for entry in fs::read_dir(folder).ok()? {
        let entry = entry.ok()?;
        let made = NOT_SOURCE.iter().any(|name| entry.file_name() == *name);
        let kind = entry.file_type().ok()?;
        let changed = if kind.is_dir() {
            if made || depth >= MAX_DEPTH {
                continue;
            }
            self::newest(&entry.path(), depth + 1)
        } else {
            Some(entry.metadata().ok()?.modified().ok()?)
        };
        newest = newest.max(changed);
    }
    newest
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::{
        fs::{self, File},
        time::{Duration, SystemTime},
    };

    use super::is_fresh;

    #[test]
    fn a_younger_source_makes_it_stale_and_a_younger_fixture_does_not() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        let at = |path: &str, seconds: u64| {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            File::create(path).unwrap().set_modified(time).unwrap();
        };
        at("skill.toml", 10);
        at("src/lib.rs", 10);
        assert!(!is_fresh(folder), "nothing is built");
        at("dist/x.wasm", 20);
        at("fixtures/zen.json", 30);
        at("target/debug/x", 30);
        assert!(is_fresh(folder));
        at("src/deep/er.rs", 30);
        assert!(!is_fresh(folder));
    }
}
