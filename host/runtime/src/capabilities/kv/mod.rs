//! `wasi:keyvalue`: what a skill remembers between calls.
//!
//! A skill opens a bucket by name; the host adds tenant and skill, so that nobody can name another's keys. Opening needs the `kv`
//! capability for that bucket; one that was not declared, not granted or misspelt is `access-denied` alike, which tells nothing
//! about others. Values are any bytes; `increment` works on decimal text, as in wasmtime's own implementation.
//!
//! The data lives in a [`KvStore`]: [`NoKv`] (the default, refuses), [`MemoryKv`] or [`DirKv`].

mod bucket;
mod dir;
mod entry;
mod host;
mod key;
mod memory;
mod shelf;
mod store;
mod totals;

pub use bucket::{Bucket, MAX_BATCH_BYTES, MAX_BATCH_KEYS};
pub use dir::DirKv;
pub use key::{Key, MAX_KEY_BYTES};
pub use memory::{MEMORY_BYTES, MemoryKv};
pub use store::{
    KvError, KvLimits, KvStore, MAX_BUCKET_BYTES, MAX_BUCKET_KEYS, MAX_VALUE_BYTES, Namespace,
    NoKv, PAGE_KEYS, Page,
};

use wasmtime::component::{HasData, Linker, ResourceTable};

use crate::bindings::keyvalue;
use crate::context::CallContext;
use crate::store::CallState;

/// Borrow of what opening and using buckets needs.
pub struct KvView<'a> {
    call: &'a CallContext,
    table: &'a mut ResourceTable,
}

struct Has;

impl HasData for Has {
    type Data<'a> = KvView<'a>;
}

fn view(state: &mut CallState) -> KvView<'_> {
    KvView {
        call: &state.call,
        table: &mut state.table,
    }
}

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    keyvalue::store::add_to_linker::<_, Has>(linker, view)?;
    keyvalue::atomics::add_to_linker::<_, Has>(linker, view)?;
    keyvalue::batch::add_to_linker::<_, Has>(linker, view)
}

#[cfg(test)]
mod tests;
