//! What is watched: the files of a folder by what is in them, without what tools make.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use metier_core::Digest;

use crate::commands::test::fresh::NOT_SOURCE;

/// Deepest folder that is looked into; deeper ones are somebody's data.
const MAX_DEPTH: usize = 16;

/// Most files that are looked at: more is a package cache without a name we know.
const MAX_FILES: usize = 10_000;

/// Largest file that is read to see whether it changed, in bytes; larger ones are taken by size and time.
const MAX_READ_BYTES: u64 = 4 << 20;

/// The sources at one moment.
#[derive(Debug, Default)]
pub struct Sources {
    files: BTreeMap<PathBuf, Digest>,
    folders: Vec<PathBuf>,
}

impl Sources {
    /// Looks at them. What cannot be read is not there.
    pub fn read(folder: &Path, grant: Option<&Path>) -> Sources {
        let mut sources = Sources::default();
        sources.add_folder(folder, 0);
        if let Some(grant) = grant {
            sources.add_file(grant);
            let beside = grant
                .parent()
                .filter(|beside| !beside.as_os_str().is_empty());
            let beside = beside.unwrap_or(Path::new(".")).to_owned();
            sources.folders.push(beside);
        }
        sources
    }

    /// Every folder a source lies in.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// What this file was.
    pub fn digest(&self, file: &Path) -> Option<Digest> {
        self.files.get(file).copied()
    }

    /// A file that is not as it was, if there is one.
    pub fn difference<'s>(&'s self, before: &'s Sources) -> Option<&'s Path> {
        let changed =
            |(file, digest): &(&PathBuf, &Digest)| before.files.get(*file) != Some(digest);
        let gone = |file: &&PathBuf| !self.files.contains_key(*file);
        let changed = self.files.iter().find(changed).map(|(file, _)| file);
        let gone = || before.files.keys().find(gone);
        changed.or_else(gone).map(PathBuf::as_path)
    }

    fn add_folder(&mut self, folder: &Path, depth: usize) {
        self.folders.push(folder.to_owned());
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let hidden = name.as_encoded_bytes().starts_with(b".");
            let made = hidden || NOT_SOURCE.iter().any(|made| name == *made);
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !made && depth < MAX_DEPTH => {
                    self.add_folder(&path, depth + 1);
                }
                Ok(kind) if kind.is_file() => self.add_file(&path),
                _ => {}
            }
        }
    }

    fn add_file(&mut self, file: &Path) {
        if self.files.len() < MAX_FILES
            && let Ok(meta) = fs::metadata(file)
        {
            let read = match meta.len() <= MAX_READ_BYTES {
                true => fs::read(file).ok(),
                false => meta
                    .modified()
                    .ok()
                    .map(|at| format!("{} {at:?}", meta.len()).into_bytes()),
            };
            self.files
                .extend(read.map(|bytes| (file.to_owned(), Digest::of(&bytes))));
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::fs;

    use super::Sources;

    #[test]
    fn only_what_a_person_writes_and_only_by_what_is_in_it() {
        let home = tempfile::tempdir().unwrap();
        let (folder, grant) = (home.path().join("w"), home.path().join("grant.toml"));
        for made in [
            "src",
            "dist",
            "target/debug",
            "node_modules/x",
            "build",
            ".git",
            ".venv",
            "fixtures",
        ] {
            fs::create_dir_all(folder.join(made)).unwrap();
            fs::write(folder.join(made).join("file"), "1").unwrap();
        }
        fs::write(&grant, "1").unwrap();
        let read = || Sources::read(&folder, Some(&grant));
        let first = read();
        assert_eq!(
            first.folders(),
            [folder.clone(), folder.join("src"), home.path().to_owned()]
        );
        for made in [
            "dist",
            "target/debug",
            "node_modules/x",
            "build",
            ".git",
            ".venv",
            "fixtures",
        ] {
            fs::write(folder.join(made).join("file"), "2").unwrap();
        }
        fs::write(folder.join("src/file"), "1").unwrap();
        assert_eq!(
            read().difference(&first),
            None,
            "written again, and the same"
        );
        fs::write(folder.join("src/file"), "2").unwrap();
        assert_eq!(
            read().difference(&first),
            Some(folder.join("src/file").as_path())
        );
        fs::remove_file(folder.join("src/file")).unwrap();
        assert_eq!(
            read().difference(&first),
            Some(folder.join("src/file").as_path())
        );
        fs::write(folder.join("src/file"), "1").unwrap();
        fs::write(&grant, "2").unwrap();
        assert_eq!(read().difference(&first), Some(grant.as_path()));
    }
}
