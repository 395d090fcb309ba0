//! From an OpenAPI description to a skill without code.
//!
//! ```
//! use metier_openapi::{Document, Listing, convert};
//! let text = r#"
//! openapi: 3.1.0
//! info: {title: Pets, version: "1"}
//! servers: [{url: "https://api.pets.example/v1"}]
//! paths:
//!   /pets/{id}:
//!     get:
//!       operationId: getPet
//!       parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
//! "#;
//! let document = Document::parse(text.as_bytes())?;
//! let listing = Listing::of(&document);
//! let conversion = convert(&document, &listing.operations);
//! let tool = &conversion.operations[0].operation;
//! assert_eq!((tool.tool.as_str(), tool.path.as_str()), ("getPet", "/pets/{id}"));
//! assert_eq!(tool.input_schema["required"][0], "id");
//! # Ok::<(), metier_openapi::DocumentError>(())
//! ```
//!
//! A description is read as the tree it is and never trusted to be right: an operation converts, or a [`Problem`] says precisely
//! why not and where. Everything is bounded: bytes and nesting of the text, parts of a schema, operations of a skill. Nothing is
//! fetched: a reference out of the file is a problem of the operation that needs it.
//!
//! # Architecture invariant
//! This crate never does IO, never reads a clock and runs no guest: a description comes in as bytes, a skill goes out as texts, and
//! the same bytes always give the same texts. `xtask/tests/all/dependencies.rs` holds that.
//!
//! # Reading order
//! [`document`] reads and follows references; [`operation`] lists operations and makes one; [`schema`] translates schemas;
//! [`server`] and [`security`] say where and as whom; [`select`] is what an author changes; [`skill`] writes the files.

pub mod document;
mod pointer;
pub mod problem;

pub mod operation;
pub mod schema;
pub mod security;
pub mod server;

mod convert;
pub mod select;
pub mod skill;

pub mod text;

pub use convert::{Conversion, convert, convert_at};
pub use document::{Document, DocumentError};
pub use operation::{Listed, Listing, Made};
pub use problem::{Problem, Reason};
pub use select::{SelectError, Selection};
pub use server::Server;
