//! `metier pack`: from a component to a skill, wherever its parts are.
//!
//! The words are held to the rules of `metier build`: a model reads them just the same.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use metier_core::{code::Code, fault::Fault};
use metier_market::{
    folder::{self, FolderError},
    lint,
    pack::{self, Inputs, Packed},
    skill_md::SkillMd,
};
use metier_runtime::skill::MAX_FILE;
use serde_json::json;
use tempfile::NamedTempFile;

use super::{App, skill_file};
use crate::{
    args::Pack,
    errors::Failure,
    printer::Format,
    render::{bytes, count},
    text,
};

/// Largest text beside the component, in bytes; the formats allow less.
const MAX_TEXT_BYTES: u64 = 4 << 20;

/// Packs, tries the result, and writes it whole or not at all.
///
/// # Errors
/// [`Failure`]; nothing is written then, and what was there stays.
pub fn run(app: &App, args: &Pack) -> Result<(), Failure> {
    let inputs = inputs(args)?;
    let packed = packed(app, inputs)?;
    keep(app, &packed, &args.out)
}

/// The inputs, packed and tried on a host; the words in them are what a reader sees.
pub fn packed(app: &App, inputs: Inputs) -> Result<Packed, Failure> {
    if let Some(text) = &inputs.skill_md {
        SkillMd::parse(text).map_err(FolderError::from)?;
    }
    let manifest = inputs.manifest.clone();
    let packed = super::runtime()?.block_on(async {
        let host = skill_file::host(app, || skill_file::config(app))?;
        Ok::<_, Failure>(pack::pack(&host, inputs).await?)
    })?;
    hold_words(&manifest, &packed)?;
    Ok(packed)
}

/// What a person would approve is what a model would get.
fn hold_words(manifest: &str, packed: &Packed) -> Result<(), Failure> {
    let tools = packed.skill.tools();
    let tools: Vec<_> = tools.map(|tool| tool.info.clone()).collect();
    match lint::words(manifest, &tools).into_iter().next() {
        None => Ok(()),
        Some(found) => {
            let fault =
                Fault::new(Code::SkillLintFailed, found.message).with_detail("rule", found.rule);
            Err(fault.with_detail("place", found.place).into())
        }
    }
}

/// Writes the skill to `out` and says so.
pub fn keep(app: &App, packed: &Packed, out: &Path) -> Result<(), Failure> {
    let shown = text::one_line(&out.display().to_string());
    write(out, &packed.bytes)
        .map_err(|error| Failure::unwritable(&format!("The skill `{shown}`"), &error))?;
    tell(app, packed, &shown)
}

fn inputs(args: &Pack) -> Result<Inputs, Failure> {
    let resources = match &args.resources {
        Some(folder) => folder::read_below(folder)?,
        None => Default::default(),
    };
    Ok(Inputs {
        component: read(&args.component, MAX_FILE as u64)?,
        manifest: read_text(&args.manifest)?,
        skill_md: args.skill_md.as_deref().map(read_text).transpose()?,
        tools: None,
        wit: args.wit.as_ref().map(|path| readable(path)).transpose()?,
        resources,
    })
}

fn readable(path: &Path) -> Result<PathBuf, Failure> {
    fs::metadata(path)
        .map(|_| path.to_owned())
        .map_err(|error| Failure::unreadable(path, &error))
}

/// A file of at most `most` bytes.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: io::Error| Failure::unreadable(path, &error);
    if fs::metadata(path).map_err(unreadable)?.len() > most {
        return Err(unreadable(io::ErrorKind::FileTooLarge.into()));
    }
    fs::read(path).map_err(unreadable)
}

fn read_text(path: &Path) -> Result<String, Failure> {
    let bytes = read(path, MAX_TEXT_BYTES)?;
    String::from_utf8(bytes)
        .map_err(|_| Failure::unreadable(path, &io::ErrorKind::InvalidData.into()))
}

/// Beside its place first, then over it: a reader sees the old file or the new one.
pub fn write(out: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = out
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .permissions(permissions())
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    NamedTempFile::persist(file, out)
        .map(drop)
        .map_err(|error| error.error)
}

/// A skill is no secret; the umask takes away what the user does not want.
fn permissions() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

fn tell(app: &App, packed: &Packed, out: &str) -> Result<(), Failure> {
    let (digest, tools) = (packed.skill.digest(), packed.skill.tools().len());
    if app.printer.format == Format::Json {
        return app.print(&format!(
            "{}\n",
            json!({"file": out, "digest": digest, "size": packed.bytes.len(), "tools": tools})
        ));
    }
    app.print(&format!("{digest}\n"))?;
    let size = bytes(packed.bytes.len() as u64);
    app.printer
        .note(&format!("{out} has {} in {size}.", count(tools, "tool")));
    Ok(())
}
