//! The package's file: read strictly, written in one way.

use std::{cell::RefCell, collections::BTreeMap, collections::BTreeSet};

use metier_agent::definition::{Definition, Name, SkillUse, ToolChoice};
use metier_core::{
    Digest, SkillName, canonical,
    ids::{InvalidSkillName, shown},
    toml_text::TextError,
};
use semver::{BuildMetadata, Op, Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::path;
use crate::kind::Kind;

/// The form of packages written and read here.
const FORM: u64 = 1;

/// Largest package, in bytes: as much as a service takes of a definition, and what JSON writes more for it.
pub const MAX_PACKAGE: usize = 2 << 20;

/// Most skills of an agent: more than anybody reads before they say yes.
pub const MAX_SKILLS: usize = 32;

/// Most files beside the definition.
pub const MAX_FILES: usize = 64;

/// One version of one skill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The skill.
    pub name: SkillName,
    /// The version.
    pub version: Version,
    /// Its component.
    pub digest: Digest,
}

/// An agent or a chain that can be published.
#[derive(Clone, Debug, PartialEq)]
pub struct Package {
    digest: Digest,
    name: SkillName,
    version: Version,
    definition: Definition,
    text: String,
    files: BTreeMap<String, String>,
    pins: BTreeMap<Name, Pin>,
    triggers: toml::Table,
}

/// The file is no package, or cannot be made one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// Larger than any real one.
    #[error("the package has more than {MAX_PACKAGE} bytes")]
    TooLarge,
    /// Another file.
    #[error("the file is no package of an agent: {0}")]
    Shape(String),
    /// The same meaning in other bytes.
    #[error("the package is not written as packages are: equal ones have equal bytes")]
    Spelling,
    /// The definition cannot be read.
    #[error("the definition, {0}")]
    Definition(#[from] TextError),
    /// Nobody's.
    #[error(
        "the definition says no `namespace`: write `namespace = \"com.acme\"` under [agent] or [chain]"
    )]
    Nobodys,
    /// A name that cannot be published.
    #[error(transparent)]
    Name(#[from] InvalidSkillName),
    /// A version that is none.
    #[error("the version `{text}` is no version such as 1.2.0: {why}")]
    Version {
        /// As written.
        text: String,
        /// What is wrong.
        why: String,
    },
    /// A skill that is not pinned.
    #[error("the skill `{alias}` is not pinned: its table lacks {lacks}")]
    Unpinned {
        /// Its alias.
        alias: String,
        /// What is missing.
        lacks: &'static str,
    },
    /// A skill's file or grant elsewhere than where an install puts it.
    #[error(
        "the skill `{alias}` has `{key}` elsewhere than at `{wanted}`, where an install puts it"
    )]
    Elsewhere {
        /// Its alias.
        alias: String,
        /// Of which.
        key: &'static str,
        /// Where it has to be.
        wanted: String,
    },
    /// A file that must not be there.
    #[error("the file `{path}` {why}")]
    Path {
        /// Which.
        path: String,
        /// What is wrong, as the end of a sentence.
        why: &'static str,
    },
    /// A file nobody reads.
    #[error("the definition does not read the file `{0}`")]
    Unread(String),
    /// More than anybody reads.
    #[error("there are more {0} than an agent may have")]
    TooMany(&'static str),
    /// What cannot be pinned because it is not there.
    #[error("the definition has no skill `{0}`")]
    NoSkill(String),
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    v: u64,
    kind: Kind,
    text: String,
    files: BTreeMap<String, String>,
}

impl Package {
    /// Reads a package.
    ///
    /// # Errors
    /// See [`PackageError`].
    pub fn of_file(bytes: &[u8]) -> Result<Self, PackageError> {
        if bytes.len() > MAX_PACKAGE {
            return Err(PackageError::TooLarge);
        }
        let wire: Wire = serde_json::from_slice(bytes)
            .map_err(|error| PackageError::Shape(shown(&error.to_string())))?;
        if wire.v != FORM || wire.kind != Kind::Agent {
            let why = format!("it is of the form {} of {}s", wire.v, wire.kind);
            return Err(PackageError::Shape(why));
        }
        if write(&wire) != bytes {
            return Err(PackageError::Spelling);
        }
        Package::checked(wire, Digest::of(bytes))
    }

    /// The package of a definition that is pinned, and its bytes. Files that it does not read are left out.
    ///
    /// # Errors
    /// See [`PackageError`].
    pub fn of_parts(
        text: String,
        files: BTreeMap<String, String>,
    ) -> Result<(Self, Vec<u8>), PackageError> {
        let (_, used) = definition(&text, &files)?;
        let files = files.into_iter().filter(|(path, _)| used.contains(path));
        let wire = Wire {
            v: FORM,
            kind: Kind::Agent,
            text,
            files: files.collect(),
        };
        let bytes = write(&wire);
        Ok((Package::of_file(&bytes)?, bytes))
    }

    fn checked(wire: Wire, digest: Digest) -> Result<Self, PackageError> {
        if wire.files.len() > MAX_FILES {
            return Err(PackageError::TooMany("files"));
        }
        for path in wire.files.keys() {
            if let Some(why) = path::wrong(path) {
                let path = shown(path);
                return Err(PackageError::Path { path, why });
            }
        }
        let (definition, used) = definition(&wire.text, &wire.files)?;
        if let Some(unread) = wire.files.keys().find(|path| !used.contains(*path)) {
            return Err(PackageError::Unread(unread.clone()));
        }
        let terms = definition.terms();
        let namespace = terms.namespace.as_ref().ok_or(PackageError::Nobodys)?;
        let name = format!("{namespace}/{}", terms.name.as_str()).parse()?;
        let version = version(&terms.version)?;
        if terms.skills.len() > MAX_SKILLS {
            return Err(PackageError::TooMany("skills"));
        }
        let pins = terms
            .skills
            .iter()
            .map(|(alias, using)| Ok((alias.clone(), pin(alias, using)?)))
            .collect::<Result<_, PackageError>>()?;
        Ok(Package {
            digest,
            name,
            version,
            pins,
            triggers: triggers(&wire.text),
            definition,
            text: wire.text,
            files: wire.files,
        })
    }

    /// The SHA-256 of its file.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Its name.
    pub fn name(&self) -> &SkillName {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// What it does.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The definition's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The files it reads, by path beside it.
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// Its skills, by alias.
    pub fn pins(&self) -> &BTreeMap<Name, Pin> {
        &self.pins
    }

    /// Which tools of a skill it uses.
    pub fn tools(&self, alias: &Name) -> Option<&ToolChoice> {
        let using = self.definition.terms().skills.get(alias);
        using.map(|using| &using.tools)
    }

    /// What its file says should start it. An install starts nothing by it.
    pub fn triggers(&self) -> &toml::Table {
        &self.triggers
    }
}

fn write(wire: &Wire) -> Vec<u8> {
    // A struct of texts is always JSON.
    canonical::text(&serde_json::to_value(wire).unwrap_or_default()).into_bytes()
}

/// The definition, and which files it reads.
fn definition(
    text: &str,
    files: &BTreeMap<String, String>,
) -> Result<(Definition, BTreeSet<String>), PackageError> {
    let used = RefCell::new(BTreeSet::new());
    let beside = |path: &str| {
        used.borrow_mut().insert(path.to_owned());
        let found = files.get(path).cloned();
        found.ok_or_else(|| format!("the package has no file `{}`", shown(path)))
    };
    let definition = Definition::parse(text, &beside)?;
    Ok((definition, used.into_inner()))
}

fn version(text: &str) -> Result<Version, PackageError> {
    let wrong = |why: String| PackageError::Version {
        text: shown(text),
        why,
    };
    let version: Version = text
        .parse()
        .map_err(|error: semver::Error| wrong(error.to_string()))?;
    match version.build == BuildMetadata::EMPTY {
        true => Ok(version),
        false => Err(wrong(
            "what stands behind `+` makes no version of its own".to_owned(),
        )),
    }
}

fn pin(alias: &Name, using: &SkillUse) -> Result<Pin, PackageError> {
    let alias = alias.as_str();
    let lacks = |lacks| PackageError::Unpinned {
        alias: alias.to_owned(),
        lacks,
    };
    let beside = |key, found: Option<&str>, end| {
        let wanted = format!("{alias}{end}");
        match found == Some(&wanted) {
            true => Ok(()),
            false => Err(PackageError::Elsewhere {
                alias: alias.to_owned(),
                key,
                wanted,
            }),
        }
    };
    beside("file", Some(&using.file), ".wasm")?;
    beside("grant", using.grant.as_deref(), ".grant.toml")?;
    let version = using.version.as_ref().and_then(exact);
    Ok(Pin {
        name: using.name.clone().ok_or_else(|| lacks("its `name`"))?,
        version: version.ok_or_else(|| lacks("one `version`, such as \"=1.2.3\""))?,
        digest: using.digest.ok_or_else(|| lacks("its `digest`"))?,
    })
}

/// The one version a requirement means.
fn exact(wanted: &VersionReq) -> Option<Version> {
    let [only] = wanted.comparators.as_slice() else {
        return None;
    };
    Some(Version {
        pre: only.pre.clone(),
        ..Version::new(only.major, only.minor?, only.patch?)
    })
    .filter(|_| only.op == Op::Exact)
}

/// As written: the definition was read, so it is TOML.
fn triggers(text: &str) -> toml::Table {
    let root: toml::Table = toml::from_str(text).unwrap_or_default();
    match root.get("triggers") {
        Some(toml::Value::Table(table)) => table.clone(),
        _ => toml::Table::new(),
    }
}
