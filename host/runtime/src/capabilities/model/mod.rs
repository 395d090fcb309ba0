//! `metier:skill/model`: a question to a model, paid by the run the call belongs to.
//!
//! Needs the route in the manifest's `[capabilities.model]` and in the grant's `[model]`. Which candidates a route has, what
//! they cost and whether the budget bears the question is for the run to say; without a run every question is refused.

mod host;

use std::sync::Arc;

use wasmtime::component::{HasData, Linker};

use crate::bindings;
use crate::context::CallContext;
use crate::store::CallState;

/// Borrow of what a question needs.
pub struct ModelView(Arc<CallContext>);

struct Has;

impl HasData for Has {
    type Data<'a> = ModelView;
}

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    bindings::model::add_to_linker::<_, Has>(linker, |state| ModelView(state.call.clone()))
}
