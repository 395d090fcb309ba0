//! The operations of a description: found, named, and made into what a call needs.

mod answer;
mod arguments;
mod body;
mod file;
mod flat;
mod form;
mod list;
mod make;
mod media;
mod names;
mod parameter;
mod path;
mod words;

pub(crate) use list::Finder;
pub use list::{Listed, Listing, Unfound};
pub use make::Made;
pub(crate) use make::make;
pub use names::MAX_TOOL_NAME;
pub(crate) use path::{encoded, pattern};
