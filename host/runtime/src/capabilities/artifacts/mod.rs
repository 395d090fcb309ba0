//! `metier:skill/artifacts`: files a skill hands back, and files its caller hands it.
//!
//! A skill writes a file in pieces; the host hashes it on the way and keeps it under its digest, for the tenant of the call.
//! Creating one needs the `artifacts` capability; all of a call's artifacts together have as many bytes as the call's limits
//! say, refused ones included. What is not finished when the call ends is thrown away; what is finished stays, whatever
//! becomes of the call.
//!
//! A skill reads an artifact of its tenant when the call's arguments name the digest: the caller decides what it sees, and a
//! skill that guesses learns nothing.
//!
//! The bytes lie in an [`ArtifactStore`]: [`NoArtifacts`] (the default, refuses), [`MemoryArtifacts`] or [`DirArtifacts`].

mod ctx;
mod dir;
mod host;
mod incoming;
mod label;
mod memory;
mod read;
mod store;

pub use ctx::{ArtifactsCtx, MAX_ARTIFACTS, MAX_OPEN_WRITERS, Writer};
pub use dir::DirArtifacts;
pub use label::{FileName, MAX_NAME_BYTES, MediaType};
pub use memory::{MEMORY_BYTES, MemoryArtifacts};
pub use read::{MAX_READERS, Reader};
pub use store::{ArtifactError, ArtifactReader, ArtifactStore, ArtifactWriter, Blob, NoArtifacts};

use wasmtime::component::{HasData, Linker, ResourceTable};

use crate::bindings;
use crate::context::CallContext;
use crate::store::CallState;

/// Borrow of what artifacts need.
pub struct ArtifactsView<'a> {
    ctx: &'a mut ArtifactsCtx,
    call: &'a CallContext,
    table: &'a mut ResourceTable,
}

struct Has;

impl HasData for Has {
    type Data<'a> = ArtifactsView<'a>;
}

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    bindings::artifacts::add_to_linker::<_, Has>(linker, |state| ArtifactsView {
        ctx: &mut state.capabilities.artifacts,
        call: &state.call,
        table: &mut state.table,
    })
}

#[cfg(test)]
mod tests;
