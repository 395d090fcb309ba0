//! What the service and the server of `metier dev` answer, with listeners on loopback.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod api;
mod bounds;
mod console;
mod dev;
mod hooks;
mod installs;
mod market;
mod mcp;
mod metrics;
mod narrow;
mod openai;
mod repeated;
mod runs;
mod scene;
mod tls;
mod tokens;
mod walk;
mod wire;
