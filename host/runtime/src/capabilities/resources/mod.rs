//! `metier:skill/resources`: read-only files packed into the skill itself. They need no grant: they are the skill.

mod host;

use wasmtime::component::{HasData, Linker};

use crate::bindings;
use crate::context::CallContext;
use crate::store::CallState;

/// The most one read returns, in bytes: larger files are read in pieces.
pub const MAX_READ: u32 = 1 << 20;

/// Borrow of the skill's packed files.
pub struct ResourcesView<'a>(&'a CallContext);

struct Has;

impl HasData for Has {
    type Data<'a> = ResourcesView<'a>;
}

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    bindings::resources::add_to_linker::<_, Has>(linker, |state| ResourcesView(&state.call))
}
