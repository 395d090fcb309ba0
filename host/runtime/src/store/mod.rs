//! The only place that makes a `Store`, and with it every limit of a call.
//!
//! A store lives for one call. It holds the guest's memory and tables (counted by [`limiter`]), its clock
//! ([`cpu`]), its handles, and the context of every capability.

pub mod cpu;
pub mod limiter;

use std::sync::Arc;

use metier_core::limits::Limits;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, StoreContextMut, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::capabilities::{Capabilities, files};
use crate::context::CallContext;
use crate::world::{self, HeldTime};
use cpu::CpuClock;
use limiter::Limiter;

/// Handles (files, streams, requests, buckets …) one call may hold open at once.
pub const MAX_HANDLES: usize = 1_024;

/// Random bytes a guest may ask for at once: bounds the copy, not the total.
const MAX_RANDOM: u64 = 1 << 20;

/// Bytes one crossing from guest to host may make the host allocate: a guest can name the same memory in a list again and again,
/// so that its own memory bounds nothing. Twice what arguments may take.
const MAX_LIFTED: usize = 128 << 20;

/// Everything a guest can touch during one call.
pub struct CallState {
    /// The call.
    pub call: Arc<CallContext>,
    /// Every capability's context.
    pub capabilities: Capabilities,
    /// Handles.
    pub table: ResourceTable,
    /// Memory and tables.
    pub limiter: Limiter,
    clock: Arc<CpuClock>,
    /// None in real time.
    held: Option<HeldTime>,
    /// Made when the guest first asks for anything of WASI; many calls never do.
    wasi: Option<WasiCtx>,
}

/// The guest used up its CPU time.
#[derive(Debug, thiserror::Error)]
#[error("the call used up its CPU time")]
pub struct CpuExceeded;

/// A store for one call.
pub fn build(
    engine: &Engine,
    call: Arc<CallContext>,
    clock: Arc<CpuClock>,
    limits: &Limits,
) -> Store<CallState> {
    let mut table = ResourceTable::new();
    table.set_max_capacity(MAX_HANDLES);
    let state = CallState {
        capabilities: Capabilities::for_call(&call),
        limiter: Limiter::new(limits.memory_bytes, limits.table_elements),
        held: call.world().begin(),
        call,
        table,
        clock,
        wasi: None,
    };
    let budget = limits.cpu;
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(MAX_LIFTED);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |store: StoreContextMut<'_, CallState>| {
        if store.data().clock.spent_so_far() > budget {
            return Err(CpuExceeded.into());
        }
        Ok(UpdateDeadline::YieldCustom(
            1,
            Box::pin(tokio::task::yield_now()),
        ))
    });
    store
}

impl CallState {
    /// The held time of the call; none in real time.
    pub(crate) fn held(&self) -> Option<&HeldTime> {
        self.held.as_ref()
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let CallState {
            wasi,
            call,
            capabilities,
            table,
            held,
            ..
        } = self;
        let ctx = wasi.get_or_insert_with(|| wasi_context(call, capabilities, held.as_ref()));
        WasiCtxView { ctx, table }
    }
}

/// No arguments, no environment, no sockets, no name look-ups; directories where granted; the time of the call's world.
fn wasi_context(
    call: &CallContext,
    capabilities: &Capabilities,
    held: Option<&HeldTime>,
) -> WasiCtx {
    let mut wasi = WasiCtx::builder();
    wasi.allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .allow_blocking_current_thread(false)
        .max_random_size(MAX_RANDOM)
        .stdout(capabilities.log.stdio())
        .stderr(capabilities.log.stdio());
    world::set(&mut wasi, held);
    files::preopen(&mut wasi, call);
    wasi.build()
}
