//! What the fuzzer started from and what it found, run through the same property as under `cargo xtask fuzz`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{fs, path::Path};

#[path = "../../../../fuzz/properties/openapi.rs"]
mod openapi;

#[test]
fn descriptions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut accepted = 0;
    for folder in [
        "fuzz/seeds/openapi",
        "fuzz/regressions/openapi",
        "tests/corpus/openapi",
    ] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let held = std::panic::catch_unwind(|| openapi::check(&bytes));
            let was = held.unwrap_or_else(|_| panic!("does not hold for {}", path.display()));
            accepted += usize::from(was);
        }
    }
    assert!(accepted >= 8);
}
