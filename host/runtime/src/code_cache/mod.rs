//! Compiled code on disk: compile a skill once, map it ever after.
//!
//! Compiled code is machine code: whoever can plant an entry runs outside the sandbox. So the
//! directory belongs to this user alone (mode 0700, refused otherwise), every entry carries a keyed MAC over
//! its bytes, the key lives in the directory (mode 0600), and an entry that is missing, truncated,
//! altered, or was put there by anybody without the key is compiled again and replaced. Entries are named by
//! the hash of the very bytes that are compiled, which the cache takes itself, and the engine's compatibility hash, and
//! replaced atomically.
//!
//! Without a directory the cache compiles every time. What it keeps of whole files beside code is [`Identity`].

mod entry;
mod identity;
mod key;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use blake3::Hash;
use wasmtime::component::Component;
use wasmtime::{Engine, Precompiled};

use crate::engine::Flavour;
use crate::skill::{Code, SectionError};
use entry::Entry;
use identity::Kept;
use key::MacKey;

pub use identity::Identity;

/// Why a component has no compiled code.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// The bytes are not a valid component for this engine.
    #[error("{0:#}")]
    Invalid(wasmtime::Error),
    /// The cache directory cannot be used; says what is wrong with it.
    #[error("the code cache at {} {problem}", path.display())]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// What is wrong, as the end of a sentence.
        problem: String,
    },
}

/// Compiles components, and keeps the result in a directory when it has one.
pub struct CodeCache {
    store: Option<(PathBuf, MacKey)>,
    compiled: AtomicU64,
}

impl CodeCache {
    /// A cache that keeps nothing.
    pub fn disabled() -> CodeCache {
        CodeCache {
            store: None,
            compiled: AtomicU64::new(0),
        }
    }

    /// A cache in `directory`, made with mode 0700 when it is missing.
    ///
    /// # Errors
    /// [`CodeError::Unusable`] when the directory cannot be made or belongs to, or may be written by, somebody else.
    pub fn open(directory: &Path) -> Result<CodeCache, CodeError> {
        let key = key::claim(directory).map_err(|problem| CodeError::Unusable {
            path: directory.to_owned(),
            problem,
        })?;
        Ok(CodeCache {
            store: Some((directory.to_owned(), key)),
            compiled: AtomicU64::new(0),
        })
    }

    /// What the file `bytes` is. Of a large one that was here before, the directory knows it.
    ///
    /// # Errors
    /// [`SectionError::Damaged`] when the bytes are no whole component.
    pub fn identify(&self, bytes: &[u8]) -> Result<Identity, SectionError> {
        let Some((directory, key)) = self.store.as_ref().filter(|_| is_large(bytes)) else {
            return Identity::of(bytes);
        };
        let kept = Kept::of(directory, bytes);
        if let Some(identity) = kept.verified(key) {
            return Ok(identity);
        }
        let identity = Identity::of(bytes)?;
        if let Err(error) = kept.write(key, identity) {
            tracing::warn!(%error, directory = %directory.display(), "a file's hashes were not kept");
        }
        Ok(identity)
    }

    /// The compiled form of the code in `file`, whose hash is `hash`, from disk when a sound entry is there.
    ///
    /// A full disk only costs the next start its speed: the component still loads.
    ///
    /// # Errors
    /// [`CodeError::Invalid`] when the bytes do not compile.
    pub fn load(
        &self,
        engine: &Engine,
        flavour: Flavour,
        file: &[u8],
        hash: &Hash,
    ) -> Result<Component, CodeError> {
        let Some((directory, key)) = &self.store else {
            return self.compile(engine, file);
        };
        let entry = Entry::new(directory, &name(engine, flavour, hash));
        if let Some(component) = entry.verified(key).and_then(|file| map(engine, &file)) {
            return Ok(component);
        }
        let component = self.compile(engine, file)?;
        let code = component.serialize().map_err(CodeError::Invalid)?;
        if let Err(error) = entry.write(key, &code) {
            tracing::warn!(%error, directory = %directory.display(), "compiled code was not cached");
        }
        Ok(component)
    }

    /// Components compiled since the cache was opened, rather than found.
    pub fn compiled(&self) -> u64 {
        self.compiled.load(Ordering::Relaxed)
    }

    fn compile(&self, engine: &Engine, file: &[u8]) -> Result<Component, CodeError> {
        let code = Code::of(file).map_err(|error| CodeError::Invalid(error.into()))?;
        self.compiled.fetch_add(1, Ordering::Relaxed);
        Component::from_binary(engine, &code.bytes()).map_err(CodeError::Invalid)
    }

    /// Remove every entry. Used by tests and by operators who changed machines.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn clear(&self) -> std::io::Result<()> {
        let Some((directory, _)) = &self.store else {
            return Ok(());
        };
        for file in fs::read_dir(directory)? {
            let path = file?.path();
            let is_ours = |extension: &OsStr| {
                let ours = [entry::CODE, entry::MAC, identity::EXTENSION];
                ours.iter().any(|it| extension == *it)
            };
            if path.extension().is_some_and(is_ours) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

fn is_large(bytes: &[u8]) -> bool {
    bytes.len() >= identity::WORTH_KEEPING
}

/// Same bytes, other settings: other entry. The hash covers wasmtime's version, the CPU's features
/// and every tunable that reaches compiled code.
fn name(engine: &Engine, flavour: Flavour, code: &Hash) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!(
        "{}-{}-{:016x}",
        code.to_hex(),
        flavour.as_str(),
        hasher.finish()
    )
}

#[expect(
    unsafe_code,
    reason = "mapping machine code whose MAC was verified with this host's own key"
)]
fn map(engine: &Engine, file: &File) -> Option<Component> {
    let path = entry::handle(file);
    if !matches!(
        Engine::detect_precompiled_file(&path),
        Ok(Some(Precompiled::Component))
    ) {
        return None;
    }
    // SAFETY: the file lies in a directory only this user may write, and carries a MAC under a key
    // that only this user may read: it is what `Component::serialize` returned to this host.
    unsafe { Component::deserialize_file(engine, path) }.ok()
}

#[cfg(test)]
mod tests;
