//! The arguments given with `--json`.

use metier_core::limits::Limits;

use crate::{errors::Failure, flags::Arguments, given};

/// `TEXT`, `@FILE` or `-`.
///
/// # Errors
/// What cannot be read, is too large, or is no JSON object.
pub fn read(given: Option<&str>) -> Result<Option<Arguments>, Failure> {
    let Some(given) = given else {
        return Ok(None);
    };
    // The host would refuse more anyway.
    let most = Limits::HOST_CEILING.arguments_bytes;
    let text = given::text(given, "The JSON of the arguments", most)?;
    Ok(Some(Arguments::parse(&text)?))
}
