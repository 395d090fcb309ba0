//! `metier:skill/fetch`: HTTP in one resource-free function, over the same egress as `wasi:http`.

mod host;

use std::sync::Arc;

use wasmtime::component::{HasData, Linker};

use crate::bindings;
use crate::context::CallContext;
use crate::egress::EgressCall;
use crate::store::CallState;

/// Borrow of what a fetch needs.
pub struct FetchView {
    call: Arc<CallContext>,
    egress: Arc<EgressCall>,
}

struct Has;

impl HasData for Has {
    type Data<'a> = FetchView;
}

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    bindings::fetch::add_to_linker::<_, Has>(linker, |state| FetchView {
        call: state.call.clone(),
        egress: state.capabilities.http.egress_call(),
    })
}
