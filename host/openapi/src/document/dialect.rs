//! Which version of the specification a description follows.

use serde_json::Value;

use super::DocumentError;

/// The rules a description is read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Swagger 2.0: its own parameters and bodies, a subset of JSON Schema draft 4.
    Swagger2,
    /// OpenAPI 3.0: `nullable`, and a subset of draft 5.
    OpenApi30,
    /// OpenAPI 3.1 and 3.2: JSON Schema 2020-12 itself.
    OpenApi31,
}

impl Dialect {
    pub(super) fn of(root: &Value) -> Result<Self, DocumentError> {
        let root = root.as_object().ok_or(DocumentError::NotAnObject)?;
        // YAML reads an unquoted 2.0 as a number.
        let said = |key: &str| match root.get(key)? {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        if let Some(version) = said("openapi") {
            return match version.split('.').collect::<Vec<_>>().as_slice() {
                ["3", "0", ..] | ["3"] => Ok(Dialect::OpenApi30),
                ["3", "1" | "2", ..] => Ok(Dialect::OpenApi31),
                _ => Err(unknown("OpenAPI", &version)),
            };
        }
        match said("swagger").as_deref() {
            Some("2.0" | "2") => Ok(Dialect::Swagger2),
            Some(other) => Err(unknown("Swagger", other)),
            None => Err(DocumentError::NoVersion),
        }
    }

    /// Whether schemas follow the older rules: `nullable`, `exclusiveMinimum: true`, nothing beside a `$ref`.
    pub fn has_old_schemas(self) -> bool {
        self != Dialect::OpenApi31
    }
}

fn unknown(kind: &str, version: &str) -> DocumentError {
    DocumentError::Version(format!("{kind} {}", crate::text::line(version, 20)))
}
