//! Any text that may have a secret in it.
#![no_main]

#[path = "../properties/secrets.rs"]
mod property;
#[expect(
    dead_code,
    reason = "the market's module, which is used for more than this"
)]
#[path = "../../host/market/src/secrets/mod.rs"]
mod secrets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    property::check(bytes);
});
