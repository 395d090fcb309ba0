//! Where a skill and its fixtures are: a folder, or one file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use metier_core::{Code, Fault};
use metier_market::fixtures::{
    self, FILES_FOLDER, FOLDER, Files, FixtureName, MAX_FIXTURE_BYTES, Named,
};
use metier_market::folder::read_below;
use metier_runtime::skill::Skill;

use super::fresh;
use crate::{
    commands::{App, build},
    errors::Failure,
    text,
};

/// Where a skill and its fixtures are.
pub struct Source {
    /// A folder with `dist/`, or a skill's file.
    pub skill: PathBuf,
    fixtures: Option<PathBuf>,
}

impl Source {
    /// The first word is the skill when there is such a folder or file; the others are names. Without it, this folder.
    pub fn find(
        words: &[String],
        fixtures: Option<&Path>,
    ) -> Result<(Source, Vec<String>), Failure> {
        let first = words.first().map(PathBuf::from);
        let named = first.filter(|path| path.exists() || looks_like_a_path(path));
        let names = words.iter().skip(usize::from(named.is_some())).cloned();
        let skill = named.unwrap_or_else(|| PathBuf::from("."));
        fs::metadata(&skill).map_err(|error| Failure::unreadable(&skill, &error))?;
        let source = Source {
            skill,
            fixtures: fixtures.map(Path::to_owned),
        };
        Ok((source, names.collect()))
    }

    /// Builds the folder when something in it is younger than what was built of it.
    ///
    /// # Errors
    /// The build's own.
    pub fn build(&self, app: &App) -> Result<(), Failure> {
        let is_source = self.skill.is_dir() && self.skill.join("skill.toml").is_file();
        if !is_source || fresh::is_fresh(&self.skill) {
            return Ok(());
        }
        let shown = text::one_line(&self.skill.display().to_string());
        app.printer.note(&format!("building {shown}"));
        build::quietly(app, &self.skill).map(drop)
    }

    /// The skill's file.
    pub fn file(&self) -> Result<PathBuf, Failure> {
        if !self.skill.is_dir() {
            return Ok(self.skill.clone());
        }
        let dist = self.skill.join("dist");
        let mut built: Vec<PathBuf> = match fs::read_dir(&dist) {
            Ok(entries) => entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| {
                    path.extension()
                        .is_some_and(|extension| extension == "wasm")
                })
                .collect(),
            Err(_) => Vec::new(),
        };
        match (built.pop(), built.is_empty()) {
            (Some(file), true) => Ok(file),
            (None, _) => Err(self.unclear("has no skill in dist/", "Build it: metier build")),
            (Some(_), false) => Err(self.unclear(
                "has more than one file in dist/",
                "Name the file that is meant.",
            )),
        }
    }

    fn unclear(&self, what: &str, hint: &str) -> Failure {
        let folder = text::one_line(&self.skill.display().to_string());
        let fault = Fault::new(Code::NotFound, format!("The folder `{folder}` {what}."));
        fault.with_hint(hint).into()
    }

    /// Where fixtures are written; none for a file that carries its own.
    pub fn folder(&self) -> Option<PathBuf> {
        let own = || self.skill.is_dir().then(|| self.skill.join(FOLDER));
        self.fixtures.clone().or_else(own)
    }

    /// The fixtures, sorted by name: the folder's as they are now, or those a file carries.
    pub fn fixtures(&self, skill: &Skill) -> Result<Vec<Named>, Failure> {
        let Some(folder) = self.folder() else {
            return Ok(fixtures::of_skill(skill));
        };
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.fixtures.is_none() => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(Failure::unreadable(&folder, &error)),
        };
        let files = self.files(skill)?;
        let mut found = Vec::new();
        for entry in entries {
            let path = entry
                .map_err(|error| Failure::unreadable(&folder, &error))?
                .path();
            if let Some(name) = name_of(&path) {
                found.push(Named::parse(name, &read(&path)?, &files));
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// What fixtures may hand over: the folder's as they are now, or those a file carries. Links are not followed.
    pub fn files(&self, skill: &Skill) -> Result<Files, Failure> {
        let Some(folder) = self.folder() else {
            return Ok(Files::of_skill(skill));
        };
        let folder = folder.join(FILES_FOLDER);
        match fs::symlink_metadata(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Files::default()),
            _ => Ok(read_below(&folder)?.into_iter().collect()),
        }
    }
}

fn looks_like_a_path(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "wasm")
        || path.components().count() > 1
}

fn name_of(path: &Path) -> Option<FixtureName> {
    let json = path
        .extension()
        .is_some_and(|extension| extension == "json");
    json.then(|| path.file_stem()?.to_str()?.parse().ok())?
}

/// One byte more than allowed at most: enough to see that it is too large.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    use io::Read as _;
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MAX_FIXTURE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::unreadable(path, &error))?;
    Ok(bytes)
}
