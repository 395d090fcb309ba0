//! A text whose places are found without walking it from the start each time.

use super::Position;

/// A text, and where its lines begin.
///
/// Every table and key of a text is located, and the text is somebody else's: counting lines from the start for each
/// would cost the square of its length, minutes for one of [`MAX_TEXT_BYTES`](super::MAX_TEXT_BYTES).
pub(crate) struct Source<'t> {
    text: &'t str,
    /// The byte offset of each line after the first, ascending.
    later_lines: Vec<usize>,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let newlines = text.match_indices('\n');
        Source {
            text,
            later_lines: newlines.map(|(offset, _)| offset + 1).collect(),
        }
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// The line of a byte offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.later_lines.partition_point(|start| *start <= offset) + 1
    }

    /// The place of a byte offset. The column is counted through its line: for errors only.
    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.line(offset);
        let start = line
            .checked_sub(2)
            .map_or(0, |later| self.later_lines[later]);
        let before = self.text.get(start..offset).unwrap_or(&self.text[start..]);
        Position {
            line,
            column: before.chars().count() + 1,
        }
    }
}
