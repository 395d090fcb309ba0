//! Any bytes as a request: whatever is allowed is what would be connected to.
#![no_main]

#[path = "../properties/url_policy.rs"]
mod url_policy;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    url_policy::check(bytes);
});
