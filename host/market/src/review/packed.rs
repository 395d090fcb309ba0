//! Packed files that a reader cannot look into.
//!
//! Nothing is unpacked here. Of a zip archive its directory says how large everything becomes; a directory that lies is found by
//! whoever unpacks it, within the limits of the sandbox.

use super::report::Findings;
use crate::consent::Contents;

/// How a kind of file begins, and what it is.
const ARCHIVES: [(&[u8], &str); 8] = [
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"BZh", "bzip2 data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x04\x22\x4d\x18", "lz4 data"),
    (b"\x1f\x9d", "compressed data"),
];

/// How programs begin.
const PROGRAMS: [(&[u8], &str); 8] = [
    (b"\x7fELF", "a program for Linux"),
    (b"MZ", "a program for Windows"),
    (b"\0asm", "another WebAssembly program"),
    (b"\xcf\xfa\xed\xfe", "a program for macOS"),
    (b"\xfe\xed\xfa\xcf", "a program for macOS"),
    (b"\xca\xfe\xba\xbe", "a program for macOS or Java"),
    (b"#!", "a script that runs by itself"),
    (b"dex\n", "a program for Android"),
];

/// Documents that are zip archives.
const DOCUMENTS: [&str; 8] = [
    ".docx", ".xlsx", ".pptx", ".potx", ".odt", ".ods", ".odp", ".epub",
];

/// How a zip archive begins.
const ZIP: &[u8] = b"PK\x03\x04";

/// An entry in its directory, the bytes up to the name, and where in them the numbers are.
const ENTRY: &[u8] = b"PK\x01\x02";
const ENTRY_BYTES: usize = 46;

/// Most times as large as packed: documents of text are twenty.
const MAX_RATIO: u64 = 100;

/// Most bytes an archive may become.
const MAX_UNPACKED: u64 = 256 << 20;

pub(super) fn check(contents: &Contents, findings: &mut Findings) {
    for (path, bytes) in contents.files() {
        if bytes.starts_with(ZIP) {
            zip(path, bytes, findings);
        }
        let begins = |kinds: &[(&[u8], &'static str)]| {
            kinds
                .iter()
                .find(|(magic, _)| bytes.starts_with(magic))
                .map(|(_, what)| *what)
        };
        if let Some(what) = begins(&ARCHIVES) {
            findings.add("packed/archive", path, &format!("it is {what}"));
        }
        // Scripts in `scripts` are where they belong, and are read as words.
        if let Some(what) = begins(&PROGRAMS)
            .filter(|_| !(bytes.starts_with(b"#!") && path.starts_with("scripts/")))
        {
            findings.add("packed/program", path, &format!("it is {what}"));
        }
    }
}

fn zip(path: &str, bytes: &[u8], findings: &mut Findings) {
    let directory = entries(bytes);
    let unpacked = directory
        .iter()
        .fold(0_u64, |sum, entry| sum.saturating_add(entry.unpacked));
    let size = bytes.len() as u64;
    if unpacked > MAX_UNPACKED || unpacked > size.saturating_mul(MAX_RATIO) {
        let evidence = format!("{size} bytes become {unpacked}");
        return findings.add("packed/bomb", path, &evidence);
    }
    let nested = directory.iter().find(|entry| {
        let name = entry.name.to_ascii_lowercase();
        [".zip", ".gz", ".xz", ".7z", ".rar", ".zst", ".bz2", ".jar"]
            .iter()
            .any(|end| name.ends_with(end))
    });
    let lower = path.to_ascii_lowercase();
    let document = DOCUMENTS.iter().any(|end| lower.ends_with(end));
    match nested {
        Some(inner) => findings.add(
            "packed/archive",
            path,
            &format!("it is an archive with an archive in it: {}", inner.name),
        ),
        None if directory.is_empty() => findings.add(
            "packed/archive",
            path,
            "it is an archive without a directory",
        ),
        None if !document => findings.add("packed/archive", path, "it is a zip archive"),
        None => {}
    }
}

struct Entry {
    name: String,
    unpacked: u64,
}

/// What the directory lists. Sizes beyond 4 GiB (zip64) are written as all ones, which is more than is allowed.
fn entries(bytes: &[u8]) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = find(&bytes[at..], ENTRY) {
        let entry = &bytes[at + next..];
        at += next + ENTRY.len();
        let (Some(size), Some(length)) = (entry.get(24..28), entry.get(28..30)) else {
            break;
        };
        let unpacked = size
            .iter()
            .rev()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let length = length
            .iter()
            .rev()
            .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        let name = entry
            .get(ENTRY_BYTES..ENTRY_BYTES + length)
            .unwrap_or_default();
        found.push(Entry {
            name: String::from_utf8_lossy(name).into_owned(),
            unpacked,
        });
    }
    found
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
