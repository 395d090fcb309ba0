//! How large a workbook is when it is unpacked, before anybody does.

use std::io::Cursor;

use zip::ZipArchive;

use crate::bindings::metier::skill::types::Error;

/// Most bytes of all files in a workbook: a sheet of the most cells is about this long.
const MAX_UNPACKED: u64 = 384 << 20;

/// Most files in a workbook: a sheet each, and what belongs to them.
const MAX_FILES: usize = 10_000;

/// Refuses a workbook that would be too large. It believes what the file says of itself; one that lies meets the memory and
/// time limits of the call.
pub fn check(bytes: &[u8]) -> Result<(), Error> {
    if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(Error::InvalidInput(
            "the workbook is an old .xls file or has a password; save it as .xlsx without one"
                .to_owned(),
        ));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| Error::InvalidInput(format!("the file is no workbook: {error}")))?;
    let files = 0..archive.len().min(MAX_FILES);
    let sizes = files.filter_map(|at| archive.by_index_raw(at).ok().map(|file| file.size()));
    let unpacked = sizes.fold(0_u64, u64::saturating_add);
    if archive.len() > MAX_FILES || unpacked > MAX_UNPACKED {
        return Err(Error::InvalidInput(format!(
            "the workbook unpacks to more than {} MiB or {MAX_FILES} files",
            MAX_UNPACKED >> 20
        )));
    }
    Ok(())
}
