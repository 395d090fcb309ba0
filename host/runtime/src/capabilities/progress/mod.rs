//! `metier:skill/progress`: one short line at a time to whoever waits. Needs no grant; dropped when it comes too fast.

mod host;

use std::time::{Duration, Instant};

use wasmtime::component::{HasData, Linker};

use crate::bindings;
use crate::context::CallContext;
use crate::store::CallState;

/// Least time between two reports that are passed on. A person cannot read faster, a stream need not carry more.
pub const INTERVAL: Duration = Duration::from_millis(50);

/// Longest message that is passed on, in characters: one line of a terminal.
pub const MAX_MESSAGE: usize = 200;

/// When the call last reported.
#[derive(Debug, Default)]
pub struct ProgressCtx {
    last: Option<Instant>,
}

/// Borrow of a call's progress.
pub struct ProgressView<'a> {
    ctx: &'a mut ProgressCtx,
    call: &'a CallContext,
}

struct Has;

impl HasData for Has {
    type Data<'a> = ProgressView<'a>;
}

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    bindings::progress::add_to_linker::<_, Has>(linker, |state| ProgressView {
        ctx: &mut state.capabilities.progress,
        call: &state.call,
    })
}
