//! The arguments of a call, as JSON text.

use crate::json::{Json, Kind};

use super::kind::quoted;

/// Arguments being put together: properties with their JSON text, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments(Vec<(String, String)>);

/// The text given with `--json` is no JSON object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentsError {
    /// Not JSON at all.
    #[error("the arguments are not JSON: {0}")]
    NotJson(String),
    /// JSON, but no object.
    #[error("at `$`: expected an object, found {0}")]
    NotAnObject(&'static str),
}

impl Arguments {
    /// Starts from the text of `--json`. Values keep their spelling.
    ///
    /// # Errors
    /// [`ArgumentsError`].
    pub fn parse(text: &str) -> Result<Arguments, ArgumentsError> {
        let json = Json::parse(text).map_err(|error| ArgumentsError::NotJson(error.to_string()))?;
        let fields = json
            .fields()
            .ok_or(ArgumentsError::NotAnObject(match json.kind() {
                Kind::Null => "null",
                Kind::Bool => "a boolean",
                Kind::Number => "a number",
                Kind::String => "a string",
                Kind::Array | Kind::Object => "an array",
            }))?;
        Ok(Arguments(
            fields
                .into_iter()
                .map(|(name, value)| (name, value.text().to_owned()))
                .collect(),
        ))
    }

    /// Sets a property, in place of what `--json` said.
    pub fn set(&mut self, property: &str, json: String) {
        self.0.retain(|(name, _)| name != property);
        self.0.push((property.to_owned(), json));
    }

    /// Whether a property is there.
    pub fn has(&self, property: &str) -> bool {
        self.0.iter().any(|(name, _)| name == property)
    }

    /// The JSON object.
    pub fn text(&self) -> String {
        let fields: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{}:{value}", quoted(name)))
            .collect();
        format!("{{{}}}", fields.join(","))
    }
}
