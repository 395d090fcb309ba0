//! What the fuzzer started from and what it found, run through the same property as under `cargo xtask fuzz`.

use std::fs;
use std::path::Path;

#[path = "../../../../../fuzz/properties/json_values.rs"]
mod json_values;

#[test]
fn json_and_types() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let mut accepted = 0;
    for folder in ["seeds/json_values", "regressions/json_values"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let holds = std::panic::catch_unwind(|| json_values::check(&bytes));
            let is_value = holds.unwrap_or_else(|_| panic!("does not hold for {}", path.display()));
            accepted += usize::from(is_value);
        }
    }
    assert!(accepted >= 15, "most seeds are values of their type");
}
