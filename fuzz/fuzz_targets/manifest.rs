//! Any bytes as a `skill.toml` and as a grant file.
#![no_main]

#[path = "../properties/manifest.rs"]
mod manifest;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    manifest::check(bytes);
});
