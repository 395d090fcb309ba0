//! Any bytes as a description of an API.
#![no_main]

#[path = "../properties/openapi.rs"]
mod openapi;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    openapi::check(bytes);
});
