//! Both engines with their linkers, each made when the first skill needs it.

use std::sync::OnceLock;

use wasmtime::Engine;
use wasmtime::component::Linker;

use crate::code_cache::CodeError;
use crate::engine::{self, Flavour};
use crate::skill;
use crate::store::CallState;

/// The engines of one host.
pub struct Engines {
    calls: u32,
    sync: OnceLock<Pair>,
    concurrent: OnceLock<Pair>,
}

struct Pair {
    engine: Engine,
    linker: Linker<CallState>,
}

impl Engines {
    /// Engines with room for `calls` calls at once.
    pub fn new(calls: u32) -> Engines {
        Engines {
            calls,
            sync: OnceLock::new(),
            concurrent: OnceLock::new(),
        }
    }

    /// The engine for skills of `flavour`.
    ///
    /// # Errors
    /// When the address space its pool reserves cannot be had.
    pub fn get(&self, flavour: Flavour) -> Result<&Engine, CodeError> {
        Ok(&self.pair(flavour)?.engine)
    }

    pub(crate) fn linker(&self, flavour: Flavour) -> Result<&Linker<CallState>, CodeError> {
        Ok(&self.pair(flavour)?.linker)
    }

    /// The engines that exist so far.
    pub fn made(&self) -> Vec<Engine> {
        [&self.sync, &self.concurrent]
            .into_iter()
            .filter_map(OnceLock::get)
            .map(|pair| pair.engine.clone())
            .collect()
    }

    fn pair(&self, flavour: Flavour) -> Result<&Pair, CodeError> {
        let cell = match flavour {
            Flavour::Sync => &self.sync,
            Flavour::Async => &self.concurrent,
        };
        if let Some(pair) = cell.get() {
            return Ok(pair);
        }
        // Two threads may both make one; the loser's is dropped.
        let made = self.make(flavour).map_err(CodeError::Invalid)?;
        Ok(cell.get_or_init(|| made))
    }

    fn make(&self, flavour: Flavour) -> wasmtime::Result<Pair> {
        let engine = engine::engine(flavour, self.calls)?;
        let linker = skill::linker(&engine, flavour)?;
        Ok(Pair { engine, linker })
    }
}
