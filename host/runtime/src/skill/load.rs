//! Bytes → [`Skill`].

use std::collections::BTreeMap;
use std::sync::Arc;

use metier_core::nearest::nearest;
use metier_core::package::{self, MAX_TOOLS, Resources, ResourcesError, ToolsError};
use metier_core::{Digest, Effect, Manifest, ManifestError, ToolName};
use serde_json::Value;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};

use super::exports::{self, Exports};
use super::imports::{self, Mismatch};
use super::sections::{self, SectionError, Sections};
use super::tool::{Entry, Tool};
use super::{Refused, Skill};
use crate::capabilities;
use crate::code_cache::{CodeCache, CodeError, Identity};
use crate::engine::Flavour;
use crate::engines::Engines;
use crate::store::CallState;
use crate::values::{Docs, FunctionShape};

/// Why a file did not load. Each is the file's fault, apart from an unusable cache directory.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not a sound component file.
    #[error(transparent)]
    Sections(#[from] SectionError),
    /// Its manifest cannot be read.
    #[error("the manifest is wrong: {0}")]
    Manifest(#[from] ManifestError),
    /// Its manifest and the component disagree.
    #[error("{0}")]
    Mismatch(#[from] Mismatch),
    /// Its frozen schemas and the component disagree; names the tool.
    #[error("the packed schema of the tool `{0}` is not the one its types give")]
    Schema(String),
    /// Its list of tools cannot be read.
    #[error(transparent)]
    Tools(#[from] ToolsError),
    /// Its packed files cannot be read.
    #[error(transparent)]
    Resources(#[from] ResourcesError),
    /// It exports nothing that could be called.
    #[error("the component exports no function that could be a tool{0}")]
    NoTools(String),
    /// A tool the manifest lists cannot be called.
    #[error("the tool `{}` cannot be called: {}", .0.name, .0.reason)]
    NotCallable(Refused),
    /// Its tools are data and were never frozen.
    #[error("the component's tools are data, and their list was not packed into the file")]
    NotFrozen,
    /// It imports what no host of this version offers.
    #[error("the component needs an import this host does not offer: {0}")]
    Imports(String),
    /// wasmtime refused it, or the cache directory is unusable.
    #[error(transparent)]
    Code(#[from] CodeError),
}

/// What loading needs: engines, linkers and the code cache.
pub struct Loader {
    engines: Arc<Engines>,
    cache: CodeCache,
}

impl Loader {
    /// A loader that keeps compiled code in `cache`.
    pub fn new(engines: Arc<Engines>, cache: CodeCache) -> Loader {
        Loader { engines, cache }
    }

    /// Components compiled since the start; what came from the cache is not counted.
    pub fn compiled(&self) -> u64 {
        self.cache.compiled()
    }

    /// Load a skill. Takes as long as compiling it, unless its code is cached: call it off the executor.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(&self, bytes: &[u8]) -> Result<Skill, LoadError> {
        let sections = sections::read(bytes)?;
        let manifest = manifest(&sections)?;
        let raw = self.compile(bytes)?;
        if let Some(manifest) = &manifest {
            imports::check(manifest, &raw.imports)?;
        }
        let exports = exports::read(self.engines.get(raw.flavour)?, &raw.component);
        let frozen = sections.tools.map(package::decode_tools).transpose()?;
        let (tools, refused) = tools(exports, manifest.as_ref(), frozen)?;
        Ok(Skill {
            digest: raw.digest,
            size: bytes.len() as u64,
            flavour: raw.flavour,
            manifest: Arc::new(manifest.unwrap_or_else(Manifest::empty)),
            tools,
            refused,
            imports: raw.imports,
            skill_md: sections
                .skill_md
                .map(|text| text_of("metier:skill-md", text))
                .transpose()?
                .map(str::to_owned),
            resources: resources(&sections)?,
            pre: raw.pre,
        })
    }

    /// The component alone, compiled and linked: what packing needs before there is a manifest.
    pub(super) fn compile(&self, bytes: &[u8]) -> Result<Raw, LoadError> {
        let Identity { digest, code } = self.cache.identify(bytes)?;
        let flavour = flavour(bytes);
        let engine = self.engines.get(flavour)?;
        let component = self.cache.load(engine, flavour, bytes, &code)?;
        let pre = self
            .engines
            .linker(flavour)?
            .instantiate_pre(&component)
            .map_err(|error| LoadError::Imports(format!("{error:#}")))?;
        let imports = component
            .component_type()
            .imports(engine)
            .map(|(name, _)| name.to_owned())
            .collect();
        Ok(Raw {
            digest,
            flavour,
            component,
            pre,
            imports,
        })
    }
}

/// A compiled component whose sections were not looked at.
pub(super) struct Raw {
    pub digest: Digest,
    pub flavour: Flavour,
    pub component: Component,
    pub pre: InstancePre<CallState>,
    pub imports: Vec<String>,
}

/// A linker with everything a skill of `flavour` may import.
pub(crate) fn linker(
    engine: &wasmtime::Engine,
    flavour: Flavour,
) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    capabilities::link(&mut linker)?;
    if flavour == Flavour::Async {
        capabilities::link_async(&mut linker)?;
    }
    Ok(linker)
}

fn manifest(sections: &Sections<'_>) -> Result<Option<Manifest>, LoadError> {
    let Some(bytes) = sections.manifest else {
        return Ok(None);
    };
    Ok(Some(Manifest::parse(text_of("metier:manifest", bytes)?)?))
}

fn text_of<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, SectionError> {
    std::str::from_utf8(bytes).map_err(|_| SectionError::Section {
        name: name.to_owned(),
        problem: "is not UTF-8 text",
    })
}

fn resources(sections: &Sections<'_>) -> Result<BTreeMap<String, Box<[u8]>>, LoadError> {
    let files = Resources::decode(sections.resources.unwrap_or_default())?;
    Ok(files
        .iter()
        .map(|(path, bytes)| (path.as_str().to_owned(), bytes.into()))
        .collect())
}

type Tools = (BTreeMap<String, Tool>, Vec<Refused>);

fn tools(
    exports: Exports,
    manifest: Option<&Manifest>,
    frozen: Option<Vec<package::Tool>>,
) -> Result<Tools, LoadError> {
    let refused = exports.refused;
    let all = match exports.dynamic {
        Some(dynamic) => self::dynamic(&dynamic.call, frozen.ok_or(LoadError::NotFrozen)?),
        None if exports.functions.is_empty() => return Err(no_tools(refused, &exports.others)),
        None => typed(exports.functions, manifest, frozen)?,
    };
    if all.len() > MAX_TOOLS {
        return Err(LoadError::NoTools(format!(
            ": it exports {}, and up to {MAX_TOOLS} are allowed",
            all.len()
        )));
    }
    match manifest {
        Some(manifest) => listed(manifest, all, refused),
        None => Ok((all, refused)),
    }
}

/// Only what the manifest lists is a tool: some languages leave exports of their runtime behind.
fn listed(
    manifest: &Manifest,
    all: BTreeMap<String, Tool>,
    mut refused: Vec<Refused>,
) -> Result<Tools, LoadError> {
    check_listed(manifest, &all, &refused)?;
    let mut kept = BTreeMap::new();
    for (name, mut tool) in all {
        match manifest.tools.get(&tool.info.name) {
            Some(ask) => {
                tool.info.effect = ask.effect;
                tool.info.title = ask.title.clone().or(tool.info.title);
                kept.insert(name, tool);
            }
            None => refused.push(Refused {
                name,
                reason: "the manifest does not list it".into(),
            }),
        }
    }
    match kept.is_empty() {
        true => Err(LoadError::NoTools(
            ": the manifest lists none; add a table like `[tools.NAME]`".into(),
        )),
        false => Ok((kept, refused)),
    }
}

pub(super) fn no_tools(refused: Vec<Refused>, others: &[String]) -> LoadError {
    match (refused.into_iter().next(), others.first()) {
        (Some(refused), _) => LoadError::NotCallable(refused),
        (None, Some(other)) => LoadError::NoTools(format!(
            "; it exports `{other}`, which is for another kind of host"
        )),
        (None, None) => LoadError::NoTools(String::new()),
    }
}

fn check_listed(
    manifest: &Manifest,
    all: &BTreeMap<String, Tool>,
    refused: &[Refused],
) -> Result<(), LoadError> {
    for (tool, ask) in &manifest.tools {
        let tool = tool.as_str();
        if all.contains_key(tool) {
            continue;
        }
        if let Some(refused) = refused.iter().find(|refused| refused.name == tool) {
            return Err(LoadError::NotCallable(refused.clone()));
        }
        let nearest = nearest(tool, all.keys().map(String::as_str)).map(str::to_owned);
        return Err(Mismatch::UnknownTool {
            line: ask.line,
            tool: tool.to_owned(),
            nearest,
        }
        .into());
    }
    Ok(())
}

fn dynamic(call: &ComponentExportIndex, frozen: Vec<package::Tool>) -> BTreeMap<String, Tool> {
    let tool = |info: package::Tool| {
        (
            info.name.to_string(),
            Tool {
                info,
                entry: Entry::Dynamic { index: *call },
            },
        )
    };
    frozen.into_iter().map(tool).collect()
}

fn typed(
    functions: Vec<exports::Function>,
    manifest: Option<&Manifest>,
    frozen: Option<Vec<package::Tool>>,
) -> Result<BTreeMap<String, Tool>, LoadError> {
    let mut frozen: Option<BTreeMap<String, package::Tool>> = frozen.map(|tools| {
        tools
            .into_iter()
            .map(|tool| (tool.name.to_string(), tool))
            .collect()
    });
    let mut tools = BTreeMap::new();
    for function in functions {
        let Ok(name) = function.name.parse::<ToolName>() else {
            continue;
        };
        let derived = describe(&name, &function.shape, &());
        // What the manifest does not list was not frozen either, and never becomes a tool.
        let listed = manifest.is_none_or(|manifest| manifest.tools.contains_key(&name));
        let info = match frozen.as_mut().map(|frozen| frozen.remove(&function.name)) {
            None => derived,
            Some(None) if !listed => derived,
            Some(packed) => packed
                .filter(|packed| same_schemas(packed, &derived))
                .ok_or_else(|| LoadError::Schema(function.name.clone()))?,
        };
        let entry = Entry::Typed {
            index: function.index,
            shape: Box::new(function.shape),
        };
        tools.insert(function.name, Tool { info, entry });
    }
    match frozen.and_then(|left| left.into_keys().next()) {
        Some(name) => Err(LoadError::Schema(name)),
        None => Ok(tools),
    }
}

pub(super) fn describe(name: &ToolName, shape: &FunctionShape, docs: &dyn Docs) -> package::Tool {
    package::Tool {
        name: name.clone(),
        title: None,
        description: docs.text(name.as_str()).unwrap_or_default().to_owned(),
        input_schema: shape.input_schema(name.as_str(), docs),
        output_schema: Some(shape.output_schema(name.as_str(), docs)),
        effect: Effect::default(),
    }
}

/// Equal but for texts: words may say more than the types do, shapes may not differ.
fn same_schemas(packed: &package::Tool, derived: &package::Tool) -> bool {
    bare(&packed.input_schema) == bare(&derived.input_schema)
        && packed.output_schema.as_ref().map(bare) == derived.output_schema.as_ref().map(bare)
}

/// The schema without its descriptions. A property may be *called* `description`: that one is an object, and stays.
fn bare(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let is_text = |name: &str, value: &Value| name == "description" && value.is_string();
            let kept = fields.iter().filter(|(name, value)| !is_text(name, value));
            named(
                kept.map(|(name, value)| (name.clone(), bare(value)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(bare).collect()),
        other => other.clone(),
    }
}

/// Words with a text each are written as `oneOf` constants, without texts as an `enum`: the same type.
fn named(mut schema: serde_json::Map<String, Value>) -> Value {
    let constant = |case: &Value| match case.as_object() {
        Some(case) if case.len() == 1 => case.get("const").cloned(),
        _ => None,
    };
    let words = schema.get("oneOf").and_then(Value::as_array);
    let words = words.filter(|_| schema.get("type") == Some(&"string".into()));
    if let Some(words) = words.and_then(|cases| cases.iter().map(constant).collect()) {
        schema.shift_remove("oneOf");
        schema.insert("enum".to_owned(), Value::Array(words));
    }
    Value::Object(schema)
}

/// A component is WASI 0.3 when anything in it is imported at 0.3 or lifted asynchronously.
fn flavour(bytes: &[u8]) -> Flavour {
    match sections::needs_async(bytes) {
        true => Flavour::Async,
        false => Flavour::Sync,
    }
}
