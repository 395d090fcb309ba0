//! The bindings of a skill's world, for the languages that have no generator of their own: C, Zig and Go.
//!
//! `wit-bindgen`'s own generators write them, in this process: an author of C needs a C compiler and nothing else. They go
//! below the folder's `build/`, where editors find them; a file whose text has not changed is left alone, so that compilers'
//! caches stay warm, and one that is no longer written is removed.

use std::{
    collections::BTreeMap,
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use wit_bindgen_core::{Files, WorldGenerator};
use wit_parser::{Function, Resolve, Type, TypeDefKind, TypeOwner, WorldId, WorldItem};

use super::{BuildError, Project};

/// Texts by path, `/` between folders.
pub type Texts = BTreeMap<String, Vec<u8>>;

/// The world in the folder's `wit`.
pub struct World {
    /// Every package it is made of.
    pub resolve: Resolve,
    /// Which world.
    pub id: WorldId,
}

/// Exported functions: those of one interface, or those of the world itself.
pub struct Exports {
    /// The interface, such as `com-example:weather/forecasts@0.1.0`; none for the world.
    pub interface: Option<Interface>,
    /// In the order of the WIT.
    pub functions: Vec<Export>,
}

/// An exported interface.
pub struct Interface {
    /// With package and version.
    pub path: String,
    /// Its own name.
    pub name: String,
}

/// One exported function.
pub struct Export {
    /// In kebab case.
    pub name: String,
    /// How many parameters it has.
    pub parameters: usize,
    /// What it gives.
    pub answer: Answer,
}

/// What a tool gives, as far as languages with errors of their own care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// `result<T, error>` with the error of `metier:skill/types`.
    Fallible,
    /// `result<_, error>`.
    FallibleNothing,
    /// Anything else.
    Other,
}

impl World {
    /// Reads the folder's `wit`.
    ///
    /// # Errors
    /// When it is no WIT package with one world.
    pub fn read(project: &Project<'_>) -> Result<World, BuildError> {
        let mut resolve = Resolve::default();
        let wrong = |error| BuildError::Settings(format!("wit: {error:#}"));
        let (package, _) = resolve
            .push_path(project.folder.join("wit"))
            .map_err(wrong)?;
        let id = resolve.select_world(&[package], None).map_err(wrong)?;
        Ok(World { resolve, id })
    }

    /// What `generator` writes for it.
    ///
    /// # Errors
    /// When the world has something the generator has no bindings for.
    pub fn generate(
        &mut self,
        mut generator: Box<dyn WorldGenerator>,
    ) -> Result<Texts, BuildError> {
        let mut files = Files::default();
        // The generators panic at types they do not know.
        let generated = catch_unwind(AssertUnwindSafe(|| {
            generator.generate(&mut self.resolve, self.id, &mut files)
        }));
        match generated {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                return Err(BuildError::Settings(format!("wit/world.wit: {error:#}")));
            }
            Err(_) => {
                return Err(BuildError::Settings(
                    "wit/world.wit has a type that there are no bindings for in this language"
                        .to_owned(),
                ));
            }
        }
        let texts = files.iter();
        Ok(texts
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .collect())
    }

    /// What it exports.
    pub fn exports(&self) -> Vec<Exports> {
        let mut root = Vec::new();
        let mut all = Vec::new();
        for (key, item) in &self.resolve.worlds[self.id].exports {
            match item {
                WorldItem::Function(function) => root.push(self.export(function)),
                WorldItem::Interface { id, .. } => {
                    let interface = &self.resolve.interfaces[*id];
                    let path = self.resolve.name_world_key(key);
                    all.push(Exports {
                        interface: Some(Interface {
                            name: interface.name.clone().unwrap_or_else(|| path.clone()),
                            path,
                        }),
                        functions: interface
                            .functions
                            .values()
                            .map(|function| self.export(function))
                            .collect(),
                    });
                }
                WorldItem::Type { .. } => {}
            }
        }
        all.insert(
            0,
            Exports {
                interface: None,
                functions: root,
            },
        );
        all.retain(|exports| !exports.functions.is_empty());
        all
    }

    fn export(&self, function: &Function) -> Export {
        Export {
            name: function.name.clone(),
            parameters: function.params.len(),
            answer: function.result.map_or(Answer::Other, |ty| self.answer(ty)),
        }
    }

    fn answer(&self, ty: Type) -> Answer {
        let Type::Id(id) = ty else {
            return Answer::Other;
        };
        match &self.resolve.types[id].kind {
            TypeDefKind::Type(alias) => self.answer(*alias),
            TypeDefKind::Result(result) if result.err.is_some_and(|err| self.is_our_error(err)) => {
                match result.ok {
                    Some(_) => Answer::Fallible,
                    None => Answer::FallibleNothing,
                }
            }
            _ => Answer::Other,
        }
    }

    fn is_our_error(&self, ty: Type) -> bool {
        let Type::Id(id) = ty else {
            return false;
        };
        let def = &self.resolve.types[id];
        if let TypeDefKind::Type(alias) = def.kind {
            return self.is_our_error(alias);
        }
        let TypeOwner::Interface(owner) = def.owner else {
            return false;
        };
        let path = self.resolve.id_of(owner).unwrap_or_default();
        def.name.as_deref() == Some("error") && path.starts_with("metier:skill/types@")
    }
}

/// Makes `folder` hold these texts and nothing else.
///
/// # Errors
/// When it cannot be written.
pub fn write(folder: &Path, texts: &Texts) -> Result<(), BuildError> {
    let unusable = |error| BuildError::Io(folder.to_owned(), error);
    fs::create_dir_all(folder).map_err(unusable)?;
    remove_others(folder, "", texts).map_err(unusable)?;
    for (path, text) in texts {
        let file = folder.join(path);
        if fs::read(&file).is_ok_and(|there| there == *text) {
            continue;
        }
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(unusable)?;
        }
        fs::write(&file, text).map_err(unusable)?;
    }
    Ok(())
}

fn remove_others(folder: &Path, prefix: &str, texts: &Texts) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            remove_others(&entry.path(), &format!("{path}/"), texts)?;
        } else if !texts.contains_key(&path) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::fs;

    use super::{Texts, write};

    #[test]
    fn a_folder_holds_what_was_written_last_and_keeps_what_did_not_change() {
        let folder = tempfile::tempdir().unwrap();
        let old = Texts::from([
            ("kept.h".to_owned(), b"1".to_vec()),
            ("gone/x.h".to_owned(), b"2".to_vec()),
        ]);
        write(folder.path(), &old).unwrap();
        let before = fs::metadata(folder.path().join("kept.h")).unwrap();
        let new = Texts::from([
            ("kept.h".to_owned(), b"1".to_vec()),
            ("made/y.h".to_owned(), b"3".to_vec()),
        ]);
        write(folder.path(), &new).unwrap();
        let after = fs::metadata(folder.path().join("kept.h")).unwrap();
        assert_eq!(before.modified().unwrap(), after.modified().unwrap());
        assert_eq!(fs::read(folder.path().join("made/y.h")).unwrap(), b"3");
        assert!(!folder.path().join("gone/x.h").exists());
    }
}
