//! Every chosen operation: made, or left out with the reason.

use crate::document::Document;
use crate::operation::{Listed, Made, make};
use crate::problem::Problem;
use crate::server::{Server, ServerError};

/// What became of the operations.
#[derive(Debug)]
pub struct Conversion {
    /// Those that became tools, in the order they were given.
    pub operations: Vec<Made>,
    /// Why the others did not, one each.
    pub left_out: Vec<Problem>,
    /// What was changed or dropped in those that did.
    pub notes: Vec<Problem>,
    /// Where the API is, when the description says so.
    pub server: Result<Server, ServerError>,
}

/// Converts operations of `document`, sent to the server it describes.
pub fn convert<'l, 'd: 'l>(
    document: &'d Document,
    operations: impl IntoIterator<Item = &'l Listed<'d>>,
) -> Conversion {
    convert_at(document, operations, Server::of(document))
}

/// The same, sent to a server the author names.
pub fn convert_at<'l, 'd: 'l>(
    document: &'d Document,
    operations: impl IntoIterator<Item = &'l Listed<'d>>,
    server: Result<Server, ServerError>,
) -> Conversion {
    let mut conversion = Conversion {
        operations: Vec::new(),
        left_out: Vec::new(),
        notes: Vec::new(),
        server,
    };
    for listed in operations {
        match make(document, listed, &conversion.server) {
            Ok((made, notes)) => {
                conversion.operations.push(made);
                conversion.notes.extend(notes);
            }
            Err(problem) => conversion.left_out.push(problem),
        }
    }
    conversion
}
