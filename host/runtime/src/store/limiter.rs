//! Memory and tables: what a call may grow to, and what it reached.

use wasmtime::ResourceLimiter;

/// Counts linear memory and table growth of one call against its limits.
///
/// Growth beyond a limit fails inside the guest the way it would on a small machine (`memory.grow`
/// answers −1), and is remembered, so that the crash that usually follows is reported as what it is.
#[derive(Debug)]
pub struct Limiter {
    memory_limit: u64,
    table_limit: u64,
    memory: u64,
    peak: u64,
    tables: u64,
    exceeded: Option<Exceeded>,
}

/// Which of the two ran out first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceeded {
    /// Linear memory.
    Memory,
    /// Table elements.
    Table,
}

impl Limiter {
    /// Limits in bytes and in elements, over all memories and tables of the call together.
    pub fn new(memory_limit: u64, table_limit: u64) -> Limiter {
        Limiter {
            memory_limit,
            table_limit,
            memory: 0,
            peak: 0,
            tables: 0,
            exceeded: None,
        }
    }

    /// Most bytes of linear memory at any time.
    pub fn peak(&self) -> u64 {
        self.peak
    }

    /// The limit that was hit first, if one was.
    pub fn exceeded(&self) -> Option<Exceeded> {
        self.exceeded
    }

    fn refuse(&mut self, what: Exceeded) -> wasmtime::Result<bool> {
        self.exceeded.get_or_insert(what);
        Ok(false)
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self
            .memory
            .saturating_add(desired.saturating_sub(current) as u64);
        if total > self.memory_limit {
            return self.refuse(Exceeded::Memory);
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.memory = total;
        self.peak = self.peak.max(total);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self
            .tables
            .saturating_add(desired.saturating_sub(current) as u64);
        if total > self.table_limit {
            return self.refuse(Exceeded::Table);
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.tables = total;
        Ok(true)
    }
}
