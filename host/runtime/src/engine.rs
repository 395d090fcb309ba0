//! The one place that configures wasmtime.
//!
//! Compiled code is only accepted by an engine with the very same configuration, so every engine of
//! the project, the bench's included, comes from [`config`]. Two flavours exist: [`Flavour::Sync`]
//! for WASI 0.2 skills, and [`Flavour::Async`] for WASI 0.3 skills, whose component-model concurrency
//! would make every small call of the others nearly twice as slow.
//!
//! What each setting buys was measured; `cargo xtask bench` compares with the same engine, bare. `pagemap_scan` stays off: on
//! wasmtime 48 it lets one instance's memory survive into the next.

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Linear memory left mapped in a slot between calls, in bytes. At least what a small skill touches,
/// so that a warm call does no `madvise`; more would keep big interpreters resident for ever.
pub const MEMORY_KEEP_RESIDENT: usize = 512 << 10;

/// Table memory left mapped in a slot between calls, in bytes.
pub const TABLE_KEEP_RESIDENT: usize = 64 << 10;

/// The largest linear memory any skill may ever be granted, in bytes: the size a pool slot can grow to.
pub const MAX_MEMORY: usize = 1 << 30;

/// The largest table, in elements. Interpreters compiled to WebAssembly need some tens of thousands.
pub const MAX_TABLE_ELEMENTS: usize = 100_000;

/// Linear memories in one component. Dynamically linked languages share one; two leaves room for an adapter.
pub const MAX_MEMORIES: u32 = 2;

/// Tables in one component: the program's and those of wit-component's shims.
pub const MAX_TABLES: u32 = 8;

/// Core instances in one component. componentize-py links about two dozen.
pub const MAX_CORE_INSTANCES: u32 = 64;

/// WebAssembly stack, in bytes. Deeper recursion is a trap.
pub const MAX_WASM_STACK: usize = 512 << 10;

/// Which WASI generation an engine serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// WASI 0.2: synchronous exports.
    Sync,
    /// WASI 0.3: asynchronous exports, streams and futures.
    Async,
}

impl Flavour {
    /// A short name, used in the code cache's file names.
    pub fn as_str(self) -> &'static str {
        match self {
            Flavour::Sync => "p2",
            Flavour::Async => "p3",
        }
    }
}

/// The configuration of every engine, with room for `calls` calls at once.
pub fn config(flavour: Flavour, calls: u32) -> Config {
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(flavour, calls)))
        .memory_init_cow(true)
        .epoch_interruption(true)
        .max_wasm_stack(MAX_WASM_STACK)
        .wasm_component_model(true)
        .wasm_component_model_map(true)
        .wasm_component_model_fixed_length_lists(true)
        .gc_support(false);
    match flavour {
        Flavour::Sync => config.concurrency_support(false),
        Flavour::Async => config
            .concurrency_support(true)
            .wasm_component_model_async(true),
    };
    config
}

/// An engine from [`config`].
///
/// # Errors
/// When the address space the pool reserves cannot be had.
pub fn engine(flavour: Flavour, calls: u32) -> wasmtime::Result<Engine> {
    Engine::new(&config(flavour, calls))
}

fn pool(flavour: Flavour, calls: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(calls)
        .total_core_instances(calls.saturating_mul(MAX_CORE_INSTANCES))
        .total_memories(calls.saturating_mul(MAX_MEMORIES))
        .total_tables(calls.saturating_mul(MAX_TABLES))
        .total_stacks(calls.saturating_mul(stacks_per_call(flavour)))
        .max_core_instances_per_component(MAX_CORE_INSTANCES)
        .max_memories_per_component(MAX_MEMORIES)
        .max_tables_per_component(MAX_TABLES)
        .max_memory_size(MAX_MEMORY)
        .table_elements(MAX_TABLE_ELEMENTS)
        .max_unused_warm_slots(calls)
        .linear_memory_keep_resident(MEMORY_KEEP_RESIDENT)
        .table_keep_resident(TABLE_KEEP_RESIDENT)
        .pagemap_scan(Enabled::No);
    pool
}

/// With concurrency, every instance of a component may block on a stack of its own; stacks cost address space until used.
fn stacks_per_call(flavour: Flavour) -> u32 {
    match flavour {
        Flavour::Sync => 1,
        Flavour::Async => MAX_CORE_INSTANCES + 1,
    }
}

#[cfg(test)]
mod tests {
    use metier_core::Limits;

    /// An operator must not be able to write a limit that no slot can hold.
    #[test]
    fn what_may_be_granted_fits_a_slot() {
        let ceiling = Limits::HOST_CEILING;
        assert!(ceiling.memory_bytes <= super::MAX_MEMORY as u64);
        assert!(ceiling.table_elements <= super::MAX_TABLE_ELEMENTS as u64);
    }
}
