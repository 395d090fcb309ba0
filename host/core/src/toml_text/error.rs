//! A mistake in a manifest or grant.

use super::Position;

/// A mistake in a manifest or grant, told by place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {message}")]
pub struct TextError {
    position: Position,
    message: String,
    hint: Option<String>,
}

impl TextError {
    pub(crate) fn new(position: Position, message: impl Into<String>) -> Self {
        TextError {
            position,
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn at_line(line: usize, message: impl Into<String>) -> Self {
        TextError::new(Position { line, column: 1 }, message)
    }

    pub(crate) fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// The same place, with other words.
    pub fn saying(mut self, message: impl std::fmt::Display) -> Self {
        self.message = message.to_string();
        self
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.position.line
    }

    /// The column in characters, from 1.
    pub fn column(&self) -> usize {
        self.position.column
    }

    /// What is wrong, in one sentence without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What was probably meant, or what to write instead.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}
