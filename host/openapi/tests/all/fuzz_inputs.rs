//! What the fuzzer started from and what it found, run through the same property as under `cargo xtask fuzz`.
#![expect(clippy::unwrap_used, reason = "tests")]

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
            println!("{}", path.display());
            accepted += usize::from(openapi::check(&fs::read(path).unwrap()));
        }
    }
    assert!(accepted >= 8);
}
