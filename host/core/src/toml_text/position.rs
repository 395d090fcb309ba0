//! Where in a text something stands.

use std::{fmt, ops::Deref};

/// A place in a text; both numbers begin at 1, the column counts characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A value and the line it was written on, so that later checks can point at it.
///
/// Two are equal when their values are: where something was written does not change what it means.
#[derive(Clone, Debug, Default)]
pub struct Located<T> {
    /// What was written.
    pub value: T,
    /// The line it stands on, from 1; 0 when it was not read from a text.
    pub line: usize,
}

impl<T> Located<T> {
    /// A value written on this line.
    pub const fn new(value: T, line: usize) -> Self {
        Located { value, line }
    }
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Located<T> {}
