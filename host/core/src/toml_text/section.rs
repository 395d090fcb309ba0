//! A table read key by key, in which nothing is overlooked.

use std::fmt::Display;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Item, Located, MAX_TEXT_BYTES, Position, Source, TextError};
use crate::{ids::shown, nearest::nearest};

/// Parses the text and hands its root table to `read`; the root is finished afterwards.
pub fn parse<T>(
    text: &str,
    read: impl FnOnce(&mut Section<'_>) -> Result<T, TextError>,
) -> Result<T, TextError> {
    if text.len() > MAX_TEXT_BYTES {
        let message = format!("the text is longer than {MAX_TEXT_BYTES} bytes");
        return Err(TextError::new(Position { line: 1, column: 1 }, message));
    }
    let source = Source::new(text);
    let root = DeTable::parse(source.text()).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        TextError::new(source.position(offset), syntax_message(error.message()))
    })?;
    let mut section = Section::new(&source, String::new(), 0, root.into_inner());
    let value = read(&mut section)?;
    section.finish()?;
    Ok(value)
}

fn syntax_message(message: &str) -> String {
    format!(
        "this is not valid TOML: {}",
        message.trim().replace('\n', "; ")
    )
}

/// One table of the text, its known keys taken one after the other.
pub struct Section<'t> {
    source: &'t Source<'t>,
    /// The keys that lead here, with dots; empty for the root.
    name: String,
    /// Whether it is one of several, written `[[name]]`.
    repeated: bool,
    offset: usize,
    left: DeTable<'t>,
    known: Vec<&'static str>,
}

impl<'t> Section<'t> {
    pub(super) fn new(
        source: &'t Source<'t>,
        name: String,
        offset: usize,
        table: DeTable<'t>,
    ) -> Self {
        Section {
            source,
            name,
            repeated: false,
            offset,
            left: table,
            known: Vec::new(),
        }
    }

    /// The same section, as one of several.
    pub(super) fn repeated(mut self) -> Self {
        self.repeated = true;
        self
    }

    fn position(&self) -> Position {
        self.source.position(self.offset)
    }

    /// The value of a key, if it is there.
    pub fn take(&mut self, key: &'static str) -> Option<Item<'t>> {
        self.known.push(key);
        let (found, value) = self.left.remove_entry(key)?;
        Some(self.item(key, found.span().start, value))
    }

    fn item(&self, key: &str, key_offset: usize, value: Spanned<DeValue<'t>>) -> Item<'t> {
        Item::new(self.source, self.path_of(key), key_offset, value)
    }

    fn path_of(&self, key: &str) -> String {
        match self.name.as_str() {
            "" => key.to_owned(),
            name => format!("{name}.{key}"),
        }
    }

    /// The value of a key that must be there; `example` is a line to write.
    pub fn require(&mut self, key: &'static str, example: &str) -> Result<Item<'t>, TextError> {
        match self.take(key) {
            Some(item) => Ok(item),
            None => Err(self.missing(key, example)),
        }
    }

    /// The error for a key that is not there.
    pub fn missing(&self, key: &str, example: &str) -> TextError {
        // A misspelt key is the likeliest reason; point at it rather than at the table.
        if let Some(error) = self.misspelt(key) {
            return error;
        }
        let message = format!("{} lacks `{key}`", self.described());
        TextError::new(self.position(), message).with_hint(Some(format!("write `{example}`")))
    }

    fn misspelt(&self, key: &str) -> Option<TextError> {
        let (found, _) = self
            .left
            .iter()
            .find(|(found, _)| nearest(found.get_ref(), [key]).is_some())?;
        Some(self.unknown(found))
    }

    /// The section as the subject of a sentence.
    fn described(&self) -> String {
        match (self.name.as_str(), self.repeated) {
            ("", _) => "the file".to_owned(),
            (name, false) => format!("[{name}]"),
            (name, true) => format!("[[{name}]]"),
        }
    }

    /// Every key that is left, whatever it is called, in the order written.
    pub fn take_all(&mut self) -> Vec<(Located<String>, Item<'t>)> {
        let mut all: Vec<_> = std::mem::take(&mut self.left).into_iter().collect();
        all.sort_by_key(|(key, _)| key.span().start);
        all.into_iter()
            .map(|(key, value)| {
                let offset = key.span().start;
                let name = key.into_inner().into_owned();
                let item = self.item(&name, offset, value);
                (Located::new(name, self.source.line(offset)), item)
            })
            .collect()
    }

    /// Refuses keys that mean something in a later version.
    pub fn refuse_reserved(&self, reserved: &[&str]) -> Result<(), TextError> {
        let taken = self
            .left
            .keys()
            .find(|key| reserved.contains(&key.get_ref().as_ref()));
        let Some(key) = taken else { return Ok(()) };
        let message = format!(
            "`{}` is not available in this version",
            self.path_of(key.get_ref())
        );
        Err(TextError::new(
            self.source.position(key.span().start),
            message,
        ))
    }

    /// Refuses the first key nobody took.
    pub fn finish(self) -> Result<(), TextError> {
        match self.left.keys().min_by_key(|key| key.span().start) {
            None => Ok(()),
            Some(key) => Err(self.unknown(key)),
        }
    }

    fn unknown(&self, key: &Spanned<impl AsRef<str>>) -> TextError {
        let word = key.get_ref().as_ref();
        let place = match self.name.as_str() {
            "" => "at the top of the file".to_owned(),
            _ => format!("in {}", self.described()),
        };
        let message = format!("unknown key `{}` {place}", shown(word));
        let hint = match nearest(word, self.known.iter().copied()) {
            Some(meant) => Some(format!("did you mean `{meant}`?")),
            None if self.known.is_empty() => Some("nothing is set here".to_owned()),
            None => Some(format!("known here: {}", self.known.join(", "))),
        };
        TextError::new(self.source.position(key.span().start), message).with_hint(hint)
    }

    /// Whether every key was taken.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// An error about the whole section.
    pub fn error(&self, message: impl Display) -> TextError {
        TextError::new(self.position(), message.to_string())
    }
}
