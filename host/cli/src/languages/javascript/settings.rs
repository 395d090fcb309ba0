//! What `package.json` says about building.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::Engine;
use crate::languages::BuildError;

/// Modules that are looked for when `package.json` names none.
const MAINS: [&str; 3] = ["src/skill.ts", "src/skill.js", "src/skill.mjs"];

/// The settings, decided.
pub struct Settings {
    /// What runs the code.
    pub engine: Engine,
    /// The module that exports the tools, from the project's folder.
    pub main: String,
    /// Whether types are checked: the project depends on `typescript`.
    pub checks_types: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    main: Option<String>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, serde::de::IgnoredAny>,
    #[serde(default)]
    metier: Section,
}

/// Ours in `package.json`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default)]
    engine: Engine,
}

impl Settings {
    /// Reads `package.json`.
    ///
    /// # Errors
    /// When it is wrong, or the module is not there.
    pub fn read(folder: &Path) -> Result<Settings, BuildError> {
        let path = folder.join("package.json");
        let text = fs::read(&path).map_err(|error| BuildError::Io(path, error))?;
        let package: Package = serde_json::from_slice(&text)
            .map_err(|error| BuildError::Settings(format!("package.json is wrong: {error}")))?;
        let main = match package.main {
            Some(main) => main.trim_start_matches("./").to_owned(),
            None => MAINS
                .iter()
                .find(|main| folder.join(main).is_file())
                .unwrap_or(&MAINS[0])
                .to_string(),
        };
        if !folder.join(&main).is_file() {
            return Err(BuildError::Settings(format!(
                "there is no `{main}`: name the module that exports the tools as \"main\" in package.json"
            )));
        }
        Ok(Settings {
            engine: package.metier.engine,
            main,
            checks_types: package.dev_dependencies.contains_key("typescript"),
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::fs;

    use super::{Engine, Settings};

    fn read(package: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/skill.js"), "").unwrap();
        fs::write(folder.path().join("package.json"), package).unwrap();
        Settings::read(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_small_engine_is_the_default_and_a_misspelt_one_is_an_error() {
        let plain = read("{}").unwrap();
        assert_eq!(
            (plain.engine, plain.main.as_str()),
            (Engine::QuickJs, "src/skill.js")
        );
        let chosen =
            read(r#"{"main": "./src/skill.js", "metier": {"engine": "starlingmonkey"}}"#).unwrap();
        assert_eq!(chosen.engine, Engine::StarlingMonkey);
        assert!(
            read(r#"{"metier": {"engine": "v8"}}"#).is_err_and(|error| error.contains("quickjs"))
        );
        assert!(
            read(r#"{"metier": {"enginee": "quickjs"}}"#)
                .is_err_and(|error| error.contains("enginee"))
        );
        assert!(read(r#"{"main": "index.js"}"#).is_err_and(|error| error.contains("index.js")));
    }
}
