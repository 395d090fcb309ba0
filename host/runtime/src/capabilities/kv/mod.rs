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

#[cfg(test)]
mod tests;
