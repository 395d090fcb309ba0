//! Writes pins into the author's own text, which otherwise stays as it is.

use std::collections::BTreeMap;

use metier_agent::definition::Name;
use metier_core::ids::shown;
use toml_edit::{DocumentMut, TableLike, value};

use super::{PackageError, Pin};

/// The text of a definition with its namespace and with its skills pinned.
///
/// # Errors
/// When it is no TOML, or lacks what is to be pinned.
pub fn pinned(
    text: &str,
    namespace: &str,
    pins: &BTreeMap<Name, Pin>,
) -> Result<String, PackageError> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| PackageError::Shape(shown(error.message())))?;
    let head = ["chain", "agent"]
        .into_iter()
        .find(|head| document.contains_key(head));
    let head = head.and_then(|head| document.get_mut(head)?.as_table_like_mut());
    let head = head.ok_or_else(|| PackageError::Shape("it has no [agent] or [chain]".into()))?;
    set(head, "namespace", namespace);
    for (alias, pin) in pins {
        let skills = document
            .get_mut("skills")
            .and_then(|skills| skills.as_table_like_mut());
        let skill = skills.and_then(|skills| skills.get_mut(alias.as_str())?.as_table_like_mut());
        let skill = skill.ok_or_else(|| PackageError::NoSkill(alias.as_str().to_owned()))?;
        set(skill, "name", pin.name.as_str());
        set(skill, "version", &format!("={}", pin.version));
        set(skill, "digest", &pin.digest.to_string());
        set(skill, "file", &format!("{}.wasm", alias.as_str()));
        set(skill, "grant", &format!("{}.grant.toml", alias.as_str()));
    }
    Ok(document.to_string())
}

fn set(table: &mut dyn TableLike, key: &str, text: &str) {
    table.insert(key, value(text));
}
