//! A skill's folder that a command makes of something that is there already: a description, a server.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use metier_core::{
    code::Code,
    fault::Fault,
    ids::{InvalidSkillName, SkillName},
};
use metier_market::{
    folder::{self, write_whole},
    pack::Packed,
};

use crate::{
    errors::{Failure, sentence},
    text,
};

/// Who publishes a skill whose author did not say.
const NAMESPACE: &str = "com.example";

/// What is written into the folder, beside the skill itself.
pub struct Texts<'a> {
    /// `skill.toml`.
    pub manifest: &'a str,
    /// `SKILL.md`.
    pub skill_md: &'a str,
    /// Where the component finds its plan, and the plan.
    pub plan: (&'a str, &'a str),
}

/// Input that no skill can be made of.
pub fn unusable(message: &str, hint: &str) -> Failure {
    Fault::new(Code::InvalidArguments, sentence(&text::one_line(message)))
        .with_hint(hint)
        .into()
}

/// The whole name: as it is written, or below a namespace.
///
/// # Errors
/// It is none, with the hint.
pub fn name(written: &str, namespace: Option<&str>, hint: &str) -> Result<SkillName, Failure> {
    let whole = match (namespace, written.split_once('/')) {
        (Some(namespace), Some((_, short))) => format!("{namespace}/{short}"),
        (None, Some(_)) => written.to_owned(),
        (namespace, None) => format!("{}/{written}", namespace.unwrap_or(NAMESPACE)),
    };
    whole
        .parse()
        .map_err(|error: InvalidSkillName| Failure::usage(sentence(&error.to_string()), hint))
}

/// Where the folder goes: nowhere where it would not build again.
///
/// # Errors
/// It would not have the skill's name.
pub fn place(out: Option<&Path>, name: &SkillName) -> Result<PathBuf, Failure> {
    let short = name.short();
    let folder = out.unwrap_or(Path::new(short));
    if folder.file_name() == Some(short.as_ref()) {
        return Ok(folder.to_owned());
    }
    Err(Failure::usage(
        format!("A skill's folder has its name, so `-o` ends in `{short}`."),
        format!("For instance: -o skills/{short}"),
    ))
}

/// Writes the folder, whole or not at all.
///
/// # Errors
/// Something is there already, or it cannot be written.
pub fn write(
    folder: &Path,
    name: &SkillName,
    texts: &Texts<'_>,
    packed: &Packed,
) -> Result<(), Failure> {
    let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let all = BTreeMap::from([
        file(folder::MANIFEST_FILE, texts.manifest),
        file(folder::SKILL_MD_FILE, texts.skill_md),
        file(texts.plan.0, texts.plan.1),
        (format!("dist/{}.wasm", name.short()), packed.bytes.clone()),
    ]);
    write_whole(folder, &all).map_err(|error| match error.kind() {
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => occupied(folder),
        _ => {
            let shown = text::one_line(&folder.display().to_string());
            Failure::unwritable(&format!("The folder `{shown}`"), &error)
        }
    })
}

/// Something is there already.
pub fn occupied(folder: &Path) -> Failure {
    let shown = text::one_line(&folder.display().to_string());
    let message = format!("`{shown}` is there already; nothing was written.");
    Fault::new(Code::Conflict, message)
        .with_hint("Choose another name or -o, or move what is there.")
        .into()
}
