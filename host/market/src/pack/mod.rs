//! A component, its manifest, its words and its files → one `.wasm` with one digest.
//!
//! Everything the host and a model need to know travels in custom sections of the component, in a fixed order, so
//! that the same inputs give the same bytes. Tool schemas are derived from the component's types; the doc comments of its
//! WIT become their descriptions. The packed file is loaded before it is handed back: what comes out is what a host accepts.

mod docs;
pub(crate) mod sections;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use metier_core::package::{self, Resources, ResourcesError, ToolsError};
use metier_core::{Fault, Manifest, ManifestError};
use metier_runtime::host::Host;
use metier_runtime::skill::Skill;

pub use docs::{DocsError, read as read_docs};
pub use words::unfit_for_wit;

/// What a skill is made of.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The component, as a toolchain built it.
    pub component: Vec<u8>,
    /// `skill.toml`.
    pub manifest: String,
    /// `SKILL.md`.
    pub skill_md: Option<String>,
    /// The folder of its WIT, for the doc comments.
    pub wit: Option<PathBuf>,
    /// The list of its tools, as `metier unpack` wrote it: takes the place of what the component and its WIT say, so that
    /// a skill without source is packed into the bytes it was.
    pub tools: Option<Vec<u8>>,
    /// Files it reads at run time, by path.
    pub resources: BTreeMap<String, Vec<u8>>,
}

/// A packed skill.
pub struct Packed {
    /// The bytes of the file.
    pub bytes: Vec<u8>,
    /// The same, loaded.
    pub skill: Arc<Skill>,
}

/// Why inputs do not make a skill.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The component carries `metier:` sections already.
    #[error(
        "the component carries the section `{0}` already: pack the component the toolchain built"
    )]
    AlreadyPacked(String),
    /// `skill.toml` cannot be read.
    #[error("skill.toml is wrong: {0}")]
    Manifest(#[from] ManifestError),
    /// The WIT cannot be read.
    #[error(transparent)]
    Docs(#[from] DocsError),
    /// The tools are too many or too large.
    #[error(transparent)]
    Tools(#[from] ToolsError),
    /// The files are too many or too large, or a path is none.
    #[error(transparent)]
    Resources(#[from] ResourcesError),
    /// The host does not accept the component, or what came of packing it.
    #[error("{0}")]
    Refused(Fault),
}

/// Pack `inputs`, using `host` to look at the component and to try the result.
///
/// # Errors
/// See [`PackError`].
pub async fn pack(host: &Host, inputs: Inputs) -> Result<Packed, PackError> {
    if let Some(name) = sections::ours(&inputs.component) {
        return Err(PackError::AlreadyPacked(name));
    }
    let manifest = Manifest::parse(&inputs.manifest)?;
    let tools = match &inputs.tools {
        Some(list) => package::decode_tools(list)?,
        None => survey(host, &inputs).await?,
    };
    let bytes = sections::append(
        inputs.component,
        &[
            (
                package::section::MANIFEST,
                Some(inputs.manifest.into_bytes()),
            ),
            (
                package::section::TOOLS,
                Some(package::encode_tools(&listed(&manifest, tools))?),
            ),
            (
                package::section::SKILL_MD,
                inputs.skill_md.map(String::into_bytes),
            ),
            (package::section::RESOURCES, resources(&inputs.resources)?),
        ],
    );
    let skill = host.load(bytes.clone()).await.map_err(PackError::Refused)?;
    Ok(Packed { bytes, skill })
}

/// The tools the component has, with the words of its WIT.
async fn survey(host: &Host, inputs: &Inputs) -> Result<Vec<package::Tool>, PackError> {
    let docs = inputs.wit.as_deref().map(docs::read).transpose()?;
    let resources = inputs.resources.iter();
    let resources = resources.map(|(path, bytes)| (path.clone(), bytes.clone().into_boxed_slice()));
    let survey = host.survey(
        inputs.component.clone(),
        Arc::new(docs.unwrap_or_default()),
        resources.collect(),
    );
    Ok(survey.await.map_err(PackError::Refused)?.tools)
}

/// The tools the manifest lists, with the effect and title it gives them. One it lists and the component lacks is
/// found when the result is loaded.
fn listed(manifest: &Manifest, tools: Vec<package::Tool>) -> Vec<package::Tool> {
    let listed = |mut tool: package::Tool| {
        let ask = manifest.tools.get(&tool.name)?;
        tool.effect = ask.effect;
        tool.title = ask.title.clone().or(tool.title);
        Some(tool)
    };
    tools.into_iter().filter_map(listed).collect()
}

fn resources(files: &BTreeMap<String, Vec<u8>>) -> Result<Option<Vec<u8>>, ResourcesError> {
    if files.is_empty() {
        return Ok(None);
    }
    let mut entries = Vec::new();
    for (path, bytes) in files {
        entries.push((path.parse()?, bytes.as_slice()));
    }
    Resources::new(entries)?.encode().map(Some)
}
