//! Exported functions → tools.
//!
//! A function exported at the root is a tool of its own name; a function of an exported interface is
//! `interface.function`, so that adding an export never renames another. Interfaces of `wasi:` are not tools. A component that exports
//! `metier:skill/tools` has only the tools it lists there.

use wasmtime::Engine;
use wasmtime::component::types::{ComponentFunc, ComponentInstance, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex};

use crate::values::{FunctionShape, ShapeBudget, ShapeError};

/// The dynamic interface, whatever patch version it was built against.
const DYNAMIC: &str = "metier:skill/tools@0.1.";

/// An exported function that cannot be a tool.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Refused {
    /// The name it would have had.
    pub name: String,
    /// Why not, in one sentence.
    pub reason: String,
}

/// One typed export.
pub(super) struct Function {
    pub name: String,
    pub index: ComponentExportIndex,
    pub shape: FunctionShape,
}

/// The two functions of `metier:skill/tools`.
pub(super) struct Dynamic {
    pub call: ComponentExportIndex,
    pub list_tools: ComponentExportIndex,
}

/// What a component offers.
#[derive(Default)]
pub(super) struct Exports {
    pub functions: Vec<Function>,
    pub refused: Vec<Refused>,
    /// `metier:skill/tools`.
    pub dynamic: Option<Dynamic>,
    /// Exports that are no tools, for the error message when there is nothing else.
    pub others: Vec<String>,
}

pub(super) fn read(engine: &Engine, component: &Component) -> Exports {
    let mut reader = Reader {
        engine,
        component,
        budget: ShapeBudget::default(),
        exports: Exports::default(),
    };
    for (name, item) in component.component_type().exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(function) => {
                reader.function(None, name, name.to_owned(), &function)
            }
            ComponentItem::ComponentInstance(instance) => reader.instance(name, &instance),
            _ => {}
        }
    }
    reader.exports
}

struct Reader<'a> {
    engine: &'a Engine,
    component: &'a Component,
    budget: ShapeBudget,
    exports: Exports,
}

impl Reader<'_> {
    fn instance(&mut self, name: &str, instance: &ComponentInstance) {
        let Some(parent) = self.component.get_export_index(None, name) else {
            return;
        };
        if name.starts_with(DYNAMIC) {
            let function = |name| self.component.get_export_index(Some(&parent), name);
            self.exports.dynamic = function("call")
                .zip(function("list-tools"))
                .map(|(call, list_tools)| Dynamic { call, list_tools });
            return;
        }
        if name.starts_with("wasi:") {
            self.exports.others.push(name.to_owned());
            return;
        }
        if is_start_up(name, instance, self.engine) {
            self.exports.refused.push(Refused {
                name: "exports.init".to_owned(),
                reason: "it starts componentize-py's runtime when a component is built".to_owned(),
            });
            return;
        }
        for (function, item) in instance.exports(self.engine) {
            if let ComponentItem::ComponentFunc(ty) = item.ty {
                self.function(
                    Some(&parent),
                    function,
                    format!("{}.{function}", short(name)),
                    &ty,
                );
            }
        }
    }

    fn function(
        &mut self,
        parent: Option<&ComponentExportIndex>,
        export: &str,
        name: String,
        ty: &ComponentFunc,
    ) {
        let Some(index) = self.component.get_export_index(parent, export) else {
            return;
        };
        match self.shape(ty) {
            Ok(shape) => self.exports.functions.push(Function { name, index, shape }),
            Err(error) => self.exports.refused.push(Refused {
                name,
                reason: error.to_string(),
            }),
        }
    }

    fn shape(&mut self, ty: &ComponentFunc) -> Result<FunctionShape, ShapeError> {
        FunctionShape::of(ty, &mut self.budget)
    }
}

/// What componentize-py leaves behind in every component: an interface `exports` whose only function is `init`. It ran when the
/// component was built and spoils an instance when it runs again.
fn is_start_up(name: &str, instance: &ComponentInstance, engine: &Engine) -> bool {
    let mut functions = instance
        .exports(engine)
        .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)));
    name == "exports" && functions.all(|(function, _)| function == "init")
}

/// `acme:crm/accounts@1.0.0` → `accounts`.
fn short(interface: &str) -> &str {
    let name = interface.rsplit('/').next().unwrap_or(interface);
    name.split('@').next().unwrap_or(name)
}
