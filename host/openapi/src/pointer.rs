//! Places in a description, written as JSON pointers (RFC 6901) only when somebody has to read them.

use std::fmt;

/// A place, as a chain of steps from the root. Lives on the stack: a million schemas are walked and few are complained about.
#[derive(Clone, Copy)]
pub(crate) enum Place<'p> {
    /// A pointer written before.
    At(&'p str),
    /// A member of an object.
    Member(&'p Place<'p>, &'p str),
    /// An item of an array.
    Item(&'p Place<'p>, usize),
}

impl<'p> Place<'p> {
    pub(crate) fn member(&'p self, name: &'p str) -> Place<'p> {
        Place::Member(self, name)
    }

    pub(crate) fn item(&'p self, index: usize) -> Place<'p> {
        Place::Item(self, index)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::At(pointer) => f.write_str(pointer),
            Place::Member(parent, name) => write!(f, "{parent}/{}", escaped(name)),
            Place::Item(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}

/// A member's name as one token of a pointer.
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_is_a_pointer() {
        let root = Place::At("/paths");
        let path = root.member("/a~b/{id}");
        assert_eq!(path.item(3).to_string(), "/paths/~1a~0b~1{id}/3");
    }
}
