//! WIT types ⇄ JSON Schema 2020-12 ⇄ component values, for every WIT type that is plain data.
//!
//! A [`Shape`] is a WIT type compiled once, when a skill is loaded. From it come the JSON Schema a model reads
//! ([`Shape::schema`]), the values a guest is called with ([`Shape::decode`]) and the JSON of what it returns
//! ([`Shape::encode`]). A [`FunctionShape`] does the same for a whole exported function. Nothing here needs an engine.
//!
//! | WIT | JSON |
//! |---|---|
//! | `bool`, `string`, `char` | boolean, string, string of exactly one Unicode scalar value |
//! | `s8`…`u32` | integer in range |
//! | `s64`, `u64` | integer up to ±(2⁵³−1), decimal string beyond; both are accepted everywhere in range |
//! | `f32`, `f64` | number; `"NaN"`, `"Infinity"`, `"-Infinity"` |
//! | `list<u8>` | standard base64, padded |
//! | `list<T>`, `list<T, N>` | array; array of exactly N |
//! | `map<string, V>`, `map<K, V>` | object; array of `[key, value]`. Doubled keys are refused in, last wins out |
//! | `record` | object; `option` fields may be left out |
//! | `tuple` | array with one schema per place |
//! | `variant`, `enum` | `"case"` or `{"case": payload}`; `"case"` |
//! | `flags` | array of different names |
//! | `option<T>` | `T` or null; `{"some": T}` or null where `T` itself may be null |
//! | `result<T, E>` | `{"ok": T}` or `{"err": E}`, null for a missing payload; unwrapped as a function's result |
//! | resources, streams, futures, `error-context` | refused when the skill is loaded ([`ShapeError`]) |
//!
//! Names stay as WIT writes them (kebab-case). Value → JSON → value is the identity, and whatever is produced
//! validates against the schema.
//!
//! ```
//! use metier_runtime::values::{DEFAULT_VALUE_MEMORY, Shape};
//!
//! let filter = Shape::record([("soql", Shape::String), ("limit", Shape::option(Shape::U32))]);
//! let value = filter.decode(r#"{"soql": "SELECT Id FROM Account"}"#, DEFAULT_VALUE_MEMORY)?;
//! assert_eq!(filter.encode(&value, 1_000)?, r#"{"soql":"SELECT Id FROM Account","limit":null}"#);
//!
//! let wrong = filter.decode(r#"{"soql": "", "limit": "ten"}"#, DEFAULT_VALUE_MEMORY).unwrap_err();
//! assert_eq!(
//!     wrong.to_string(),
//!     r#"at $.limit: expected an integer between 0 and 4294967295 or null, found the string "ten""#,
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decode;
mod encode;
mod error;
mod function;
mod load;
mod map_key;
mod names;
mod nearest;
mod schema;
mod shape;
mod skill_error;

#[cfg(test)]
mod tests;

pub use decode::DEFAULT_VALUE_MEMORY;
pub use encode::EncodeError;
pub use error::ValueError;
pub use function::{ErrorShape, FunctionShape, ResultShape, Returned};
pub use load::{MAX_DEPTH, MAX_NAME_BYTES, MAX_NODES, ShapeBudget, ShapeError};
pub use names::Names;
pub use schema::{Docs, SCHEMA_DIALECT};
pub use shape::{Case, Field, MapShape, RecordShape, ResultPair, Shape, VariantShape};
pub use skill_error::SkillError;
