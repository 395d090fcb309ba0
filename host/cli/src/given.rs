//! What is given on the command line as a text, as `@FILE`, or as `-` for standard input.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use metier_core::{Code, Fault};

use crate::errors::Failure;

/// The text that is meant. `what` names it at the beginning of a sentence: "The question". More than `most` bytes are
/// not even held in memory.
///
/// # Errors
/// What cannot be read, is too large, or is not UTF-8.
pub fn text(given: &str, what: &str, most: u64) -> Result<String, Failure> {
    match given.strip_prefix('@') {
        Some(path) => file(Path::new(path), what, most),
        None if given == "-" => {
            bounded(io::stdin().lock(), Path::new("standard input"), what, most)
        }
        None => Ok(given.to_owned()),
    }
}

/// The same of a file that is meant in any case.
///
/// # Errors
/// As [`text`].
pub fn file(path: &Path, what: &str, most: u64) -> Result<String, Failure> {
    let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
    bounded(file, path, what, most)
}

fn bounded(reader: impl Read, path: &Path, what: &str, most: u64) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    reader
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::unreadable(path, &error))?;
    if bytes.len() as u64 > most {
        let message = format!("{what} in {} is more than {most} bytes.", path.display());
        return Err(Fault::new(Code::InvalidArguments, message)
            .with_hint("Give less.")
            .into());
    }
    String::from_utf8(bytes).map_err(|error| {
        let message = format!(
            "{what} in {} is not UTF-8 text: byte {} is none.",
            path.display(),
            error.utf8_error().valid_up_to()
        );
        Fault::new(Code::InvalidArguments, message)
            .with_hint("Write it as UTF-8.")
            .into()
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::path::Path;

    use super::{bounded, text};

    #[test]
    fn a_text_is_itself() {
        assert_eq!(text("why?", "The question", 2).unwrap(), "why?");
    }

    #[test]
    fn what_is_too_large_or_no_text_is_refused() {
        let refused = |bytes: &[u8]| {
            bounded(bytes, Path::new("f"), "The question", 4)
                .unwrap_err()
                .fault
                .message
        };
        assert!(refused(b"12345").contains("The question in f is more than 4 bytes."));
        assert!(refused(b"1\xff").contains("byte 1 is none"));
        assert_eq!(
            bounded(&b"1234"[..], Path::new("f"), "It", 4).unwrap(),
            "1234"
        );
    }
}
