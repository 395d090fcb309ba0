//! What the test guests share: bindings to every import, and `wasi:http` without its ceremony.
//!
//! A component only carries the imports it uses, so depending on this adds no reach.

pub mod http;

/// Bindings to everything a skill may import.
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../../wit",
        world: "metier:skill/imports",
        generate_all,
    });
}

pub use bindings::metier::skill;
pub use bindings::wasi;
