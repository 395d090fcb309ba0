//! The names of fields, cases and flags.

/// Names in the order they were declared, found in logarithmic time.
///
/// A record may have ten thousand fields; JSON in an unkind order must not cost the square of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    declared: Box<[Box<str>]>,
    sorted: Box<[u32]>,
    bytes: usize,
}

impl Names {
    /// Names in declaration order.
    pub fn new<N: Into<Box<str>>>(names: impl IntoIterator<Item = N>) -> Self {
        let declared: Box<[Box<str>]> = names.into_iter().map(Into::into).collect();
        let mut sorted: Vec<u32> = (0u32..).take(declared.len()).collect();
        sorted.sort_by(|a, b| declared[*a as usize].cmp(&declared[*b as usize]));
        let bytes = declared.iter().map(|name| name.len()).sum();
        Self {
            declared,
            sorted: sorted.into(),
            bytes,
        }
    }

    /// The place of `name`. `hint` is where it is expected: the next field, for JSON in declaration order.
    pub(crate) fn position(&self, name: &str, hint: usize) -> Option<usize> {
        if self
            .declared
            .get(hint)
            .is_some_and(|expected| **expected == *name)
        {
            return Some(hint);
        }
        let found = self
            .sorted
            .binary_search_by(|at| (*self.declared[*at as usize]).cmp(name));
        found.ok().map(|at| self.sorted[at] as usize)
    }

    /// Every name, in declaration order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.declared.iter().map(|name| &**name)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.declared.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.declared.is_empty()
    }

    /// The length of all names together, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}
