//! The WIT side of packed files.

use super::{MAX_READ, ResourcesView};
use crate::bindings::resources::{Entry, Host};

impl Host for ResourcesView<'_> {
    fn list(&mut self) -> wasmtime::Result<Vec<Entry>> {
        let files = self.0.skill().resources();
        Ok(files
            .iter()
            .map(|(path, bytes)| Entry {
                path: path.clone(),
                size: bytes.len() as u64,
            })
            .collect())
    }

    fn read(
        &mut self,
        path: String,
        offset: u64,
        length: u32,
    ) -> wasmtime::Result<Option<Vec<u8>>> {
        let Some(bytes) = self.0.skill().resources().get(&path) else {
            return Ok(None);
        };
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let end = start
            .saturating_add(length.min(MAX_READ) as usize)
            .min(bytes.len());
        Ok(Some(bytes[start..end].to_vec()))
    }
}
