//! Conversions by table, by property and with real component types.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod components;
mod errors;
mod functions;
mod fuzz_inputs;
mod limits;
mod properties;
mod schemas;
mod table;

use wasmtime::component::Val;

use super::{DEFAULT_VALUE_MEMORY, Shape, ValueError};

/// Room for any result of a test, in bytes.
const ROOM: usize = 1 << 20;

fn decode(shape: &Shape, json: &str) -> Result<Val, ValueError> {
    shape.decode(json, DEFAULT_VALUE_MEMORY)
}

fn encode(shape: &Shape, value: &Val) -> String {
    shape.encode(value, ROOM).unwrap()
}

fn text(text: &str) -> Val {
    Val::String(text.to_owned())
}

fn some(value: Val) -> Val {
    Val::Option(Some(Box::new(value)))
}
