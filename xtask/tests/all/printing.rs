//! Only programs print.

use crate::tree;

/// The lints deny printing; only a program may lift them, and never a library.
#[test]
fn no_library_lifts_the_lints_against_printing() {
    let libraries = ["host/core/", "host/runtime/", "host/market/"];
    for file in tree::files("rs") {
        if libraries.iter().any(|folder| file.starts_with(folder)) {
            let text = tree::read(&file);
            for lint in ["print_stdout", "print_stderr"] {
                assert!(!text.contains(lint), "{file} lifts {lint}");
            }
        }
    }
}

/// `unsafe` is lifted in no crate but the runtime, where mapping compiled code needs it. Tests may: an allocator that
/// counts is `unsafe` to write, and ships to nobody.
#[test]
fn unsafe_code_is_lifted_in_the_runtime_only() {
    let is_shipped = |file: &String| file.starts_with("host/") && file.contains("/src/");
    let lifted: Vec<_> = tree::files("rs")
        .into_iter()
        .filter(|file| is_shipped(file) && !file.starts_with("host/runtime/"))
        .filter(|file| tree::read(file).contains("unsafe_code"))
        .collect();
    assert!(lifted.is_empty(), "{lifted:?}");
}
