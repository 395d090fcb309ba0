//! What of a file is compiled: everything but the sections that are Metier's own.
//!
//! Packing puts custom sections behind a component and changes nothing else, so the bare component, the packed skill and
//! every other skill around the same component have the same code. Exactly these bytes are compiled, and the code cache
//! names its entries by them: a file that is cut up in an odd way can only ever find the code of what was left of it.
//! The skill's identity stays the digest of the whole file.

use std::borrow::Cow;
use std::ops::Range;

use metier_core::package::section;
use wasmparser::Payload;

use super::{pieces::pieces, sections::SectionError};

/// A component without its own sections of ours, at the top level and by their exact names.
pub struct Code<'c> {
    /// What is left of it, in order.
    pieces: Vec<&'c [u8]>,
}

impl<'c> Code<'c> {
    /// The code in `component`, which is not copied.
    ///
    /// # Errors
    /// [`SectionError::Damaged`] when the bytes are no whole component.
    pub fn of(component: &'c [u8]) -> Result<Code<'c>, SectionError> {
        let mut pieces = Vec::new();
        let mut kept = 0;
        for section in ours(component)? {
            pieces.push(&component[kept..section.start]);
            kept = section.end;
        }
        pieces.push(&component[kept..]);
        Ok(Code { pieces })
    }

    /// BLAKE3 over it.
    pub fn hash(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        for piece in &self.pieces {
            hasher.update(piece);
        }
        hasher.finalize()
    }

    /// All of it. Borrowed when it is in one piece.
    pub fn bytes(&self) -> Cow<'c, [u8]> {
        match self.pieces.as_slice() {
            [whole] => Cow::Borrowed(whole),
            pieces => Cow::Owned(pieces.concat()),
        }
    }
}

/// Where our sections lie, from the byte that says "custom section" to the last byte of the data, in order.
fn ours(component: &[u8]) -> Result<Vec<Range<usize>>, SectionError> {
    let mut ours = Vec::new();
    for piece in pieces(component) {
        let piece = piece?;
        if let Payload::CustomSection(section) = &piece.payload
            && section::ALL.contains(&section.name())
        {
            ours.push(piece.range);
        }
    }
    Ok(ours)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use metier_core::package::section;

    use super::Code;

    const COMPONENT: &str = r#"(component
        (core module $m (@custom "metier:manifest" "in a module") (func (export "seven") (result i32) i32.const 7))
        (component (@custom "metier:tools" "in a component"))
        (core instance $i (instantiate $m))
        (func (export "seven") (result u32) (canon lift (core func $i "seven"))))"#;

    fn of(component: &[u8]) -> Result<Vec<u8>, super::SectionError> {
        let code = Code::of(component)?;
        assert_eq!(code.hash(), blake3::hash(&code.bytes()));
        Ok(code.bytes().into_owned())
    }

    fn component() -> Vec<u8> {
        wat::parse_str(COMPONENT).unwrap()
    }

    fn custom(name: &str, data: &[u8]) -> Vec<u8> {
        let section = wasm_encoder::CustomSection {
            name: name.into(),
            data: data.into(),
        };
        let mut encoder = wasm_encoder::Component::new();
        encoder.section(&section);
        encoder.finish()[8..].to_vec()
    }

    #[test]
    fn our_sections_are_cut_out_wherever_they_stand() {
        let bare = component();
        let (header, body) = bare.split_at(8);
        let [manifest, tools, skill_md, resources] =
            section::ALL.map(|name| custom(name, &vec![b'x'; 300]));
        let behind = [&bare[..], &manifest, &tools, &skill_md, &resources].concat();
        let before = [header, &resources, &manifest, body].concat();
        let around = [header, &tools, body, &skill_md].concat();
        for packed in [behind, before, around] {
            assert_eq!(of(&packed).unwrap(), bare);
        }
        assert_eq!(of(&bare).unwrap(), bare);
    }

    /// What wasmtime, or a later version of it, might look at stays in what the entry is named by.
    #[test]
    fn everything_else_is_code() {
        let bare = component();
        for name in [
            "name",
            "producers",
            "metier:manifest ",
            "metier:Manifest",
            "metier:",
            "acme:x",
        ] {
            let other = [&bare[..], &custom(name, b"metier:manifest")].concat();
            assert_eq!(of(&other).unwrap(), other, "{name}");
        }
        let nested = of(&bare).unwrap();
        for words in ["in a module", "in a component"] {
            let mut found = nested.windows(words.len());
            assert!(found.any(|window| window == words.as_bytes()), "{words}");
        }
    }

    /// A length may be written with more bytes than it needs: the section goes with all of them.
    #[test]
    fn a_section_with_a_wasteful_length_goes_whole() {
        let name = section::MANIFEST;
        let size = u8::try_from(1 + name.len() + 3).unwrap();
        let mut wasteful = vec![0, size | 0x80, 0x80, 0x80, 0x80, 0x00];
        wasteful.push(u8::try_from(name.len()).unwrap());
        wasteful.extend_from_slice(name.as_bytes());
        wasteful.extend_from_slice(b"abc");
        let packed = [&component()[..], &wasteful].concat();
        assert_eq!(of(&packed).unwrap(), component());
    }

    #[test]
    fn what_is_no_whole_component_is_refused() {
        let bare = component();
        assert!(of(&bare[..bare.len() - 1]).is_err());
        assert!(of(&[&bare[..], b"\0\x05"].concat()).is_err());
        assert!(of(b"").is_err());
    }
}
