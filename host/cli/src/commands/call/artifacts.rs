//! Saves the files a tool handed back under their names, over nothing that is there.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use metier_core::{call::Artifact, code::Code, fault::Fault, ids::TenantId};
use metier_runtime::capabilities::artifacts::{ArtifactReader, ArtifactStore};
use tempfile::NamedTempFile;

use crate::errors::Failure;

/// Most names that are tried: `deck.pptx`, `deck-2.pptx`, `deck-3.pptx` …
const MAX_NAMES: u32 = 1_000;

/// Where an artifact is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The file.
    pub path: PathBuf,
}

/// Saves all of them in `folder`, if one was named. Each file appears whole or not at all.
///
/// # Errors
/// The first that cannot be saved; those before it are there.
pub async fn save(
    folder: Option<&Path>,
    artifacts: &[Artifact],
    tenant: &TenantId,
    store: Option<&dyn ArtifactStore>,
) -> Result<Vec<Saved>, Failure> {
    let wanted = folder.filter(|_| !artifacts.is_empty());
    let Some((folder, store)) = wanted.zip(store) else {
        return Ok(Vec::new());
    };
    let unwritable = |error: &io::Error| {
        Failure::unwritable(&format!("The folder `{}`", folder.display()), error)
    };
    fs::create_dir_all(folder).map_err(|error| unwritable(&error))?;
    let mut saved = Vec::new();
    for artifact in artifacts {
        let gone = || {
            Fault::new(
                Code::StorageUnavailable,
                format!("The artifact `{}` is not there any more.", artifact.name),
            )
        };
        let opened = store.open(tenant, &artifact.digest).await;
        let mut reader = opened
            .map_err(|error| gone().with_detail("why", error))?
            .ok_or_else(gone)?;
        let file = copy(&mut *reader, folder).await?;
        let path = keep(file, folder, &artifact.name).map_err(|error| unwritable(&error))?;
        saved.push(Saved { path });
    }
    Ok(saved)
}

/// Into a nameless file first: a reader that ends early, or a full disk, leaves nothing behind.
pub async fn copy(
    reader: &mut dyn ArtifactReader,
    folder: &Path,
) -> Result<NamedTempFile, Failure> {
    let unwritable = |error: io::Error| {
        Failure::unwritable(&format!("A file in `{}`", folder.display()), &error)
    };
    let mut file = NamedTempFile::new_in(folder).map_err(unwritable)?;
    loop {
        let piece = reader.next().await.map_err(|error| {
            Failure::from(Fault::new(
                Code::StorageUnavailable,
                format!("The artifact cannot be read: {error}."),
            ))
        })?;
        match piece {
            Some(bytes) => file.write_all(&bytes).map_err(unwritable)?,
            None => return Ok(file),
        }
    }
}

/// Under its name, or the first numbered one that is free.
fn keep(mut file: NamedTempFile, folder: &Path, name: &str) -> io::Result<PathBuf> {
    for number in 1..=MAX_NAMES {
        let path = folder.join(numbered(name, number));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// `deck.pptx`, `deck-2.pptx`; a leading dot belongs to the name.
fn numbered(name: &str, number: u32) -> String {
    match (number, name.rfind('.').filter(|at| *at > 0)) {
        (1, _) => name.to_owned(),
        (_, Some(at)) => format!("{}-{number}{}", &name[..at], &name[at..]),
        (_, None) => format!("{name}-{number}"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn nothing_is_ever_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let save = |text: &str| {
            let mut file = NamedTempFile::new_in(folder.path()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            keep(file, folder.path(), "deck.pptx").unwrap()
        };
        let (first, second, third) = (save("1"), save("2"), save("3"));
        assert_eq!(first, folder.path().join("deck.pptx"));
        assert_eq!(second, folder.path().join("deck-2.pptx"));
        assert_eq!(
            fs::read_to_string(&first).unwrap() + &fs::read_to_string(third).unwrap(),
            "13"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn numbers_go_before_the_extension() {
        assert_eq!(
            [
                numbered("a.tar.gz", 2),
                numbered(".env", 2),
                numbered("x", 3)
            ],
            ["a.tar-2.gz", ".env-2", "x-3"]
        );
    }
}
