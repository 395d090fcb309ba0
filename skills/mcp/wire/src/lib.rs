//! What a client of an MCP server writes and reads over Streamable HTTP, and the plan of an attached server.
//!
//! | module | what |
//! |---|---|
//! | [`plan`] | `assets/server.json` of a skill: where the server is, how it is spoken to, and its tools as they were attached |
//! | [`revision`] | the revisions of the protocol that are spoken |
//! | [`request`] | a message as the header and body of a `POST` |
//! | [`reply`] | the answer to one message, out of JSON or a stream of events |
//!
//! `metier attach` writes a plan; the component in `skills/mcp` reads it. Both speak to the server with the same words.
//!
//! *Architecture invariant*: nothing here does IO, and nothing but serde and base64 is needed.

pub mod plan;
pub mod reply;
pub mod request;
pub mod revision;
pub mod sse;

pub use plan::{Plan, PlanError, RESOURCE};
pub use reply::{Reply, RpcError, Unreadable};
pub use request::{Outgoing, Way};
pub use revision::Revision;
