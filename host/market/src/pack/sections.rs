//! Custom sections at the end of a component.

use wasm_encoder::{Component, CustomSection};
use wasmparser::{BinaryReader, BinaryReaderError, Parser, Payload};

/// Prefix of every section that is ours.
const PREFIX: &str = "metier:";

/// Bytes before the first section.
const HEADER: usize = 8;

/// The number of a custom section.
const CUSTOM: u8 = 0;

/// The first of our sections a component already carries.
pub(crate) fn ours(component: &[u8]) -> Option<String> {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component).map_while(Result::ok) {
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 && section.name().starts_with(PREFIX) => {
                return Some(section.name().to_owned());
            }
            _ => {}
        }
    }
    None
}

/// A skill without its sections of ours, and these in their order.
pub(crate) struct Split<'b> {
    pub component: Vec<u8>,
    pub sections: Vec<(&'b str, &'b [u8])>,
}

/// Takes our sections out of a skill. What is nested is inside a section and stays as it is.
pub(crate) fn split(skill: &[u8]) -> Result<Split<'_>, BinaryReaderError> {
    let mut reader = BinaryReader::new(skill, 0);
    let mut split = Split {
        component: reader.read_bytes(HEADER)?.to_vec(),
        sections: Vec::new(),
    };
    while !reader.eof() {
        let start = reader.current_position();
        let id = reader.read_u8()?;
        let length = reader.read_var_u32()? as usize;
        let body = reader.read_bytes(length)?;
        let mut inside = BinaryReader::new(body, 0);
        match (id == CUSTOM).then(|| inside.read_string()).transpose()? {
            Some(name) if name.starts_with(PREFIX) => {
                let data = &body[inside.current_position()..];
                split.sections.push((name, data));
            }
            _ => split
                .component
                .extend_from_slice(&skill[start..reader.current_position()]),
        }
    }
    Ok(split)
}

/// `component` with `sections` behind it, in the order given.
pub(crate) fn append(mut component: Vec<u8>, sections: &[(&str, Option<Vec<u8>>)]) -> Vec<u8> {
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
