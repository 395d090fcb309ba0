//! The world a dynamic language is built for: the author's, without what its manifest does not ask for.
//!
//! A compiler finds out which imports a program uses; an interpreter cannot, so its component imports everything its world names.
//! `include metier:skill/imports` would then ask the operator for every capability there is. The manifest knows better: a copy of the
//! WIT folder is made in which the imports that are doors to undeclared capabilities are blanked out. Code that uses one of them
//! fails to build, naming it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use metier_core::Manifest;
use metier_runtime::skill::Capability;
use wit_parser::{
    Function, InterfaceId, Resolve, Type, TypeDefKind, TypeId, TypeOwner, WorldId, WorldItem,
    WorldKey,
};

use super::BuildError;

/// The WIT folder of a project.
const WIT: &str = "wit";
/// The copy a component is made of.
pub const NARROWED: &str = "build/wit";
/// Folders below each other, at most: `wit/deps/NAME`.
const MAX_DEPTH: usize = 4;

/// A world, and everything it names.
pub struct World {
    /// All packages.
    pub resolve: Resolve,
    world: WorldId,
    /// Imports that only the runtime files of the language need.
    added: Vec<String>,
}

/// Something a world exports.
pub enum Export<'a> {
    /// A function.
    Function(&'a Function),
    /// An interface, by the last part of its name.
    Interface(String, Vec<&'a Function>),
}

/// What a tool may fail with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// `error` of metier:skill/types.
    Error,
    /// Text.
    Text,
    /// Another type, or none at all behind `err`.
    Other,
    /// It returns no `result`.
    None,
}

impl World {
    /// Reads the only world of the WIT in `folder`.
    ///
    /// # Errors
    /// When the WIT is wrong, or has several worlds.
    pub fn read(folder: &Path) -> Result<World, BuildError> {
        let mut resolve = Resolve::default();
        let wrong = |problem: String| BuildError::Settings(format!("the WIT is wrong: {problem}"));
        let (package, _) = resolve
            .push_path(folder)
            .map_err(|error| wrong(format!("{error:#}")))?;
        let world = resolve
            .select_world(&[package], None)
            .map_err(|error| wrong(format!("{error:#}")))?;
        Ok(World {
            resolve,
            world,
            added: Vec::new(),
        })
    }

    /// Copies the WIT of a project to [`NARROWED`] and reads it there: without the imports `manifest` does not ask for and
    /// those that begin with one of `without`, and with the interfaces in `added`. The flag says whether that changed anything.
    ///
    /// # Errors
    /// When the WIT is wrong, or the copy cannot be made.
    pub fn narrow(
        project: &Path,
        manifest: &Manifest,
        without: &[&str],
        added: &[&str],
    ) -> Result<(World, bool), BuildError> {
        let wit = project.join(WIT);
        let world = World::read(&wit)?;
        let mut files = BTreeMap::new();
        texts(&wit, MAX_DEPTH, &mut files)?;
        let unwanted = |name: &str| {
            let door = Capability::of_import(name);
            door.is_some_and(|door| !door.is_declared(manifest))
                || without.iter().any(|prefix| name.starts_with(prefix))
        };
        // Standard packages stay as they are: nobody includes their worlds.
        let own = files.iter_mut().filter(|(path, text)| {
            path.parent() == Some(&wit) || text.contains("package metier:skill@")
        });
        for (_, text) in own {
            *text = blanked(text, unwanted);
        }
        let added = world.add(added, &mut files);
        let copy = project.join(NARROWED);
        let target = |path: &Path| Some(copy.join(path.strip_prefix(&wit).ok()?));
        let files: BTreeMap<PathBuf, String> = files
            .into_iter()
            .filter_map(|(path, text)| Some((target(&path)?, text)))
            .collect();
        let is_new = is_new(&copy, &files)?;
        if is_new {
            remove(&copy)?;
            for (path, text) in &files {
                write(path, text)?;
            }
        }
        let world = World {
            added,
            ..World::read(&copy)?
        };
        Ok((world, is_new))
    }

    /// Adds imports of interfaces the folder has the text of, behind the brace of the world; their full names.
    fn add(&self, added: &[&str], files: &mut BTreeMap<PathBuf, String>) -> Vec<String> {
        let known = |name: &&str| {
            let mut all = self.resolve.interfaces.iter();
            all.find_map(|(id, _)| {
                let full = self.resolve.id_of(id)?;
                (full.split('@').next() == Some(name)).then_some(full)
            })
        };
        let wanted = added.iter().filter(|name| self.imported(name).is_none());
        let names: Vec<String> = wanted.filter_map(known).collect();
        let span = self.resolve.worlds[self.world].span;
        let place = self.resolve.source_map.resolve_span(span);
        let text = place
            .as_ref()
            .and_then(|place| files.get_mut(Path::new(place.path)));
        if let Some((place, text)) = place.as_ref().zip(text)
            && let Some(brace) = text
                .get(place.range.start..)
                .and_then(|after| after.find('{'))
        {
            let lines: String = names
                .iter()
                .map(|name| format!(" import {name};"))
                .collect();
            text.insert_str(place.range.start + brace + 1, &lines);
        }
        names
    }

    /// The interfaces the author's own world imports.
    pub fn own_imports(&self) -> impl Iterator<Item = (String, InterfaceId)> {
        self.imports().filter(|(name, _)| {
            // `wasi:io` comes along with those that were added.
            let along = !self.added.is_empty() && name.starts_with("wasi:io/");
            !along && !self.added.contains(name)
        })
    }

    /// The imported interfaces: full name and what is in them.
    pub fn imports(&self) -> impl Iterator<Item = (String, InterfaceId)> {
        let world = &self.resolve.worlds[self.world];
        world.imports.iter().filter_map(|(key, item)| match item {
            WorldItem::Interface { id, .. } => Some((self.resolve.name_world_key(key), *id)),
            _ => None,
        })
    }

    /// The full name, with its version, of an imported interface.
    pub fn imported(&self, name: &str) -> Option<String> {
        let mut names = self.imports().map(|(full, _)| full);
        names.find(|full| full.split('@').next() == Some(name))
    }

    /// What the component must export.
    pub fn exports(&self) -> Vec<Export<'_>> {
        let world = &self.resolve.worlds[self.world];
        world
            .exports
            .iter()
            .filter_map(|(key, item)| match item {
                WorldItem::Function(function) => Some(Export::Function(function)),
                WorldItem::Interface { id, .. } => {
                    let functions = self.resolve.interfaces[*id].functions.values();
                    Some(Export::Interface(self.short(key), functions.collect()))
                }
                WorldItem::Type { .. } => None,
            })
            .collect()
    }

    /// The interfaces it exports.
    pub fn exported_interfaces(&self) -> impl Iterator<Item = InterfaceId> {
        let exports = self.resolve.worlds[self.world].exports.values();
        exports.filter_map(|item| match item {
            WorldItem::Interface { id, .. } => Some(*id),
            _ => None,
        })
    }

    fn short(&self, key: &WorldKey) -> String {
        match key {
            WorldKey::Name(name) => name.clone(),
            WorldKey::Interface(id) => self.resolve.interfaces[*id]
                .name
                .clone()
                .unwrap_or_default(),
        }
    }

    /// The types the world itself names, by `use` or of its own.
    pub fn types(&self) -> impl Iterator<Item = (&str, TypeId)> {
        let world = &self.resolve.worlds[self.world];
        world
            .imports
            .iter()
            .filter_map(|(key, item)| match (key, item) {
                (WorldKey::Name(name), WorldItem::Type { id, .. }) => Some((name.as_str(), *id)),
                _ => None,
            })
    }

    /// What `function` may fail with.
    pub fn failure(&self, function: &Function) -> Failure {
        let Some(TypeDefKind::Result(result)) = function.result.and_then(|ty| self.kind(ty)) else {
            return Failure::None;
        };
        match result.err {
            Some(Type::String) => Failure::Text,
            Some(ty) if self.is_error(ty) => Failure::Error,
            _ => Failure::Other,
        }
    }

    fn kind(&self, ty: Type) -> Option<&TypeDefKind> {
        let Type::Id(id) = ty else { return None };
        Some(&self.resolve.types[self.defined(id)].kind)
    }

    /// Where a type is defined, behind every `use` and alias.
    pub fn defined(&self, mut id: TypeId) -> TypeId {
        while let TypeDefKind::Type(Type::Id(next)) = self.resolve.types[id].kind {
            id = next;
        }
        id
    }

    fn is_error(&self, ty: Type) -> bool {
        let Type::Id(id) = ty else { return false };
        let ty = &self.resolve.types[self.defined(id)];
        let TypeOwner::Interface(owner) = ty.owner else {
            return false;
        };
        let home = self.resolve.id_of(owner).unwrap_or_default();
        ty.name.as_deref() == Some("error") && home.starts_with("metier:skill/types@")
    }
}

/// The text of a WIT file with every unwanted `import NAME;` replaced by spaces. The parser keeps no places of imports, so
/// they are looked for: a statement of that form on one line, outside comments.
fn blanked(text: &str, unwanted: impl Fn(&str) -> bool) -> String {
    let package = text.lines().find_map(|line| line.strip_prefix("package "));
    let package = package.map_or("", |name| name.trim().trim_end_matches(';'));
    let (home, version) = package.split_once('@').unwrap_or((package, ""));
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut line = line.to_owned();
        let code = line.find("//").unwrap_or(line.len());
        for (start, end) in imports(&line[..code]) {
            let name = line[start + IMPORT.len()..end - 1].trim();
            let full = match name.contains(':') {
                true => name.to_owned(),
                false => format!("{home}/{name}@{version}"),
            };
            if unwanted(&full) {
                line.replace_range(start..end, &" ".repeat(end - start));
            }
        }
        kept.push_str(&line);
    }
    kept
}

const IMPORT: &str = "import ";

/// Where `import NAME;` stands in a line, the semicolon included.
fn imports(code: &str) -> Vec<(usize, usize)> {
    let statement = |(start, _): (usize, &str)| {
        let is_word = code[..start].ends_with(|last: char| last.is_alphanumeric() || last == '-');
        let end = start + code[start..].find(';')? + 1;
        let name = code[start + IMPORT.len()..end - 1].trim();
        (!is_word && !name.contains([' ', '{', '('])).then_some((start, end))
    };
    code.match_indices(IMPORT).filter_map(statement).collect()
}

/// Every `.wit` file below `folder`, by path. A link is followed: `wit/deps` may be one.
fn texts(
    folder: &Path,
    depth: usize,
    files: &mut BTreeMap<PathBuf, String>,
) -> Result<(), BuildError> {
    let unusable = |error| BuildError::Io(folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(unusable)? {
        let path = entry.map_err(unusable)?.path();
        if path.is_dir() && depth > 0 {
            texts(&path, depth - 1, files)?;
        } else if path.extension().is_some_and(|extension| extension == "wit") {
            let text = fs::read_to_string(&path);
            let text = text.map_err(|error| BuildError::Io(path.clone(), error))?;
            files.insert(path, text);
        }
    }
    Ok(())
}

fn is_new(copy: &Path, files: &BTreeMap<PathBuf, String>) -> Result<bool, BuildError> {
    let mut there = BTreeMap::new();
    if copy.is_dir() {
        texts(copy, MAX_DEPTH, &mut there)?;
    }
    Ok(there != *files)
}

/// Removes a folder that was made by a build, if it is there.
///
/// # Errors
/// When it stays.
pub fn remove(folder: &Path) -> Result<(), BuildError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(BuildError::Io(folder.to_owned(), error))
        }
        _ => Ok(()),
    }
}

/// The manifest of a project: what its world is narrowed to.
///
/// # Errors
/// When `skill.toml` is missing or wrong.
pub fn manifest(folder: &Path) -> Result<Manifest, BuildError> {
    let path = folder.join("skill.toml");
    let text = fs::read_to_string(&path).map_err(|error| BuildError::Io(path, error))?;
    Manifest::parse(&text)
        .map_err(|error| BuildError::Settings(format!("skill.toml is wrong: {error}")))
}

/// Writes a generated file and its folders, unless it says the same already: editors and tools watch.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<(), BuildError> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    let unusable = |error| BuildError::Io(path.to_owned(), error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(unusable)?;
    }
    fs::write(path, text).map_err(unusable)
}

#[cfg(test)]
mod tests {
    use super::blanked;

    #[test]
    fn only_statements_of_unwanted_imports_are_blanked_out() {
        let text = "package a:b@1.0.0;\n/// import x;\nworld w { import x; import y;\n  import c:d/x@2.0.0; // import x;\n  import x: func();\n}\n";
        let one = |wanted: &'static str| move |name: &str| name == wanted;
        let blank = |statement: &str| text.replacen(statement, &" ".repeat(statement.len()), 1);
        let of_package = blanked(text, one("a:b/x@1.0.0"));
        assert_eq!(of_package, text.replace("{ import x;", "{          "));
        assert_eq!(
            blanked(text, one("c:d/x@2.0.0")),
            blank("import c:d/x@2.0.0;")
        );
        assert_eq!(blanked(text, |_| false), text);
    }
}
