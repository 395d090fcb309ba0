//! Everything of a skill's file that consent is about.

use std::collections::{BTreeMap, BTreeSet};

use metier_core::{
    Digest, Manifest, ManifestError, SkillName, ToolName,
    http::MethodSet,
    manifest::Capabilities,
    package::{self, MAX_SKILL_MD_BYTES, Resources, ResourcesError, Tool, ToolsError, section},
    toml_text::MAX_TEXT_BYTES,
};
use metier_runtime::skill::MAX_FILE;
use semver::Version;

use crate::pack::sections;

/// Most rules of one kind: more than anybody reads before they say yes.
pub const MAX_RULES: usize = 512;

/// Most paths of all rules together, and most methods; comparing is quadratic in the paths.
pub const MAX_PATHS: usize = 2_048;

/// Most buckets, keys, routes or tools of others.
pub const MAX_NAMES: usize = 2_048;

/// How every WebAssembly file begins.
const MAGIC: &[u8] = b"\0asm";

/// What a skill's file says and asks for, read once.
#[derive(Clone, Debug, PartialEq)]
pub struct Contents {
    pub(super) component: Digest,
    pub(super) code: Digest,
    pub(super) name: SkillName,
    pub(super) version: Version,
    pub(super) manifest: Manifest,
    pub(super) skill_md: String,
    /// Sorted by name.
    pub(super) tools: Vec<Tool>,
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

/// The file is nothing that could be consented to.
#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    /// Larger than a host loads.
    #[error("the file is {0} bytes; skills may have up to {MAX_FILE}")]
    TooLarge(usize),
    /// Not WebAssembly, or cut off.
    #[error("the file is no whole WebAssembly component")]
    Damaged,
    /// A section is missing that says what is consented to.
    #[error("the file carries no {0}, so nobody can know what they consent to")]
    Lacks(&'static str),
    /// A section that must not be there, or not twice, or not so large.
    #[error("the section `{name}` {problem}")]
    Section {
        /// Its name.
        name: String,
        /// What is wrong, as the end of a sentence.
        problem: &'static str,
    },
    /// The manifest cannot be read.
    #[error("the manifest is wrong: {0}")]
    Manifest(#[from] ManifestError),
    /// The list of tools cannot be read.
    #[error(transparent)]
    Tools(#[from] ToolsError),
    /// The packed files cannot be read.
    #[error(transparent)]
    Resources(#[from] ResourcesError),
    /// Manifest and list of tools say different things.
    #[error(
        "manifest and list of tools disagree about `{0}`: one lacks it, or says it has another effect"
    )]
    Disagree(ToolName),
    /// Asks for more than anybody reads.
    #[error("the manifest asks for more {0} than anybody could read before they consent")]
    TooMuch(&'static str),
}

impl Contents {
    /// Reads a skill's file. Nothing of it runs.
    ///
    /// # Errors
    /// See [`ContentsError`].
    pub fn of_file(bytes: &[u8]) -> Result<Self, ContentsError> {
        if bytes.len() > MAX_FILE {
            return Err(ContentsError::TooLarge(bytes.len()));
        }
        if !bytes.starts_with(MAGIC) {
            return Err(ContentsError::Damaged);
        }
        let split = sections::split(bytes).map_err(|_| ContentsError::Damaged)?;
        let ours = ours(&split.sections)?;
        let text = |name: &'static str, what| {
            let data = *ours.get(name).ok_or(ContentsError::Lacks(what))?;
            let problem = "is not UTF-8 text";
            std::str::from_utf8(data).map_err(|_| ContentsError::Section {
                name: name.to_owned(),
                problem,
            })
        };
        let manifest = Manifest::parse(text(section::MANIFEST, "manifest")?)?;
        let skill_md = text(section::SKILL_MD, "SKILL.md")?.to_owned();
        let tools = ours
            .get(section::TOOLS)
            .ok_or(ContentsError::Lacks("list of tools"))?;
        let resources =
            Resources::decode(ours.get(section::RESOURCES).copied().unwrap_or_default())?;
        let files = resources.iter();
        let files = files
            .map(|(path, body)| (path.to_string(), body.to_vec()))
            .collect();
        let contents =
            Contents::of_parts(manifest, skill_md, package::decode_tools(tools)?, files)?;
        Ok(Contents {
            component: Digest::of(bytes),
            code: Digest::of(&split.component),
            ..contents
        })
    }

    /// The parts, with the digests of no code: what tests and previews compare.
    pub(crate) fn of_parts(
        manifest: Manifest,
        skill_md: String,
        mut tools: Vec<Tool>,
        files: BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, ContentsError> {
        let skill = manifest
            .skill
            .as_ref()
            .ok_or(ContentsError::Lacks("name in its manifest"))?;
        let (name, version) = (skill.name.clone(), skill.version.clone());
        tools.sort_by(|a, b| a.name.cmp(&b.name));
        agree(&manifest, &tools)?;
        within(&manifest.capabilities)?;
        let nothing = Digest::of(b"");
        Ok(Contents {
            component: nothing,
            code: nothing,
            name,
            version,
            manifest,
            skill_md,
            tools,
            files,
        })
    }

    /// The skill's file.
    pub fn component(&self) -> &Digest {
        &self.component
    }

    /// Who it says it is.
    pub fn name(&self) -> &SkillName {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// What it asks for.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its tools, sorted by name.
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// Its SKILL.md.
    pub fn skill_md(&self) -> &str {
        &self.skill_md
    }

    /// Its packed files.
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }
}

/// Our sections, each there once and no larger than a host takes: who consents reads the words that the host runs.
fn ours<'b>(all: &[(&'b str, &'b [u8])]) -> Result<BTreeMap<&'b str, &'b [u8]>, ContentsError> {
    let mut found = BTreeMap::new();
    for (name, data) in all {
        let wrong = |problem| ContentsError::Section {
            name: metier_core::ids::shown(name),
            problem,
        };
        let most = match *name {
            section::MANIFEST => MAX_TEXT_BYTES,
            section::TOOLS => package::MAX_TOOLS_BYTES,
            section::SKILL_MD => MAX_SKILL_MD_BYTES,
            section::RESOURCES => MAX_FILE,
            _ => return Err(wrong("is not one this version knows")),
        };
        if data.len() > most {
            return Err(wrong("is larger than allowed"));
        }
        if found.insert(*name, *data).is_some() {
            return Err(wrong("appears twice"));
        }
    }
    Ok(found)
}

/// The host takes effects from the manifest, other readers from the list: consent is to both.
fn agree(manifest: &Manifest, tools: &[Tool]) -> Result<(), ContentsError> {
    let listed: BTreeSet<_> = tools.iter().map(|tool| &tool.name).collect();
    if let Some(missing) = manifest.tools.keys().find(|name| !listed.contains(name)) {
        return Err(ContentsError::Disagree(missing.clone()));
    }
    let other = tools.iter().find(|tool| {
        let asked = manifest.tools.get(&tool.name);
        asked.is_none_or(|ask| ask.effect != tool.effect)
    });
    match other {
        Some(tool) => Err(ContentsError::Disagree(tool.name.clone())),
        None => Ok(()),
    }
}

fn within(asks: &Capabilities) -> Result<(), ContentsError> {
    let methods = |set: &MethodSet| match set {
        MethodSet::Any => 1,
        MethodSet::Listed(methods) => methods.len(),
    };
    let paths: usize = asks.http.iter().map(|ask| ask.rule.paths.len()).sum();
    let methods: usize = asks.http.iter().map(|ask| methods(&ask.rule.methods)).sum();
    let rules = asks.http.len().max(asks.files.len());
    let names = [
        asks.kv.as_ref().map_or(0, |kv| kv.buckets.len()),
        asks.config.as_ref().map_or(0, |config| config.keys.len()),
        asks.model.as_ref().map_or(0, |model| model.routes.len()),
        asks.calls.as_ref().map_or(0, |calls| calls.tools.len()),
    ];
    if rules > MAX_RULES {
        return Err(ContentsError::TooMuch("rules"));
    }
    if paths > MAX_PATHS || methods > MAX_PATHS {
        return Err(ContentsError::TooMuch("paths and methods"));
    }
    match names.into_iter().any(|count| count > MAX_NAMES) {
        true => Err(ContentsError::TooMuch("names")),
        false => Ok(()),
    }
}
