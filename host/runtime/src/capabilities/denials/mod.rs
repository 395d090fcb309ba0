//! `metier:skill/denials`: why the host said no, for interfaces that can only say "denied".

mod host;

use wasmtime::component::{HasData, Linker};

use crate::bindings;
use crate::context::CallContext;
use crate::store::CallState;

/// Borrow of the call's refusals.
pub struct DenialsView<'a>(&'a CallContext);

struct Has;

impl HasData for Has {
    type Data<'a> = DenialsView<'a>;
}

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    bindings::denials::add_to_linker::<_, Has>(linker, |state| DenialsView(&state.call))?;
    bindings::types::add_to_linker::<_, Has>(linker, |state| DenialsView(&state.call))
}
