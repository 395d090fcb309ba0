//! An agent in a directory: its file, what that reads, and its skills with a grant each, so that `metier run` runs it there.
//!
//! Nothing that is somebody else's is written over: what is there has to be the same, or what the version before put there. A grant
//! stays whatever it is.

use std::{fs, path::Path};

use metier_agent::definition::Name;
use metier_core::{Digest, SkillName};
use metier_market::agent::{MAX_PACKAGE, Package};

use super::{PACKAGE, find::FoundAgent, whole};
use crate::{
    commands::{market::grant, pack, skill_file},
    errors::Failure,
    text,
};

/// What was put into a directory.
pub struct Put {
    /// The agent's file, in it.
    pub definition: String,
    /// Aliases whose grants were there and stay.
    pub grants_kept: Vec<Name>,
}

/// Puts an agent there, or leaves the directory as it is.
///
/// # Errors
/// When a file is in the way, and the disk's.
pub fn put(folder: &Path, found: &FoundAgent) -> Result<Put, Failure> {
    let package = &found.fetched.contents;
    let before = there(folder, package.name());
    let mut files = Vec::new();
    let mut grants_kept = Vec::new();
    for (alias, skill) in &found.skills {
        let name = |end: &str| format!("{}{end}", alias.as_str());
        let fetched = &skill.fetched;
        let known = before.as_ref().and_then(|before| before.pins().get(alias));
        let component = folder.join(name(".wasm"));
        let there = component
            .exists()
            .then(|| skill_file::read(&component))
            .transpose()?;
        if let Some(there) = there.map(|there| Digest::of(&there)) {
            let is_ours =
                there == skill.line.component || known.is_some_and(|pin| pin.digest == there);
            in_the_way(folder, &name(".wasm"), is_ours)?;
        }
        let granted = folder.join(name(".grant.toml")).exists();
        match granted {
            true => grants_kept.push(alias.clone()),
            false => {
                let grant = grant::text(fetched.contents.manifest(), fetched.contents.component());
                files.push((name(".grant.toml"), grant.into_bytes()));
            }
        }
        files.push((name(".receipt.json"), fetched.receipt.clone()));
        files.push((name(".wasm"), fetched.component()?));
    }
    let short = package.name().short();
    for (path, body) in package.files() {
        follows_no_link(folder, path)?;
        let known = before.as_ref().and_then(|before| before.files().get(path));
        check_text(folder, path, body, known)?;
        files.push((path.clone(), body.clone().into_bytes()));
    }
    let definition = format!("{short}.toml");
    let known = before.as_ref().map(|before| before.text().to_owned());
    check_text(folder, &definition, package.text(), known.as_ref())?;
    files.push((
        format!("{short}.agent.receipt.json"),
        found.fetched.receipt.clone(),
    ));
    files.push((format!("{short}{PACKAGE}"), found.fetched.component()?));
    files.push((definition.clone(), package.text().as_bytes().to_vec()));
    whole::write(folder, &files).map_err(|error| {
        let shown = text::one_line(&folder.display().to_string());
        Failure::unwritable(&format!("The directory `{shown}`"), &error)
    })?;
    Ok(Put {
        definition,
        grants_kept,
    })
}

/// Whether a skill may have this alias in a directory: what an agent there pins is moved by the agent's own updates, and by nothing else.
///
/// # Errors
/// When an agent pins another file.
pub fn is_free(folder: &Path, alias: &Name, component: &Digest) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let packages = entries.map(|entry| entry.path());
    for path in packages.filter(|path| super::is_package(path)) {
        // What is no package pins nothing.
        let Ok(bytes) = pack::read(&path, MAX_PACKAGE as u64) else {
            continue;
        };
        let Ok(package) = Package::of_file(&bytes) else {
            continue;
        };
        if let Some(pin) = package.pins().get(alias)
            && pin.digest != *component
        {
            return Err(Failure::usage(
                format!(
                    "The agent {} that is installed there pins `{}` to {} {}.",
                    package.name(),
                    alias.as_str(),
                    pin.name,
                    pin.version
                ),
                "Nothing was changed. Choose another directory with --to, or another alias with --as; `metier update` of the agent moves its skills.",
            ));
        }
    }
    Ok(())
}

/// The package that an earlier install of the same agent left there.
pub fn there(folder: &Path, name: &SkillName) -> Option<Package> {
    let path = folder.join(format!("{}{PACKAGE}", name.short()));
    let bytes = pack::read(&path, MAX_PACKAGE as u64).ok()?;
    let before = Package::of_file(&bytes).ok()?;
    (before.name() == name).then_some(before)
}

/// A folder that is a link leads elsewhere: what an agent ships stays below its own.
fn follows_no_link(folder: &Path, path: &str) -> Result<(), Failure> {
    let below = Path::new(path).ancestors().skip(1);
    let is_link = |part: &Path| {
        let there = folder.join(part).symlink_metadata();
        there.is_ok_and(|there| there.is_symlink())
    };
    match below
        .filter(|part| !part.as_os_str().is_empty())
        .find(|part| is_link(part))
    {
        None => Ok(()),
        Some(link) => {
            let shown = text::one_line(&folder.join(link).display().to_string());
            Err(Failure::usage(
                format!("`{shown}` is a link, and the agent has files below it."),
                "Nothing was changed. Take the link away, or choose another directory with --to.",
            ))
        }
    }
}

fn check_text(
    folder: &Path,
    path: &str,
    wanted: &str,
    known: Option<&String>,
) -> Result<(), Failure> {
    let there = folder.join(path);
    if there.symlink_metadata().is_err() {
        return Ok(());
    }
    let there = pack::read(&there, MAX_PACKAGE as u64)?;
    let is_ours =
        there == wanted.as_bytes() || known.is_some_and(|known| there == known.as_bytes());
    in_the_way(folder, path, is_ours)
}

fn in_the_way(folder: &Path, path: &str, is_ours: bool) -> Result<(), Failure> {
    if is_ours {
        return Ok(());
    }
    let shown = text::one_line(&folder.join(path).display().to_string());
    Err(Failure::usage(
        format!("The file `{shown}` is there, and is not what an install of this agent left."),
        "Nothing was changed. Move it away, or choose another directory with --to.",
    ))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::{fs, os::unix::fs::symlink};

    use super::follows_no_link;

    #[test]
    fn what_an_agent_ships_goes_through_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let here = folder.path();
        fs::create_dir(here.join("prompts")).unwrap();
        symlink(elsewhere.path(), here.join("prompts/cfg")).unwrap();
        for fine in ["words.md", "prompts/words.md", "new/words.md"] {
            assert!(follows_no_link(here, fine).is_ok(), "{fine}");
        }
        for led in [
            "prompts/cfg/settings.json",
            "prompts/cfg/deep/settings.json",
        ] {
            let failure = follows_no_link(here, led).unwrap_err();
            assert!(failure.fault.message.contains("prompts/cfg"));
        }
    }
}
