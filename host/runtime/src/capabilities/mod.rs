//! What a skill can reach, one folder per capability.
//!
//! Each has the same life: linked once into every linker ([`link`]), configured when a skill is
//! installed, and given a context of its own for each call ([`Capabilities::for_call`]). The list is this plain struct:
//! a capability that is not here does not exist.

pub mod artifacts;
pub mod calls;
pub mod config;
pub mod denials;
pub mod fetch;
pub mod files;
pub mod http;
pub mod kv;
pub mod log;
pub mod model;
pub mod progress;
pub mod resources;

use std::sync::Arc;

use wasmtime::component::Linker;

use crate::context::CallContext;
use crate::store::CallState;
use crate::world;

/// Per-call state of every capability that has some.
pub struct Capabilities {
    /// Files handed back.
    pub artifacts: artifacts::ArtifactsCtx,
    /// Both doors to the one egress.
    pub http: http::HttpCtx,
    /// Lines logged, and what the guest wrote to its standard streams.
    pub log: log::LogCtx,
    /// Progress reports.
    pub progress: progress::ProgressCtx,
}

impl Capabilities {
    /// Fresh contexts for one call.
    pub fn for_call(call: &Arc<CallContext>) -> Capabilities {
        Capabilities {
            artifacts: artifacts::ArtifactsCtx::default(),
            http: http::HttpCtx::new(call.clone()),
            log: log::LogCtx::new(call.clone()),
            progress: progress::ProgressCtx::default(),
        }
    }
}

/// Link every capability, and the whole of WASI 0.2, into `linker`.
///
/// Everything is linked for everybody: what a skill may not reach answers with an ordinary denial, which it can
/// handle and report, where a missing import could only fail to load.
///
/// # Errors
/// When two definitions collide, which a test would have found.
pub fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    artifacts::link(linker)?;
    calls::link(linker)?;
    config::link(linker)?;
    denials::link(linker)?;
    fetch::link(linker)?;
    http::link(linker)?;
    kv::link(linker)?;
    log::link(linker)?;
    model::link(linker)?;
    progress::link(linker)?;
    resources::link(linker)?;
    world::link(linker)
}

/// Link WASI 0.3 beside [`link`].
///
/// # Errors
/// As [`link`].
pub fn link_async(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    wasmtime_wasi::p3::add_to_linker(linker)?;
    wasmtime_wasi_http::p3::add_to_linker(linker)?;
    world::link_async(linker)
}
