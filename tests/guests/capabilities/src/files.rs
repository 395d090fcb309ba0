//! The operator's files through the standard library, and the skill's own.

use std::fs;
use std::io::{self, ErrorKind};

use guest_kit::skill::resources;

use crate::bindings::exports::metier_test::capabilities::files::Guest;
use crate::{Capabilities, Error};

impl Guest for Capabilities {
    fn read(path: String) -> Result<String, Error> {
        fs::read_to_string(path).map_err(failed)
    }

    fn write(path: String, text: String) -> Result<(), Error> {
        fs::write(path, text).map_err(failed)
    }

    fn listing(path: String) -> Result<Vec<String>, Error> {
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let entries = fs::read_dir(path).map_err(failed)?;
        let mut names = entries
            .map(|entry| entry.map(name))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        names.sort();
        Ok(names)
    }

    fn packed() -> Vec<(String, u64)> {
        resources::list()
            .into_iter()
            .map(|entry| (entry.path, entry.size))
            .collect()
    }

    fn packed_part(path: String, offset: u64, length: u32) -> Option<String> {
        let bytes = resources::read(&path, offset, length)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn failed(error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => Error::NotFound(error.to_string()),
        ErrorKind::PermissionDenied => Error::Denied(error.to_string()),
        _ => Error::Unavailable(error.to_string()),
    }
}
