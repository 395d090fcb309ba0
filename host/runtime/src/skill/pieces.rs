//! The sections of a component, one after the other, without what is inside the modules and components in it.
//!
//! An interpreter has ten thousands of functions, and nobody who asks for sections wants to step through them.

use std::ops::Range;

use wasmparser::{Chunk, Parser, Payload};

use super::sections::SectionError;

/// One section.
pub(super) struct Piece<'b> {
    /// What it is.
    pub payload: Payload<'b>,
    /// Where it stands, from the byte that says what it is to its last.
    pub range: Range<usize>,
    /// The bytes of the module or component it is.
    pub inside: Option<&'b [u8]>,
}

/// The sections of `bytes`, up to their end or the first that is damaged.
pub(super) fn pieces(bytes: &[u8]) -> Pieces<'_> {
    Pieces {
        bytes,
        parser: Parser::new(0),
        start: Some(0),
    }
}

pub(super) struct Pieces<'b> {
    bytes: &'b [u8],
    parser: Parser,
    /// Where the next begins.
    start: Option<usize>,
}

impl<'b> Iterator for Pieces<'b> {
    type Item = Result<Piece<'b>, SectionError>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.start.take()?;
        let piece = self.at(start);
        if let Ok(piece) = &piece
            && !matches!(piece.payload, Payload::End(_))
        {
            self.start = Some(piece.range.end);
        }
        Some(piece)
    }
}

impl<'b> Pieces<'b> {
    fn at(&mut self, start: usize) -> Result<Piece<'b>, SectionError> {
        let cut_off = || SectionError::Damaged("it ends too early".to_owned());
        let rest = self.bytes.get(start..).unwrap_or_default();
        let (payload, consumed) = match self.parser.parse(rest, true) {
            Ok(Chunk::Parsed { consumed, payload }) => (payload, consumed),
            Ok(Chunk::NeedMoreData(_)) => return Err(cut_off()),
            Err(error) => return Err(SectionError::Damaged(error.message().to_owned())),
        };
        let inside = match length_inside(&payload) {
            Some(length) => Some(rest.get(consumed..consumed + length).ok_or_else(cut_off)?),
            None => None,
        };
        let end = start + consumed + inside.map_or(0, <[u8]>::len);
        Ok(Piece {
            payload,
            range: start..end,
            inside,
        })
    }
}

fn length_inside(payload: &Payload<'_>) -> Option<usize> {
    match payload {
        Payload::ModuleSection {
            unchecked_range, ..
        }
        | Payload::ComponentSection {
            unchecked_range, ..
        } => Some(unchecked_range.len()),
        _ => None,
    }
}
