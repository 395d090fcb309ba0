//! A copy of `examples/account-review` whose grants and routes lead to the emulators.
//!
//! Everything else is as it is in the repository: a grant gets the address behind its host's public name, as
//! `curl --connect-to` does, and the authority to trust; the routes get the models' base URL.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use toml::{Table, Value};

use crate::services::{JIRA_USER, Place, Services};

/// The example, from the root of the repository.
pub const EXAMPLE: &str = "examples/account-review";

/// The skills it uses, below the target folder.
const SKILLS: [&str; 4] = ["salesforce", "powerpoint", "jira", "google-calendar"];

/// A folder with the example in its place, and with a home of its own.
pub struct Stage {
    folder: PathBuf,
}

impl Stage {
    /// Copies the example of `repository` into `folder`, with the skills of `target`.
    ///
    /// # Errors
    /// When a skill was not built, or a file is not what it has to be.
    pub fn set(folder: &Path, repository: &Path, target: &Path) -> Result<Stage> {
        let stage = Stage {
            folder: folder.to_owned(),
        };
        let skills = target.join("skills");
        for skill in SKILLS {
            let file = skills.join(skill).with_extension("wasm");
            ensure!(
                file.is_file(),
                "{} is missing; `cargo xtask skills` builds it",
                file.display()
            );
        }
        fs::create_dir_all(folder.join("target"))?;
        fs::create_dir_all(folder.join("home"))?;
        std::os::unix::fs::symlink(&skills, folder.join("target/skills"))?;
        copy(&repository.join(EXAMPLE), &stage.example())?;
        Ok(stage)
    }

    /// The example's folder.
    #[must_use]
    pub fn example(&self) -> PathBuf {
        self.folder.join(EXAMPLE)
    }

    /// The folder around it, where commands are run.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The home of whoever runs commands here.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// The file of the runs.
    #[must_use]
    pub fn runs(&self) -> PathBuf {
        self.home().join(".local/share/metier/runs.db")
    }

    /// Forgets every run and file, but not the compiled code.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn forget(&self) -> Result<()> {
        let data = self.home().join(".local");
        match data.exists() {
            true => Ok(fs::remove_dir_all(data)?),
            false => Ok(()),
        }
    }

    /// Leads grants and routes to these services.
    ///
    /// # Errors
    /// When a file is not what it has to be.
    pub fn lead_to(&self, services: &Services, repository: &Path) -> Result<()> {
        let source = repository.join(EXAMPLE);
        for place in services.places()? {
            let authority = format!("{}.pem", place.host);
            fs::write(
                self.example().join("grants").join(authority),
                &place.authority,
            )?;
        }
        for entry in fs::read_dir(source.join("grants"))? {
            let name = entry?.file_name();
            let mut grant = read(&source.join("grants").join(&name))?;
            for place in services.places()? {
                lead(&mut grant, &place);
            }
            fs::write(self.example().join("grants").join(&name), grant.to_string())?;
        }
        let mut routes = read(&source.join("routes.toml"))?;
        for (_, candidate) in tables(&mut routes, "candidates") {
            candidate.insert("base-url".to_owned(), services.models_url().into());
        }
        fs::write(self.example().join("routes.toml"), routes.to_string())?;
        Ok(())
    }
}

/// Rules and credentials for a host lead to its emulator.
fn lead(grant: &mut Table, place: &Place) {
    let rules = grant.get_mut("http").and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten().filter_map(Value::as_table_mut) {
        if rule.get("host").and_then(Value::as_str) != Some(place.host) {
            continue;
        }
        rule.insert("connect".to_owned(), place.address.clone().into());
        rule.insert(
            "addresses".to_owned(),
            Value::Array(vec!["127.0.0.0/8".into()]),
        );
        rule.insert("ca-file".to_owned(), format!("{}.pem", place.host).into());
    }
    for (name, credential) in tables(grant, "credentials") {
        if name == "jira" {
            credential.insert("username".to_owned(), JIRA_USER.into());
        }
    }
}

fn tables<'t>(
    within: &'t mut Table,
    name: &str,
) -> impl Iterator<Item = (&'t String, &'t mut Table)> {
    let found = within.get_mut(name).and_then(Value::as_table_mut);
    let entries = found.into_iter().flat_map(Table::iter_mut);
    entries.filter_map(|(key, value)| Some((key, value.as_table_mut()?)))
}

fn read(path: &Path) -> Result<Table> {
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    text.parse()
        .with_context(|| format!("{} is no TOML", path.display()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target)?,
            false => fs::copy(entry.path(), target).map(drop)?,
        }
    }
    Ok(())
}
