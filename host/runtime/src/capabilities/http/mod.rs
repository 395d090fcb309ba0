//! `wasi:http`, 0.2 and 0.3: outgoing requests, through the one egress.
//!
//! wasmtime's implementation keeps the resources; [`hooks`] takes every request away from it before it is sent.

mod hooks;
mod patience;

use std::sync::Arc;

use wasmtime::component::Linker;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::context::CallContext;
use crate::egress::EgressCall;
use crate::store::CallState;

/// Room for the header fields of one message, in bytes of host memory (about twice their size on the wire).
const FIELDS_LIMIT: usize = 128 << 10;

/// Both doors to the egress, and the call's identity there.
pub struct HttpCtx {
    ctx: WasiHttpCtx,
    hooks: hooks::Hooks,
}

impl HttpCtx {
    /// Nothing sent yet.
    pub fn new(call: Arc<CallContext>) -> HttpCtx {
        let mut ctx = WasiHttpCtx::new();
        ctx.set_field_size_limit(FIELDS_LIMIT);
        HttpCtx {
            ctx,
            hooks: hooks::Hooks::new(call),
        }
    }

    /// The call as the egress sees it, made at the first request: most calls make none.
    pub fn egress_call(&mut self) -> Arc<EgressCall> {
        self.hooks.egress_call()
    }
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let http = &mut self.capabilities.http;
        WasiHttpCtxView {
            hooks: &mut http.hooks,
            table: &mut self.table,
            ctx: &mut http.ctx,
        }
    }
}

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)
}
