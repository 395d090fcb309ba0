//! Shows a tool's answer to a person.
//!
//! [`mod@view`] decides what an answer is — a table, a list of fields, a text — by its shape alone; [`mod@draw`] puts that on a
//! stream of some width. Neither knows the tool.

mod cell;
mod draw;
mod numbers;
#[cfg(test)]
mod tests;
mod view;

pub use cell::Cell;
pub use draw::{draw, pairs};
pub use numbers::{bytes, count, duration};
pub use view::{Table, View, view};
