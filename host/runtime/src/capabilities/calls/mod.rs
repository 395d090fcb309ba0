//! `metier:skill/calls`: a tool of another skill, called within the run the call belongs to.
//!
//! Needs the tool in the manifest's `[capabilities.calls]` and in the grant's `[calls]`. The tool then runs under its own skill's
//! manifest and grant: this capability gives the caller the answer and nothing else. Who the other skill is, and
//! whether the call fits the run's rules, is for the run to say; without a run every call is refused.

mod host;

use std::sync::Arc;

use wasmtime::component::{HasData, Linker};

use crate::bindings;
use crate::context::CallContext;
use crate::store::CallState;

/// Borrow of what a call needs.
pub struct CallsView(Arc<CallContext>);

struct Has;

impl HasData for Has {
    type Data<'a> = CallsView;
}

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    bindings::calls::add_to_linker::<_, Has>(linker, |state| CallsView(state.call.clone()))
}
