//! `metier build`: from a skill's folder to one file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use metier_core::ids::SkillName;
use metier_market::{
    folder::{Folder, FolderError},
    pack::Packed,
};
use metier_runtime::skill::MAX_FILE;

use super::{App, pack};
use crate::{
    args::Build,
    errors::Failure,
    languages::{Language, Project},
};

/// Builds, packs, tries the result, and writes it whole or not at all.
///
/// # Errors
/// [`Failure`]; what was there stays then.
pub fn run(app: &App, args: &Build) -> Result<(), Failure> {
    let (packed, name) = made(app, &args.folder, args.component.as_deref())?;
    let out = match &args.out {
        Some(out) => out.clone(),
        None => default_out(&args.folder, &name)?,
    };
    pack::keep(app, &packed, &out)
}

/// Builds into `dist/` without a word on standard output; gives back the file.
///
/// # Errors
/// As [`run`].
pub fn quietly(app: &App, folder: &Path) -> Result<PathBuf, Failure> {
    let (packed, name) = made(app, folder, None)?;
    let out = default_out(folder, &name)?;
    pack::write(&out, &packed.bytes)
        .map_err(|error| Failure::unwritable(&format!("The skill `{}`", out.display()), &error))?;
    Ok(out)
}

/// From `component`, or from the folder's source without one.
fn made(
    app: &App,
    folder: &Path,
    component: Option<&Path>,
) -> Result<(Packed, SkillName), Failure> {
    let unreadable = |error| Failure::unreadable(folder, &error);
    let place = fs::canonicalize(folder).map_err(unreadable)?;
    let folder = Folder::read(&place)?;
    let name = folder.manifest.name().cloned().ok_or(FolderError::NoName)?;
    let project = Project {
        folder: &place,
        name: &name,
        app,
    };
    let component = match component {
        Some(file) => pack::read(file, MAX_FILE as u64)?,
        None => Language::find(&place)?.build(&project)?,
    };
    Ok((pack::packed(app, folder.into_inputs(component))?, name))
}

/// `dist/weather.wasm`, in a folder that exists.
fn default_out(folder: &Path, name: &SkillName) -> Result<PathBuf, Failure> {
    let dist = folder.join("dist");
    fs::create_dir_all(&dist).map_err(|error| {
        Failure::unwritable(&format!("The folder `{}`", dist.display()), &error)
    })?;
    Ok(dist.join(format!("{}.wasm", name.short())))
}
