//! The arguments given with `--json`.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use metier_core::{code::Code, fault::Fault, limits::Limits};

use crate::{errors::Failure, flags::Arguments};

/// `TEXT`, `@FILE` or `-`.
///
/// # Errors
/// What cannot be read, is too large, or is no JSON object.
pub fn read(given: Option<&str>) -> Result<Option<Arguments>, Failure> {
    let text = match given {
        None => return Ok(None),
        Some("-") => bounded(io::stdin().lock(), Path::new("standard input"))?,
        Some(text) => match text.strip_prefix('@') {
            Some(path) => {
                let path = PathBuf::from(path);
                let file =
                    fs::File::open(&path).map_err(|error| Failure::unreadable(&path, &error))?;
                bounded(file, &path)?
            }
            None => text.to_owned(),
        },
    };
    Ok(Some(Arguments::parse(&text)?))
}

/// The host would refuse more anyway; here it is not even held in memory.
fn bounded(reader: impl Read, path: &Path) -> Result<String, Failure> {
    let most = Limits::HOST_CEILING.arguments_bytes;
    let mut bytes = Vec::new();
    reader
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::unreadable(path, &error))?;
    if bytes.len() as u64 > most {
        let message = format!("The arguments are larger than {most} bytes.");
        return Err(Fault::new(Code::InvalidArguments, message)
            .with_hint("Ask for less in one call.")
            .into());
    }
    String::from_utf8(bytes).map_err(|error| {
        let message = format!(
            "The arguments are not UTF-8 text: byte {} is none.",
            error.utf8_error().valid_up_to()
        );
        Fault::new(Code::InvalidArguments, message)
            .with_hint("Write the JSON as UTF-8.")
            .into()
    })
}
