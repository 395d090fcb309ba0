//! A well-behaved skill that uses every capability: one tool per use, one module per capability.

mod files;
mod output;
mod storage;
mod system;
mod web;

mod bindings {
    wit_bindgen::generate!({
        path: ["../../../wit", "wit"],
        world: "metier-test:capabilities/capabilities",
        generate_all,
        pub_export_macro: true,
    });
}

use bindings::metier::skill::types::Error;

struct Capabilities;

bindings::export!(Capabilities with_types_in bindings);
