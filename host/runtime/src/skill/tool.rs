//! One tool of a loaded skill.

use metier_core::package;
use wasmtime::component::ComponentExportIndex;

use crate::values::FunctionShape;

/// A tool: how it is described, and what is called.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Name, texts, schemas and effect, as surfaces show them.
    pub info: package::Tool,
    /// What is called.
    pub entry: Entry,
}

/// Where a tool enters the component.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A typed function of its own.
    Typed {
        /// The function.
        index: ComponentExportIndex,
        /// Its types.
        shape: Box<FunctionShape>,
    },
    /// `metier:skill/tools.call`, with the tool's name as an argument.
    Dynamic {
        /// The `call` function.
        index: ComponentExportIndex,
    },
}
