//! Words with where they are: what the index has instead of columns.

use std::collections::BTreeSet;

use crate::{
    search::{Facet, SearchEntry},
    words,
};

/// Where a word is. What is in a narrower place is in the wider ones, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the name.
    Name,
    /// In the name or the description.
    Description,
    /// Anywhere.
    Anywhere,
}

impl Place {
    fn mark(self) -> char {
        match self {
            Place::Name => 'n',
            Place::Description => 'd',
            Place::Anywhere => 'a',
        }
    }

    /// The word as the index has it.
    pub fn of(self, word: &str) -> String {
        format!("{}:{word}", self.mark())
    }
}

/// A facet as the index has it: its value in hexadecimal digits, so that nothing in it is split.
pub fn facet(facet: Facet, value: &str) -> String {
    let mut word = format!("{}:", facet.name());
    for byte in value.bytes() {
        word.push_str(&format!("{byte:02x}"));
    }
    word
}

/// All that a skill has, each once.
pub fn of_entry(entry: &SearchEntry) -> BTreeSet<String> {
    let mut marks = BTreeSet::new();
    for (text, places) in [
        (
            entry.name.as_str(),
            &[Place::Name, Place::Description, Place::Anywhere][..],
        ),
        (&entry.description, &[Place::Description, Place::Anywhere]),
        (&entry.words, &[Place::Anywhere]),
    ] {
        for word in words::words(text) {
            marks.extend(places.iter().map(|place| place.of(&word)));
        }
    }
    let facets = entry.facets.iter();
    marks.extend(facets.map(|(kind, value)| facet(*kind, value)));
    marks
}
