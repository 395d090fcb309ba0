//! What a skill's file says of itself, read without running it.

use metier_core::{
    Digest, Effect, Manifest, Price, SkillName, Tool,
    package::{self, MAX_SKILL_MD_BYTES, section},
};
use metier_store::search::{Facet, MAX_ENTRY_WORDS, MAX_FACETS, SearchEntry};
use semver::Version;
use serde::{Deserialize, Serialize};
use wasmparser::{BinaryReader, Parser, Payload, ProducersSectionReader};

use crate::{
    agent::{Package, PackageError, Pin},
    kind::Kind,
    skill_md::SkillMd,
};

mod agent;

/// Bytes before the first section.
const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

/// The number of a custom section.
const CUSTOM: u8 = 0;

/// Words of producers sections, and the language each tells. What a runtime or an adapter is written in says less than what compiled to it:
/// the first that is there counts.
const LANGUAGES: [(&str, &str); 10] = [
    ("componentize-js", "javascript"),
    ("componentizejs", "javascript"),
    ("javascript", "javascript"),
    ("componentize-py", "python"),
    ("python", "python"),
    ("tinygo", "go"),
    ("go", "go"),
    ("c++", "c++"),
    ("rust", "rust"),
    ("c11", "c"),
];

/// Why a file is no skill that can be published.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// It is something else, or damaged.
    #[error("the file is no WebAssembly component, or is cut off")]
    NotAComponent,
    /// It carries no manifest.
    #[error(
        "the component carries no manifest: `metier build` or `metier pack` writes one into it"
    )]
    NoManifest,
    /// Its manifest cannot be read.
    #[error("the manifest in it is wrong: {0}")]
    Manifest(String),
    /// It is an agent's package, and wrong.
    #[error(transparent)]
    Agent(#[from] PackageError),
    /// Its tools cannot be read.
    #[error("the list of tools in it is wrong: {0}")]
    Tools(#[from] package::ToolsError),
    /// Its words cannot be read.
    #[error("the SKILL.md in it is no text, or longer than {MAX_SKILL_MD_BYTES} bytes")]
    SkillMd,
}

/// What is told of a skill in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Facts {
    /// Its name.
    pub name: SkillName,
    /// What it is.
    #[serde(default, skip_serializing_if = "Kind::is_skill")]
    pub kind: Kind,
    /// Its version.
    pub version: Version,
    /// One or two sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// An SPDX expression or a file name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// What it was written in, where its file tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether something is to be paid.
    pub paid: bool,
    /// What.
    #[serde(default, skip_serializing_if = "Price::is_free")]
    pub price: Price,
    /// Kinds of reach it asks for.
    pub capabilities: Vec<String>,
    /// Hosts it asks to speak to.
    pub services: Vec<String>,
    /// Its tools.
    pub tools: Vec<ToolFacts>,
    /// The skills it pins, where it is an agent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<Pin>,
    /// Its SKILL.md, where it carries one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_md: Option<SkillMdFacts>,
}

/// What is told of a SKILL.md in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkillMdFacts {
    /// Its digest.
    pub digest: Digest,
    /// When to use the skill.
    pub description: String,
}

/// What is told of a tool in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolFacts {
    /// Its name.
    pub name: String,
    /// What it does to the world.
    pub effect: Effect,
    /// What it does, in its first words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Everything a file says.
#[derive(Debug)]
pub struct Described {
    /// In short.
    pub facts: Facts,
    /// What it asks for.
    pub manifest: Manifest,
    /// `skill.toml`, as it was written.
    pub manifest_text: String,
    /// `SKILL.md`, as it was written.
    pub skill_md: Option<String>,
    /// Its tools with their schemas.
    pub tools: Vec<Tool>,
    /// What an agent's package says; of a skill nothing.
    pub agent: Option<Box<Package>>,
}

/// Bytes of a tool's description in lists.
const MAX_TOOL_WORDS: usize = 300;

/// Bytes of a skill's description in lists.
const MAX_DESCRIPTION: usize = 1_024;

/// Reads a skill's file.
///
/// # Errors
/// [`DescribeError`]: it is none that can be published.
pub fn describe(component: &[u8]) -> Result<Described, DescribeError> {
    if component.starts_with(b"{") {
        return Ok(agent::described(component)?);
    }
    let sections = sections(component).ok_or(DescribeError::NotAComponent)?;
    let find = |wanted| {
        let mut sections = sections.iter();
        sections.find_map(|(name, data)| (*name == wanted).then_some(*data))
    };
    let manifest = find(section::MANIFEST).ok_or(DescribeError::NoManifest)?;
    let manifest_text = str::from_utf8(manifest)
        .map_err(|_| DescribeError::Manifest("it is no text".to_owned()))?
        .to_owned();
    let manifest = Manifest::parse(&manifest_text)
        .map_err(|error| DescribeError::Manifest(error.to_string()))?;
    let tools = find(section::TOOLS)
        .map(package::decode_tools)
        .transpose()?;
    let tools = tools.unwrap_or_default();
    let skill_md = match find(section::SKILL_MD) {
        None => None,
        Some(text) if text.len() > MAX_SKILL_MD_BYTES => return Err(DescribeError::SkillMd),
        Some(text) => Some(
            str::from_utf8(text)
                .map_err(|_| DescribeError::SkillMd)?
                .to_owned(),
        ),
    };
    let mut facts = facts(&manifest, &tools, language(component))?;
    facts.skill_md = skill_md.as_deref().map(|text| of_skill_md(text, &facts));
    Ok(Described {
        facts,
        manifest,
        manifest_text,
        skill_md,
        tools,
        agent: None,
    })
}

/// Custom sections of the component itself. Nothing where it is none.
fn sections(component: &[u8]) -> Option<Vec<(&str, &[u8])>> {
    let mut reader = BinaryReader::new(component, 0);
    if reader.read_bytes(HEADER.len()).ok()? != HEADER {
        return None;
    }
    let mut sections = Vec::new();
    while !reader.eof() {
        let id = reader.read_u8().ok()?;
        let length = reader.read_var_u32().ok()? as usize;
        let body = reader.read_bytes(length).ok()?;
        if id == CUSTOM {
            let mut inside = BinaryReader::new(body, 0);
            let name = inside.read_string().ok()?;
            sections.push((name, body.get(inside.current_position()..)?));
        }
    }
    Some(sections)
}

fn facts(
    manifest: &Manifest,
    tools: &[Tool],
    language: Option<&str>,
) -> Result<Facts, DescribeError> {
    let skill = manifest.skill.as_ref().ok_or(DescribeError::NoManifest)?;
    let asks = &manifest.capabilities;
    let capabilities = [
        ("http", !asks.http.is_empty()),
        ("kv", asks.kv.is_some()),
        ("files", !asks.files.is_empty()),
        ("artifacts", asks.artifacts.is_some()),
        ("config", asks.config.is_some()),
        ("log", asks.log.is_some()),
        ("model", asks.model.is_some()),
        ("calls", asks.calls.is_some()),
    ];
    let mut services: Vec<String> = asks
        .http
        .iter()
        .map(|ask| ask.value.rule.host.to_string())
        .collect();
    services.sort_unstable();
    services.dedup();
    Ok(Facts {
        name: skill.name.clone(),
        kind: Kind::Skill,
        version: skill.version.clone(),
        description: skill.description.clone(),
        license: skill.license.clone(),
        homepage: skill.homepage.clone(),
        language: language.map(str::to_owned),
        paid: !manifest.pricing.value.is_free(),
        price: manifest.pricing.value.clone(),
        capabilities: capabilities
            .iter()
            .filter(|(_, is_asked)| *is_asked)
            .map(|(name, _)| (*name).to_owned())
            .collect(),
        services,
        tools: tools
            .iter()
            .map(|tool| ToolFacts {
                name: tool.name.to_string(),
                effect: tool.effect,
                description: cut(&tool.description, MAX_TOOL_WORDS).to_owned(),
            })
            .collect(),
        skills: Vec::new(),
        skill_md: None,
    })
}

fn of_skill_md(text: &str, facts: &Facts) -> SkillMdFacts {
    let own = || facts.description.clone().unwrap_or_default();
    let read = SkillMd::parse(text).ok();
    let description = read.map_or_else(own, |read| read.description.to_string());
    SkillMdFacts {
        digest: Digest::of(text.as_bytes()),
        description: cut(&description, MAX_DESCRIPTION).to_owned(),
    }
}

/// What the file was written in, as its producers sections tell.
fn language(component: &[u8]) -> Option<&'static str> {
    let mut told = Vec::new();
    for payload in Parser::new(0).parse_all(component).map_while(Result::ok) {
        let Payload::CustomSection(section) = payload else {
            continue;
        };
        if section.name() != "producers" {
            continue;
        }
        let reader = BinaryReader::new(section.data(), section.data_offset());
        let Ok(fields) = ProducersSectionReader::new(reader) else {
            continue;
        };
        for field in fields.into_iter().map_while(Result::ok) {
            for value in field.values.into_iter().map_while(Result::ok) {
                told.push(value.name.to_ascii_lowercase());
            }
        }
    }
    let told = |word: &str| told.iter().any(|told| told == word);
    let mut languages = LANGUAGES.iter();
    languages.find_map(|(word, language)| told(word).then_some(*language))
}

/// The beginning of a text, whole characters.
fn cut(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

impl Facts {
    /// What it is found by, with what is shown of it.
    pub fn entry(&self, shown: String) -> SearchEntry {
        let description = self.description.clone().unwrap_or_default();
        let description = cut(&description, MAX_ENTRY_WORDS / 4).to_owned();
        let mut words = String::new();
        for tool in &self.tools {
            words.push_str(&format!("{} {}\n", tool.name, tool.description));
        }
        for pin in &self.skills {
            words.push_str(&format!("{}\n", pin.name));
        }
        for service in &self.services {
            words.push_str(&format!("{service}\n"));
        }
        SearchEntry {
            name: self.name.clone(),
            words: cut(&words, MAX_ENTRY_WORDS - description.len()).to_owned(),
            description,
            facets: self.facets().take(MAX_FACETS).collect(),
            standing: 0,
            shown,
        }
    }

    fn facets(&self) -> impl Iterator<Item = (Facet, String)> {
        let price = if self.paid { "paid" } else { "free" };
        let single = [
            Some((Facet::Publisher, self.name.namespace().to_owned())),
            Some((Facet::Kind, self.kind.to_string())),
            Some((Facet::Price, price.to_owned())),
            self.language.clone().map(|name| (Facet::Language, name)),
        ];
        let capabilities = self.capabilities.iter();
        let effects = self.tools.iter().map(|tool| tool.effect.to_string());
        let services = self.services.iter();
        single
            .into_iter()
            .flatten()
            .chain(capabilities.map(|name| (Facet::Capability, name.clone())))
            .chain(effects.map(|effect| (Facet::Effect, effect)))
            .chain(services.map(|host| (Facet::Service, host.clone())))
    }
}
