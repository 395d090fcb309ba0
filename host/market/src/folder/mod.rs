//! A skill's folder → what is packed.
//!
//! ```text
//! weather/
//!   skill.toml                             the manifest, embedded as written
//!   SKILL.md                               its `name` = the folder's name = the last part of the manifest's name
//!   wit/                                   the world; its comments become the tools' descriptions
//!   assets/ references/ scripts/ fixtures/ packed under their own names: `assets/fields.json`
//!   resources/                             packed without its name: `resources/x.json` is read as `x.json`
//!   component.wasm, tools.json             instead of source, in a skill that was unpacked
//! ```
//!
//! Everything else in the folder is source, or nobody's business. A symbolic link in a packed folder is an error, not a
//! gap: a skill carries files, not pointers out of its folder, and one that silently lacked a file would fail far from here.

mod files;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use metier_core::package::{MAX_SKILL_MD_BYTES, MAX_TOOLS_BYTES};
use metier_core::{Manifest, ManifestError};

pub use files::read_below;
pub use write::{Prepared, write_whole};

use crate::pack::Inputs;
use crate::skill_md::{SkillMd, SkillMdError};

/// The manifest's file.
pub const MANIFEST_FILE: &str = "skill.toml";
/// The file of words.
pub const SKILL_MD_FILE: &str = "SKILL.md";
/// The tools of an unpacked skill.
pub const TOOLS_FILE: &str = "tools.json";
/// The component of an unpacked skill.
pub const COMPONENT_FILE: &str = "component.wasm";
/// The folder of the skill's world.
pub const WIT_FOLDER: &str = "wit";
/// Folders that are packed under their own names.
pub const NAMED_FOLDERS: [&str; 4] = ["assets", "fixtures", "references", "scripts"];
/// The folder that is packed without its name.
pub const BARE_FOLDER: &str = "resources";

/// Largest manifest, in bytes: what a host loads.
const MAX_MANIFEST_BYTES: usize = 256 << 10;

/// What a folder says, all of it checked but the component.
#[derive(Debug)]
pub struct Folder {
    /// `skill.toml`, as written.
    pub manifest_text: String,
    /// The same, read; it has a name.
    pub manifest: Manifest,
    /// `SKILL.md`, as written.
    pub skill_md: String,
    /// The `wit` folder, when there is one.
    pub wit: Option<PathBuf>,
    /// `tools.json`, when there is one.
    pub tools: Option<Vec<u8>>,
    /// Packed files, by the path they are read under.
    pub resources: BTreeMap<String, Vec<u8>>,
}

/// Why a folder is none of a skill.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file that must be there is not.
    #[error("the folder `{}` has no {file}", folder.display())]
    Missing {
        /// Where.
        folder: PathBuf,
        /// Which.
        file: &'static str,
    },
    /// A file cannot be read.
    #[error("`{}` cannot be read: {}", .0.display(), .1.kind())]
    Unreadable(PathBuf, std::io::Error),
    /// A text file is none.
    #[error("`{}` is not UTF-8 text", .0.display())]
    NotText(PathBuf),
    /// A file is larger than it may be.
    #[error("`{}` is larger than {most} bytes", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The limit.
        most: usize,
    },
    /// A symbolic link, or something that is neither file nor folder, where files are packed.
    #[error("`{}` is {what}, and only files are packed: put the file itself there, or leave it out", path.display())]
    NotAFile {
        /// Which.
        path: PathBuf,
        /// `a symbolic link`, `a special file`.
        what: &'static str,
    },
    /// A file's name is no text, or no path a skill can read it under.
    #[error("`{}` has a name that cannot be packed: {why}", path.display())]
    BadName {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Too many files, or too many bytes.
    #[error("the folder packs more than {0}")]
    TooMuch(String),
    /// Two files would be read under one path.
    #[error("`{0}` and `resources/{0}` would both be read as `{0}`: rename one")]
    Clash(String),
    /// `skill.toml` is wrong.
    #[error("the manifest skill.toml is wrong: {0}")]
    Manifest(#[from] ManifestError),
    /// `skill.toml` has no name.
    #[error("skill.toml has no `[skill]` with a `name`")]
    NoName,
    /// `SKILL.md` is wrong.
    #[error("SKILL.md is wrong: {0}")]
    SkillMd(#[from] SkillMdError),
    /// Folder, manifest and SKILL.md do not agree.
    #[error(
        "{what} is `{other}`, and skill.toml names the skill `{name}`: make them the same word"
    )]
    Name {
        /// `the folder's name`, `the name in SKILL.md`.
        what: &'static str,
        /// That word.
        other: String,
        /// The manifest's.
        name: String,
    },
}

impl Folder {
    /// Reads and checks the folder. Only the files named in the module's table are looked at.
    ///
    /// # Errors
    /// See [`FolderError`]; the first of them.
    pub fn read(folder: &Path) -> Result<Folder, FolderError> {
        let manifest_text = text(folder, MANIFEST_FILE, MAX_MANIFEST_BYTES)?;
        let manifest = Manifest::parse(&manifest_text)?;
        let skill_md = text(folder, SKILL_MD_FILE, MAX_SKILL_MD_BYTES)?;
        let name = SkillMd::parse(&skill_md)?.name;
        check_names(folder, &manifest, &name)?;
        Ok(Folder {
            wit: Some(folder.join(WIT_FOLDER)).filter(|wit| wit.is_dir()),
            tools: optional(folder, TOOLS_FILE, MAX_TOOLS_BYTES)?,
            resources: resources(folder)?,
            manifest_text,
            manifest,
            skill_md,
        })
    }

    /// With its component: what is packed.
    pub fn into_inputs(self, component: Vec<u8>) -> Inputs {
        Inputs {
            component,
            manifest: self.manifest_text,
            skill_md: Some(self.skill_md),
            // An unpacked skill's words are in tools.json.
            wit: self.wit.filter(|_| self.tools.is_none()),
            tools: self.tools,
            resources: self.resources,
        }
    }
}

/// Every packed file of the folder, by the path it is read under.
///
/// # Errors
/// [`FolderError`].
pub fn resources(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, FolderError> {
    let mut all = BTreeMap::new();
    for name in NAMED_FOLDERS {
        files::add(&mut all, &folder.join(name), &format!("{name}/"))?;
    }
    let mut bare = BTreeMap::new();
    files::add(&mut bare, &folder.join(BARE_FOLDER), "")?;
    for (path, bytes) in bare {
        if all.insert(path.clone(), bytes).is_some() {
            return Err(FolderError::Clash(path));
        }
    }
    files::check_total(&all)?;
    Ok(all)
}

fn check_names(folder: &Path, manifest: &Manifest, skill_md: &str) -> Result<(), FolderError> {
    let name = manifest.name().ok_or(FolderError::NoName)?.short();
    let own = folder.file_name().unwrap_or_default().to_string_lossy();
    for (what, other) in [
        ("the folder's name", own.as_ref()),
        ("the name in SKILL.md", skill_md),
    ] {
        if other != name {
            return Err(FolderError::Name {
                what,
                other: other.to_owned(),
                name: name.to_owned(),
            });
        }
    }
    Ok(())
}

fn text(folder: &Path, file: &'static str, most: usize) -> Result<String, FolderError> {
    let bytes = optional(folder, file, most)?.ok_or_else(|| FolderError::Missing {
        folder: folder.to_owned(),
        file,
    })?;
    String::from_utf8(bytes).map_err(|_| FolderError::NotText(folder.join(file)))
}

fn optional(folder: &Path, file: &str, most: usize) -> Result<Option<Vec<u8>>, FolderError> {
    let path = folder.join(file);
    match files::read(&path, most) {
        Err(FolderError::Unreadable(_, error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(None)
        }
        read => read.map(Some),
    }
}

#[cfg(test)]
mod tests;
