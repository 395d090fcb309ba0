//! One value of a TOML text, on its way to a type.

use std::{fmt::Display, str::FromStr};

use toml::{Spanned, de::DeValue};

use super::{Located, Section, Source, TextError};
use crate::{
    ids::{is_plain, shown},
    nearest::nearest,
};

/// A value, the path of keys that leads to it, and where both stand.
pub struct Item<'t> {
    source: &'t Source<'t>,
    path: String,
    key_offset: usize,
    value: Spanned<DeValue<'t>>,
}

impl<'t> Item<'t> {
    pub(super) fn new(
        source: &'t Source<'t>,
        path: String,
        key_offset: usize,
        value: Spanned<DeValue<'t>>,
    ) -> Self {
        Item {
            source,
            path,
            key_offset,
            value,
        }
    }

    /// The line of the key.
    pub fn line(&self) -> usize {
        self.source.line(self.key_offset)
    }

    /// An error about this value.
    pub fn error(&self, message: impl Display) -> TextError {
        let position = self.source.position(self.value.span().start);
        TextError::new(position, message.to_string())
    }

    fn wrong_type(&self, wanted: &str) -> TextError {
        let found = kind(self.value.get_ref());
        self.error(format!("`{}` is {found}, not {wanted}", self.path))
    }

    /// Whether it is this string.
    pub fn is(&self, text: &str) -> bool {
        self.value.get_ref().as_str() == Some(text)
    }

    /// The text of a string.
    pub fn string(&self) -> Result<&str, TextError> {
        self.value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.wrong_type("a string"))
    }

    /// A string read as something; the type's own error says what is wrong.
    pub fn parsed<T: FromStr<Err: Display>>(&self) -> Result<T, TextError> {
        self.string()?.parse().map_err(|error| self.error(error))
    }

    /// A string or number read as something, for sizes.
    pub fn parsed_scalar<T: FromStr<Err: Display>>(&self) -> Result<T, TextError> {
        match self.value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => {
                number.as_str().parse().map_err(|error| self.error(error))
            }
            _ => self.parsed(),
        }
    }

    /// The key of this value, read as something.
    pub fn key_as<T: FromStr<Err: Display>>(&self, key: &str) -> Result<T, TextError> {
        key.parse().map_err(|error: T::Err| {
            let position = self.source.position(self.key_offset);
            TextError::new(position, error.to_string())
        })
    }

    /// Any text of at most `max` characters.
    pub fn text(&self, max: usize) -> Result<String, TextError> {
        let text = self.string()?;
        match text.chars().nth(max) {
            None => Ok(text.to_owned()),
            Some(_) => Err(self.error(format!("`{}` has more than {max} characters", self.path))),
        }
    }

    /// Text for people, not empty, at most `max` characters, none of which hides or reorders others.
    pub fn prose(&self, max: usize) -> Result<String, TextError> {
        let text = self.string()?;
        let count = text.chars().count();
        if !(1..=max).contains(&count) {
            return Err(self.error(format!(
                "`{}` has {count} characters, not 1 to {max}",
                self.path
            )));
        }
        match text
            .chars()
            .find(|character| *character != '\n' && !is_plain(*character))
        {
            None => Ok(text.to_owned()),
            Some(hidden) => {
                let code = u32::from(hidden);
                Err(self.error(format!(
                    "`{}` contains the invisible character U+{code:04X}",
                    self.path
                )))
            }
        }
    }

    /// A table kept as it is.
    pub fn verbatim_table(self) -> Result<toml::Table, TextError> {
        match plain_value(self.value.get_ref()) {
            toml::Value::Table(table) => Ok(table),
            _ => Err(self.wrong_type("a table")),
        }
    }

    /// Any value, kept as it is.
    pub fn verbatim(&self) -> toml::Value {
        plain_value(self.value.get_ref())
    }

    /// True or false.
    pub fn truth(&self) -> Result<bool, TextError> {
        match self.value.get_ref() {
            DeValue::Boolean(answer) => Ok(*answer),
            _ => Err(self.wrong_type("true or false")),
        }
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    /// A whole number that fits.
    pub fn number<T: TryFrom<i64>>(&self, wanted: &str) -> Result<T, TextError> {
        let DeValue::Integer(number) = self.value.get_ref() else {
            return Err(self.wrong_type(wanted));
        };
        let fitting = i64::from_str_radix(number.as_str(), number.radix()).ok();
        fitting
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| {
                self.error(format!(
                    "`{}` is {}, not {wanted}",
                    self.path,
                    shown(number.as_str())
                ))
            })
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, choices: &[(&'static str, T)]) -> Result<T, TextError> {
        let word = self.string()?;
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == word) {
            return Ok(*value);
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let message = format!(
            "`{}` is `{}`, not one of {}",
            self.path,
            shown(word),
            names.join(", ")
        );
        let meant = nearest(word, names).map(|meant| format!("did you mean `{meant}`?"));
        Err(self.error(message).with_hint(meant))
    }

    /// Whether it is an array without items.
    pub fn is_empty_array(&self) -> bool {
        let array = self.value.get_ref().as_array();
        array.is_some_and(|items| items.is_empty())
    }

    /// The items of an array.
    pub fn array(self) -> Result<Vec<Item<'t>>, TextError> {
        let span = self.value.span();
        match self.value.into_inner() {
            DeValue::Array(values) => Ok(values
                .into_iter()
                .map(|value| Item::new(self.source, self.path.clone(), value.span().start, value))
                .collect()),
            other => {
                let value = Spanned::new(span, other);
                Err(Item { value, ..self }.wrong_type("an array"))
            }
        }
    }

    /// The items of an array, each read as something.
    pub fn list<T: FromStr<Err: Display>>(self) -> Result<Vec<T>, TextError> {
        self.array()?.iter().map(Item::parsed).collect()
    }

    /// Like [`Item::list`], and refuses an empty one.
    pub fn some_list<T: FromStr<Err: Display>>(self) -> Result<Vec<T>, TextError> {
        if self.is_empty_array() {
            return Err(self.error(format!("`{}` is empty", self.path)));
        }
        self.list()
    }

    /// A table, read by `read` and finished: unknown keys are errors.
    pub fn table<T>(
        self,
        read: impl FnOnce(&mut Section<'t>) -> Result<T, TextError>,
    ) -> Result<Located<T>, TextError> {
        let line = self.line();
        let mut section = self.section()?;
        let value = read(&mut section)?;
        section.finish()?;
        Ok(Located::new(value, line))
    }

    fn section(self) -> Result<Section<'t>, TextError> {
        let span = self.value.span();
        match self.value.into_inner() {
            DeValue::Table(table) => {
                Ok(Section::new(self.source, self.path, self.key_offset, table))
            }
            other => {
                let value = Spanned::new(span, other);
                Err(Item { value, ..self }.wrong_type("a table"))
            }
        }
    }

    /// An array of tables (`[[path]]`), each read by `read` and finished.
    pub fn tables<T>(
        self,
        mut read: impl FnMut(&mut Section<'t>) -> Result<T, TextError>,
    ) -> Result<Vec<Located<T>>, TextError> {
        if !self.value.get_ref().is_array() {
            let hint = format!("write `[[{}]]`, once for each", self.path);
            return Err(self.wrong_type("an array of tables").with_hint(Some(hint)));
        }
        let mut tables = Vec::new();
        for item in self.array()? {
            let line = item.line();
            let mut section = item.section()?.repeated();
            let value = read(&mut section)?;
            section.finish()?;
            tables.push(Located::new(value, line));
        }
        Ok(tables)
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

/// The value without its places. Numbers that no type holds stay text.
fn plain_value(value: &DeValue<'_>) -> toml::Value {
    match value {
        DeValue::String(text) => toml::Value::String(text.clone().into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(
                |_| toml::Value::String(number.to_string()),
                toml::Value::Integer,
            ),
        DeValue::Float(number) => number.as_str().parse().map_or_else(
            |_| toml::Value::String(number.to_string()),
            toml::Value::Float,
        ),
        DeValue::Boolean(value) => toml::Value::Boolean(*value),
        DeValue::Datetime(value) => toml::Value::Datetime(*value),
        DeValue::Array(values) => toml::Value::Array(
            values
                .iter()
                .map(|value| plain_value(value.get_ref()))
                .collect(),
        ),
        DeValue::Table(table) => {
            let entries = table.iter();
            toml::Value::Table(
                entries
                    .map(|(key, value)| (key.get_ref().to_string(), plain_value(value.get_ref())))
                    .collect(),
            )
        }
    }
}
