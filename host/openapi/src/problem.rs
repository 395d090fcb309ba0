//! What a description does that cannot be turned into a tool, and where.

use std::fmt;

use crate::document::RefError;
use crate::pointer::Place;
use crate::schema::SchemaNote;

/// One thing that is wrong, or was changed on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The operation, as a person recognises it: `getPet (GET /pets/{id})`.
    pub operation: String,
    /// The place in the description, as a JSON pointer.
    pub pointer: String,
    /// What is wrong.
    pub reason: Reason,
}

impl Problem {
    pub(crate) fn new(operation: &str, place: Place<'_>, reason: Reason) -> Self {
        Problem {
            operation: crate::text::line(operation, MAX_NAME),
            pointer: crate::text::line(&place.to_string(), MAX_POINTER),
            reason,
        }
    }
}

/// Longest name of an operation and longest pointer in a sentence, in characters.
const MAX_NAME: usize = 240;
const MAX_POINTER: usize = 400;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} (at {})",
            self.operation, self.reason, self.pointer
        )
    }
}

/// What is wrong with a place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// No object where an operation, a path or a parameter belongs.
    #[error("there is no object here")]
    NotAnObject,
    /// A reference that leads nowhere, or out of the file.
    #[error(transparent)]
    Reference(#[from] RefError),
    /// A method a skill cannot use.
    #[error("the method {0} cannot be used by a skill")]
    Method(String),
    /// A path that is no path.
    #[error("the path is no template a request can be made of: {0}")]
    Path(String),
    /// A parameter that cannot be sent.
    #[error("the parameter `{name}` cannot be sent: {why}")]
    Parameter {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// A body of kinds that cannot be made.
    #[error("its body is `{0}`, which cannot be made from arguments")]
    Body(String),
    /// No address to send it to.
    #[error("{0}")]
    Server(#[from] crate::server::ServerError),
    /// The plan refuses it.
    #[error("{0}")]
    Plan(String),
    /// A schema lost something.
    #[error(transparent)]
    Schema(#[from] SchemaNote),
    /// A parameter the path has and nobody describes.
    #[error("the path's `{{{0}}}` is not described; it is taken as text")]
    Undescribed(String),
    /// A parameter that is described and in no request.
    #[error("the parameter `{0}` is left out: {1}")]
    Ignored(String, &'static str),
    /// An answer whose schema cannot be told.
    #[error("its answer's schema is left out: {0}")]
    Answer(String),
    /// Another operation had the name first.
    #[error("its tool is called `{tool}`: `{wanted}` is another operation's")]
    Renamed {
        /// The name it got.
        tool: String,
        /// The name it would have had.
        wanted: String,
    },
    /// The security scheme is of a kind the host has no credential for.
    #[error("{0}")]
    Security(String),
}

impl Reason {
    /// A word for counting problems of a kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Reason::NotAnObject => "not an object",
            Reason::Reference(RefError::Remote(_)) => "reference into another file",
            Reason::Reference(_) => "reference to nothing",
            Reason::Method(_) => "method",
            Reason::Path(_) => "path",
            Reason::Parameter { .. } => "parameter",
            Reason::Body(_) => "body",
            Reason::Server(_) => "server",
            Reason::Plan(_) => "plan",
            Reason::Schema(SchemaNote::Cut) => "schema cut",
            Reason::Schema(SchemaNote::Missing(_)) => "reference to nothing",
            Reason::Schema(_) => "schema keyword",
            Reason::Undescribed(_) => "path parameter not described",
            Reason::Ignored(..) => "parameter left out",
            Reason::Answer(_) => "answer",
            Reason::Renamed { .. } => "renamed",
            Reason::Security(_) => "security",
        }
    }
}
