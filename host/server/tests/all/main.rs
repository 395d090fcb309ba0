//! What the service and the server of `metier dev` answer, with listeners on loopback.
#![expect(clippy::unwrap_used, reason = "tests")]

mod api;
mod dev;
mod mcp;
mod scene;
mod wire;
