//! Custom sections at the end of a component.

use wasm_encoder::{Component, CustomSection};
use wasmparser::{Parser, Payload};

/// The first of our sections a component already carries.
pub(super) fn ours(component: &[u8]) -> Option<String> {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component).map_while(Result::ok) {
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section)
                if depth == 0 && section.name().starts_with("metier:") =>
            {
                return Some(section.name().to_owned());
            }
            _ => {}
        }
    }
    None
}

/// `component` with `sections` behind it, in the order given.
pub(super) fn append(mut component: Vec<u8>, sections: &[(&str, Option<Vec<u8>>)]) -> Vec<u8> {
    let header = Component::new().finish().len();
    for (name, data) in sections {
        let Some(data) = data else { continue };
        let mut encoder = Component::new();
        encoder.section(&CustomSection {
            name: (*name).into(),
            data: data.into(),
        });
        component.extend_from_slice(&encoder.finish()[header..]);
    }
    component
}
