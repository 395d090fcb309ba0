//! What a component offers, before it is packed: the tools with their words, and what it imports.

use std::collections::BTreeMap;
use std::sync::Arc;

use metier_core::{Manifest, package};
use wasmtime::component::ComponentExportIndex;

use super::exports::{self, Exports};
use super::load::{self, LoadError, Loader};
use super::{Refused, Skill};
use crate::values::Docs;

/// A component as packing sees it.
pub struct Survey {
    /// Its typed tools; empty when its tools are data.
    pub tools: Vec<package::Tool>,
    /// Exports that cannot be tools.
    pub refused: Vec<Refused>,
    /// The `list-tools` function of a component whose tools are data.
    pub(crate) list_tools: Option<ComponentExportIndex>,
    /// The component with no manifest, no tools and no reach, to ask it with.
    pub(crate) skill: Arc<Skill>,
}

impl Loader {
    /// Look at `component`, taking the words for tools and fields from `docs`; a component whose tools are data may read
    /// `resources` to list them.
    ///
    /// # Errors
    /// When it does not compile, link, or offer anything.
    pub fn survey(
        &self,
        component: &[u8],
        docs: &dyn Docs,
        resources: BTreeMap<String, Box<[u8]>>,
    ) -> Result<Survey, LoadError> {
        super::sections::read(component)?;
        let raw = self.compile(component)?;
        let Exports {
            functions,
            refused,
            dynamic,
            others,
        } = exports::read(raw.pre.engine(), &raw.component);
        if functions.is_empty() && dynamic.is_none() {
            return Err(load::no_tools(refused, &others));
        }
        let describe = |function: &exports::Function| {
            Some(load::describe(
                &function.name.parse().ok()?,
                &function.shape,
                docs,
            ))
        };
        let tools = match dynamic {
            Some(_) => Vec::new(),
            None => functions.iter().filter_map(describe).collect(),
        };
        let skill = Skill {
            digest: raw.digest,
            size: component.len() as u64,
            flavour: raw.flavour,
            manifest: Arc::new(Manifest::empty()),
            tools: BTreeMap::new(),
            refused: Vec::new(),
            imports: raw.imports,
            skill_md: None,
            resources,
            pre: raw.pre,
        };
        let list_tools = dynamic.map(|dynamic| dynamic.list_tools);
        Ok(Survey {
            tools,
            refused,
            list_tools,
            skill: Arc::new(skill),
        })
    }
}
