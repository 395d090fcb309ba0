//! Any type and any text: what decodes means the same when it was written again.
#![no_main]

#[path = "../properties/json_values.rs"]
mod json_values;
#[expect(
    dead_code,
    unused_imports,
    reason = "the runtime's module, of which this tries the half without a component"
)]
#[path = "../../host/runtime/src/values/mod.rs"]
mod values;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    json_values::check(bytes);
});
