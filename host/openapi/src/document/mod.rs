//! The text of a description, read into a tree.
//!
//! OpenAPI 3.0, 3.1 and 3.2 and Swagger 2.0, in JSON or YAML. The tree is kept as it is rather than read into typed
//! structures: real descriptions break every strict model somewhere, and one broken corner must not cost the rest. Everything
//! is bounded: bytes, nesting, and what the aliases of a YAML text stand for.

mod dialect;
mod refs;
mod yaml;

use serde_json::Value;

pub use dialect::Dialect;
pub use refs::RefError;

/// Largest description, in bytes: the largest public one, Microsoft Graph's beta, is 47 MB of JSON.
pub const MAX_BYTES: usize = 64 << 20;

/// Longest excerpt of a parser's own words, in characters.
const MAX_PARSER_WORDS: usize = 300;

/// A description that could be read.
#[derive(Debug)]
pub struct Document {
    root: Value,
    dialect: Dialect,
}

/// Why a text is no description.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// More than [`MAX_BYTES`].
    #[error("the description has {0} bytes; at most {MAX_BYTES} are read")]
    TooLarge(usize),
    /// Bytes that are no text.
    #[error("the description is not UTF-8: byte {0} begins no character; save it as UTF-8")]
    NotUtf8(usize),
    /// Not JSON although it begins like it.
    #[error("the description begins like JSON and is none: {0}")]
    Json(String),
    /// Not YAML either.
    #[error("the description is neither JSON nor readable YAML: {0}")]
    Yaml(String),
    /// No object at the root.
    #[error("the description is no object: an OpenAPI file begins with `openapi: 3.…`")]
    NotAnObject,
    /// Neither `openapi` nor `swagger`.
    #[error(
        "the file says neither `openapi: 3.…` nor `swagger: \"2.0\"`, so it is no OpenAPI description"
    )]
    NoVersion,
    /// A version nobody wrote a reader for.
    #[error("the description is {0}; OpenAPI 3.0, 3.1, 3.2 and Swagger 2.0 can be read")]
    Version(String),
}

impl Document {
    /// Reads a description from the bytes of a file.
    ///
    /// # Errors
    /// [`DocumentError`]; it names the line where the parser knows it.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        if bytes.len() > MAX_BYTES {
            return Err(DocumentError::TooLarge(bytes.len()));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| DocumentError::NotUtf8(error.valid_up_to()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let root = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| DocumentError::Json(words(&error)))?
        } else {
            yaml::parse(text)?
        };
        Self::from_value(root)
    }

    /// A description that is a tree already.
    ///
    /// # Errors
    /// [`DocumentError`], when it says of no known version to be.
    pub fn from_value(root: Value) -> Result<Self, DocumentError> {
        let dialect = Dialect::of(&root)?;
        Ok(Document { root, dialect })
    }

    /// The whole tree.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// Which version's rules it follows.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// A text under `info`.
    pub fn info(&self, key: &str) -> Option<&str> {
        self.root.get("info")?.get(key)?.as_str()
    }
}

/// A parser's own words, as one bounded line.
fn words(error: &impl std::fmt::Display) -> String {
    crate::text::line(&error.to_string(), MAX_PARSER_WORDS)
}
