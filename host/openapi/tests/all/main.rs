//! What a description becomes, through the crate's own doors.

mod bad_input;
mod credentials;
mod fuzz_inputs;
mod goldens;
mod properties;
mod schemas;
mod support;
