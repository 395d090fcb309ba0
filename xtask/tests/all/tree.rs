//! The checkout: its files and their texts.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The text of a file, by its path below the root.
pub fn read(file: &str) -> String {
    let path = root().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| unreadable(&path, &error))
}

/// Every file with this extension, by its path below the root, sorted. Build output and hidden folders are left out.
pub fn files(extension: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !is_ignored(&path) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|is| is == extension) {
                found.push(below_root(&path));
            }
        }
    }
    found.sort();
    found
}

fn is_ignored(folder: &Path) -> bool {
    let name = folder.file_name().unwrap().to_string_lossy();
    // A nested target folder, what npm installed, or what cargo marked as a cache.
    name.starts_with('.')
        || name == "target"
        || name == "node_modules"
        || folder.join("CACHEDIR.TAG").exists()
}

fn below_root(path: &Path) -> String {
    let relative: PathBuf = path.strip_prefix(root()).unwrap().to_owned();
    relative.to_string_lossy().replace('\\', "/")
}

#[expect(clippy::panic, reason = "a test that cannot read its input has failed")]
fn unreadable(path: &Path, error: &std::io::Error) -> ! {
    panic!("{}: {error}", path.display())
}
