//! `wasi:config/store`: values the operator set for this skill.

mod host;

use wasmtime::component::{HasData, Linker};

use crate::bindings;
use crate::context::CallContext;
use crate::store::CallState;

/// Borrow of what configuration look-ups need.
pub struct ConfigView<'a>(&'a CallContext);

struct Has;

impl HasData for Has {
    type Data<'a> = ConfigView<'a>;
}

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    bindings::config::store::add_to_linker::<_, Has>(linker, |state| ConfigView(&state.call))
}
