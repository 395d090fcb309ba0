//! All generated bindings, under short names.

#![expect(
    missing_docs,
    reason = "generated from wit/skill.wit, which carries the documentation"
)]
wasmtime::component::bindgen!({
    inline: "
        package metier:host;
        world imports {
            import metier:skill/types@0.1.0;
            import metier:skill/artifacts@0.1.0;
            import metier:skill/progress@0.1.0;
            import metier:skill/resources@0.1.0;
            import metier:skill/fetch@0.1.0;
            import metier:skill/denials@0.1.0;
            import metier:skill/model@0.1.0;
            import metier:skill/calls@0.1.0;
            import wasi:keyvalue/store@0.2.0-draft;
            import wasi:keyvalue/atomics@0.2.0-draft;
            import wasi:keyvalue/batch@0.2.0-draft;
            import wasi:config/store@0.2.0-rc.1;
            import wasi:logging/logging@0.1.0-draft;
            export metier:skill/tools@0.1.0;
        }
    ",
    path: "../../wit",
    world: "metier:host/imports",
    imports: {
        "metier:skill/fetch": async | trappable,
        "metier:skill/artifacts": async | trappable,
        "metier:skill/model": async | trappable,
        "metier:skill/calls": async | trappable,
        "wasi:keyvalue": async | trappable,
        default: trappable,
    },
    with: {
        "metier:skill/artifacts.reader": crate::capabilities::artifacts::Reader,
        "metier:skill/artifacts.writer": crate::capabilities::artifacts::Writer,
        "wasi:keyvalue/store.bucket": crate::capabilities::kv::Bucket,
    },
    require_store_data_send: true,
});

pub use exports::metier::skill::tools::Tool;
pub use metier::skill::{artifacts, calls, denials, fetch, model, progress, resources, types};
pub use wasi::{config, keyvalue, logging};
