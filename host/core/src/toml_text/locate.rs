//! Where something stands in a text that was read before.

use toml::de::{DeTable, DeValue};

use super::{Position, Source};

/// One step on the way to a place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The key of a table.
    Key(String),
    /// An item of a list, or one of several tables `[[name]]`, from 0.
    Index(usize),
}

impl From<&str> for Part {
    fn from(key: &str) -> Self {
        Part::Key(key.to_owned())
    }
}

impl From<usize> for Part {
    fn from(index: usize) -> Self {
        Part::Index(index)
    }
}

/// Where `path` stands in `text`; what is not written is where the last part of the way that is written stands.
///
/// ```
/// use metier_core::toml_text::locate;
/// let text = "[a]\nb = 1\n";
/// let place = locate(text, &["a".into(), "b".into(), "c".into()]);
/// assert_eq!(place.map(|place| (place.line, place.column)), Some((2, 1)));
/// ```
pub fn locate(text: &str, path: &[Part]) -> Option<Position> {
    let source = Source::new(text);
    let root = DeTable::parse(source.text()).ok()?;
    let mut found = None;
    let mut table = Some(root.get_ref());
    let mut list = None;
    for part in path {
        let (offset, value) = match (part, table, list) {
            (Part::Key(key), Some(table), _) => {
                let Some((key, value)) = table.get_key_value(key.as_str()) else {
                    break;
                };
                (key.span().start, value)
            }
            (Part::Index(index), _, Some(items)) => {
                let items: &toml::de::DeArray<'_> = items;
                let Some(value) = items.get(*index) else {
                    break;
                };
                (value.span().start, value)
            }
            _ => break,
        };
        found = Some(offset);
        (table, list) = match value.get_ref() {
            DeValue::Table(inner) => (Some(inner), None),
            DeValue::Array(inner) => (None, Some(inner)),
            _ => (None, None),
        };
    }
    found.map(|offset| source.position(offset))
}
