//! The WIT side of denials.

use metier_core::Denial;

use super::DenialsView;
use crate::bindings::{denials, types};

impl denials::Host for DenialsView<'_> {
    fn last(&mut self) -> wasmtime::Result<Option<types::Denial>> {
        Ok(self.0.last_denial().map(types::Denial::from))
    }
}

impl types::Host for DenialsView<'_> {}

impl From<Denial> for types::Denial {
    fn from(denial: Denial) -> types::Denial {
        types::Denial {
            code: denial.code().as_str().to_owned(),
            message: denial.message().to_owned(),
        }
    }
}
