//! Doc comments of a WIT package → descriptions of tools and fields.
//!
//! A built component keeps no comments, so they come from the source. The parser keeps none for parameters; they are
//! read from the text above the parameter, or from a list item in the function's comment that begins with its name:
//!
//! ```wit
//! /// Run a SOQL query.
//! ///
//! /// - `limit`: the most rows
//! query: func(
//!     /// The query, for instance `SELECT Id FROM Account`.
//!     soql: string,
//!     limit: option<u32>,
//! ) -> list<row>;
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wit_parser::{Function, Param, Resolve, Type, TypeDefKind, WorldItem, WorldKey};

/// The WIT of a skill cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the WIT in {} cannot be read: {problem}", path.display())]
pub struct DocsError {
    path: PathBuf,
    problem: String,
}

/// Texts by path (see [`metier_runtime::values::Docs`]) of everything any world of the package exports.
///
/// # Errors
/// When the folder is no WIT package.
pub fn read(directory: &Path) -> Result<BTreeMap<String, String>, DocsError> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(directory).map_err(|error| DocsError {
        path: directory.to_owned(),
        problem: format!("{error:#}"),
    })?;
    let mut collector = Collector {
        resolve: &resolve,
        texts: BTreeMap::new(),
    };
    for world in resolve.packages[package].worlds.values() {
        for (key, item) in &resolve.worlds[*world].exports {
            collector.export(key, item);
        }
    }
    Ok(collector.texts)
}

struct Collector<'a> {
    resolve: &'a Resolve,
    texts: BTreeMap<String, String>,
}

impl Collector<'_> {
    fn export(&mut self, key: &WorldKey, item: &WorldItem) {
        match item {
            WorldItem::Function(function) => self.function(&function.name, function),
            WorldItem::Interface { id, .. } => {
                let interface = &self.resolve.interfaces[*id];
                let name = match key {
                    WorldKey::Name(name) => name.clone(),
                    WorldKey::Interface(_) => interface.name.clone().unwrap_or_default(),
                };
                for function in interface.functions.values() {
                    self.function(&format!("{name}.{}", function.name), function);
                }
            }
            WorldItem::Type { .. } => {}
        }
    }

    fn function(&mut self, path: &str, function: &Function) {
        let comment = function.docs.contents.as_deref().unwrap_or_default();
        self.note(path, Some(comment));
        for param in &function.params {
            let path = format!("{path}.{}", param.name);
            self.ty(&path, &param.ty);
            self.note(&path, listed(comment, &param.name).as_deref());
            self.note(&path, self.above(param).as_deref());
        }
        if let Some(result) = &function.result {
            self.result(&format!("{path}->"), result);
        }
    }

    /// The comment right above a parameter, in the source.
    fn above(&self, param: &Param) -> Option<String> {
        let place = self.resolve.source_map.resolve_span(param.span)?;
        let source = std::fs::read_to_string(place.path).ok()?;
        let mut above = source.get(..place.range.start)?.lines().rev();
        // The parameter's own line, as far as its name: one that begins elsewhere has no comment of its own.
        above.next().filter(|line| line.trim().is_empty())?;
        let mut comment: Vec<&str> = above
            .map_while(|line| line.trim().strip_prefix("///"))
            .map(str::trim)
            .collect();
        comment.reverse();
        Some(comment.join("\n"))
    }

    /// A `result` at the top is unwrapped, so its `ok` side is what the function returns.
    fn result(&mut self, path: &str, ty: &Type) {
        let ok = match self.kind(ty) {
            Some(TypeDefKind::Result(result)) => result.ok,
            _ => Some(*ty),
        };
        if let Some(ok) = ok {
            self.ty(path, &ok);
        }
    }

    fn kind(&self, ty: &Type) -> Option<&TypeDefKind> {
        let Type::Id(mut id) = *ty else { return None };
        while let TypeDefKind::Type(Type::Id(next)) = self.resolve.types[id].kind {
            id = next;
        }
        Some(&self.resolve.types[id].kind)
    }

    /// The texts inside a type. WIT types cannot be recursive, so this ends.
    fn ty(&mut self, path: &str, ty: &Type) {
        if let Type::Id(id) = ty {
            self.note(path, self.resolve.types[*id].docs.contents.as_deref());
        }
        let Some(kind) = self.kind(ty).cloned() else {
            return;
        };
        match &kind {
            TypeDefKind::Record(record) => {
                record.fields.iter().for_each(|field| {
                    self.step(
                        path,
                        &field.name,
                        field.docs.contents.as_deref(),
                        Some(&field.ty),
                    )
                });
            }
            TypeDefKind::Variant(variant) => {
                variant.cases.iter().for_each(|case| {
                    self.step(
                        path,
                        &case.name,
                        case.docs.contents.as_deref(),
                        case.ty.as_ref(),
                    )
                });
            }
            TypeDefKind::Enum(all) => {
                all.cases.iter().for_each(|case| {
                    self.step(path, &case.name, case.docs.contents.as_deref(), None)
                });
            }
            TypeDefKind::Flags(flags) => {
                flags.flags.iter().for_each(|flag| {
                    self.step(path, &flag.name, flag.docs.contents.as_deref(), None)
                });
            }
            TypeDefKind::Tuple(tuple) => {
                tuple
                    .types
                    .iter()
                    .enumerate()
                    .for_each(|(place, ty)| self.step(path, &place.to_string(), None, Some(ty)));
            }
            TypeDefKind::Result(result) => {
                self.step(path, "ok", None, result.ok.as_ref());
                self.step(path, "err", None, result.err.as_ref());
            }
            TypeDefKind::Map(key, value) => {
                self.step(path, "key", None, Some(key));
                self.ty(path, value);
            }
            TypeDefKind::Option(ty)
            | TypeDefKind::List(ty)
            | TypeDefKind::FixedLengthList(ty, _) => self.ty(path, ty),
            _ => {}
        }
    }

    fn step(&mut self, path: &str, name: &str, text: Option<&str>, ty: Option<&Type>) {
        let path = format!("{path}.{name}");
        if let Some(ty) = ty {
            self.ty(&path, ty);
        }
        self.note(&path, text);
    }

    /// The closest comment wins: a field's own over its type's.
    fn note(&mut self, path: &str, text: Option<&str>) {
        if let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) {
            self.texts.insert(path.to_owned(), text.to_owned());
        }
    }
}

/// The list item of `comment` that speaks of `name`, up to the next item or blank line.
fn listed(comment: &str, name: &str) -> Option<String> {
    let mut lines = comment
        .lines()
        .map(str::trim)
        .skip_while(|line| item(line, name).is_none());
    let mut text = item(lines.next()?, name)?.to_owned();
    for line in lines.take_while(|line| !line.is_empty() && !line.starts_with(['-', '*'])) {
        text.push(' ');
        text.push_str(line);
    }
    Some(text)
}

fn item<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let rest = line
        .strip_prefix(['-', '*'])?
        .trim_start()
        .strip_prefix('`')?
        .strip_prefix(name)?
        .strip_prefix('`')?;
    Some(rest.trim_start_matches([':', '–', '—', '-', ' ']))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{listed, read};

    #[test]
    fn a_list_item_describes_a_parameter_across_lines() {
        let comment = "Run.\n\n- `soql`: the query,\n  in SOQL\n- `limit` – most rows\n\nMore.";
        assert_eq!(listed(comment, "soql").unwrap(), "the query, in SOQL");
        assert_eq!(listed(comment, "limit").unwrap(), "most rows");
        assert_eq!(listed(comment, "lim"), None);
    }

    #[test]
    fn comments_are_found_by_path() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("world.wit"),
            "package a:b;\n\
             interface crm {\n\
               /// Where to look.\n record filter {\n /// Most rows.\n limit: option<u32>,\n}\n\
               /// Find things.\n /// - `by`: how\n find: func(by: filter, all: list<filter>) -> result<filter, string>;\n\
             }\n\
             world w { export crm; /// Say hello.\n export greet: func(\n /// To whom.\n /// Politely.\n who: string,\n   how: u8); }",
        )
        .unwrap();
        let texts = read(folder.path()).unwrap();
        let text = |path: &str| texts.get(path).map(String::as_str);
        assert_eq!(text("greet"), Some("Say hello."));
        assert_eq!(text("greet.who"), Some("To whom.\nPolitely."));
        assert_eq!(text("greet.how"), None);
        assert_eq!(text("crm.find.by"), Some("how"));
        assert_eq!(text("crm.find.all"), Some("Where to look."));
        assert_eq!(text("crm.find.by.limit"), Some("Most rows."));
        assert_eq!(text("crm.find->.limit"), Some("Most rows."));
    }

    #[test]
    fn a_folder_without_wit_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.wit"), "package").unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains(&folder.path().display().to_string()),
            "{error}"
        );
    }
}
