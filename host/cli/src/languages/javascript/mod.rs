//! JavaScript and TypeScript: one bundle by esbuild, in one of two engines.
//!
//! | engine | `"metier": {"engine": …}` | for |
//! |---|---|---|
//! | QuickJS | `quickjs`, the default | a component of 1.5 MB that starts in microseconds; the web platform is `src/metier/quickjs` |
//! | StarlingMonkey | `starlingmonkey` | 14 MB with a compiler and a web platform of its own, `fetch` over `wasi:http`, 64-bit integers as `bigint` |
//!
//! The entry of the bundle is written here ([`entry`]): each exported function inside a shell that waits for promises and turns
//! exceptions into the tool's errors. Everything is below `build`, apart from `src/metier/world.d.ts`, the declarations of the
//! world, which editors read and which change only with the WIT.

mod entry;
mod lines;
mod settings;
mod types;

pub use entry::pascal;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use metier_core::Manifest;

use self::settings::Settings;
use super::world::World;
use super::{
    BuildError, Project,
    tool::{self, Tool},
};

/// Where everything that is made goes.
const BUILD: &str = "build";
/// The declarations of the world.
const DECLARATIONS: &str = "src/metier/world.d.ts";
/// The files a project got from the template.
const RUNTIME: &str = "src/metier/tool.js";

const ESBUILD: Tool = Tool {
    program: "esbuild",
    install: "npm install",
};
const QUICKJS: Tool = Tool {
    program: "componentize-qjs",
    install: "npm install",
};
const STARLINGMONKEY: Tool = Tool {
    program: "componentize-js",
    install: "npm install --save-dev --save-exact @bytecodealliance/componentize-js@0.22.0",
};
const TSC: Tool = Tool {
    program: "tsc",
    install: "npm install",
};

/// What runs the skill's code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// componentize-qjs.
    #[default]
    QuickJs,
    /// componentize-js.
    StarlingMonkey,
}

/// Whether the folder is written in JavaScript.
pub fn is_source(folder: &Path) -> bool {
    folder.join("package.json").is_file() && !is_typescript(folder)
}

/// Whether the folder is written in TypeScript.
pub fn is_typescript(folder: &Path) -> bool {
    folder.join("package.json").is_file() && folder.join("tsconfig.json").is_file()
}

/// Builds the component from JavaScript.
pub fn build(project: &Project<'_>) -> Result<Vec<u8>, BuildError> {
    Recipe::new(project)?.component()
}

/// Builds the component from TypeScript, after its types are checked.
pub fn build_typescript(project: &Project<'_>) -> Result<Vec<u8>, BuildError> {
    let recipe = Recipe::new(project)?;
    recipe.check_types()?;
    recipe.component()
}

struct Recipe<'a> {
    project: &'a Project<'a>,
    settings: Settings,
    world: World,
    /// Where the project's own tools are.
    beside: [PathBuf; 1],
}

impl<'a> Recipe<'a> {
    /// Reads the settings and the world, and writes the declarations.
    fn new(project: &'a Project<'a>) -> Result<Recipe<'a>, BuildError> {
        let folder = project.folder;
        let settings = Settings::read(folder)?;
        if !folder.join(RUNTIME).is_file() {
            return Err(BuildError::Settings(format!(
                "`{RUNTIME}` is missing: copy the folder `src/metier` of a new skill (`metier new NAME --lang js`)"
            )));
        }
        let manifest = super::world::manifest(folder)?;
        let world = world(folder, settings.engine, &manifest)?;
        let recipe = Recipe {
            project,
            settings,
            world,
            beside: [folder.join("node_modules/.bin")],
        };
        let declarations = types::declarations(&recipe.world, recipe.settings.engine);
        recipe.write(DECLARATIONS, &declarations)?;
        Ok(recipe)
    }

    fn component(&self) -> Result<Vec<u8>, BuildError> {
        let engine = self.settings.engine;
        let source = format!("../{}", self.settings.main);
        self.write(
            "build/entry.js",
            &entry::entry(&self.world, engine, &source),
        )?;
        self.write("build/host.js", &entry::host(&self.world))?;
        self.bundle()?;
        let mut command = match engine {
            Engine::QuickJs => self.quickjs()?,
            Engine::StarlingMonkey => self.starlingmonkey()?,
        };
        tool::run(self.project, "making a component", &mut command)?;
        tool::read_component(&self.project.folder.join("build/component.wasm"))
    }

    /// Checking is the project's choice: without `typescript`, types are taken away unchecked, as esbuild does.
    fn check_types(&self) -> Result<(), BuildError> {
        if !self.settings.checks_types {
            return Ok(());
        }
        let mut command = TSC.command(self.project, &self.beside)?;
        command.args(["--noEmit", "--project", "."]);
        tool::run(self.project, "checking types", &mut command).map(drop)
    }

    fn bundle(&self) -> Result<(), BuildError> {
        let mut esbuild = ESBUILD.command(self.project, &self.beside)?;
        esbuild
            .args(["build/entry.js", "--bundle", "--outfile=build/skill.js"])
            // A package for browsers and for Node says itself what it does without Node's modules.
            .args([
                "--format=esm",
                "--platform=browser",
                "--main-fields=module,main",
                "--target=es2023",
            ])
            .args([
                "--sourcemap=external",
                "--sources-content=false",
                "--legal-comments=none",
            ])
            .args([
                "--log-level=warning",
                "--log-override:import-is-undefined=error",
            ])
            .args(["--alias:metier:host=./build/host.js", self.engine_alias()]);
        if self.settings.engine == Engine::QuickJs {
            // Promises are those of `src/metier/quickjs/promise.js`, which syntax of the engine would go past.
            let syntax = [
                "async-await",
                "async-generator",
                "for-await",
                "top-level-await",
            ];
            esbuild.args(syntax.map(|syntax| format!("--supported:{syntax}=false")));
            esbuild.arg("--inject:src/metier/quickjs/url.js");
        }
        for (name, _) in self.world.imports() {
            let plain = name.split('@').next().unwrap_or(&name);
            esbuild.args([format!("--external:{name}"), format!("--external:{plain}")]);
        }
        tool::run(self.project, "bundling", &mut esbuild)?;
        self.append_lines()
    }

    fn engine_alias(&self) -> &'static str {
        match self.settings.engine {
            Engine::QuickJs => "--alias:metier:engine=./src/metier/quickjs/engine.js",
            Engine::StarlingMonkey => "--alias:metier:engine=./src/metier/starlingmonkey/engine.js",
        }
    }

    fn append_lines(&self) -> Result<(), BuildError> {
        let build = self.project.folder.join(BUILD);
        let (bundle, map) = (build.join("skill.js"), build.join("skill.js.map"));
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |error| BuildError::Io(path, error)
        };
        let map_text = fs::read(&map).map_err(unusable(&map))?;
        let lines = lines::read(&map_text, &build, self.project.folder).ok_or_else(|| {
            BuildError::NoComponent("esbuild's source map cannot be read".to_owned())
        })?;
        let mut code = fs::read_to_string(&bundle).map_err(unusable(&bundle))?;
        code.push_str(&lines.statement());
        fs::write(&bundle, code).map_err(unusable(&bundle))
    }

    fn quickjs(&self) -> Result<Command, BuildError> {
        let mut command = QUICKJS.command(self.project, &self.beside)?;
        command
            .args([
                "--sync",
                "--wit",
                super::world::NARROWED,
                "--js",
                "build/skill.js",
            ])
            .args(["--output", "build/component.wasm"]);
        Ok(command)
    }

    fn starlingmonkey(&self) -> Result<Command, BuildError> {
        let mut command = STARLINGMONKEY.command(self.project, &self.beside)?;
        command
            .args(["build/skill.js", "--wit", super::world::NARROWED])
            .args(["--out", "build/component.wasm"]);
        Ok(command)
    }

    /// Writes a file, unless it says the same already: editors and bundlers watch.
    fn write(&self, name: &str, text: &str) -> Result<(), BuildError> {
        super::world::write(&self.project.folder.join(name), text)
    }
}

/// The world as the engine can have it.
fn world(folder: &Path, engine: Engine, manifest: &Manifest) -> Result<World, BuildError> {
    let (world, _) = match engine {
        // Its snapshot is taken by a host that has the streams of `wasi:io` and not `wasi:http`, which is made of them.
        Engine::QuickJs => World::narrow(
            folder,
            manifest,
            &["wasi:http/"],
            &[
                "wasi:cli/stdout",
                "wasi:cli/stderr",
                "wasi:random/random",
                "wasi:clocks/monotonic-clock",
            ],
        ),
        Engine::StarlingMonkey => World::narrow(folder, manifest, &[], &[]),
    }?;
    Ok(world)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::fs;
    use std::path::Path;

    use super::{Engine, types, world};
    use crate::templates;

    /// Copies, as every skill in JavaScript has them.
    #[test]
    fn the_shipped_skill_has_the_runtime_files_of_the_template() {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills/powerpoint");
        let name = "com.example/weather".parse().unwrap();
        for (path, bytes) in templates::files("js", &name).unwrap() {
            let its_own = [super::DECLARATIONS, "src/metier/starlingmonkey/engine.js"];
            if path.starts_with("src/metier/") && !its_own.contains(&path.as_str()) {
                let there = fs::read(shipped.join(&path)).unwrap_or_default();
                assert!(there == bytes, "copy {path} to skills/powerpoint");
            }
        }
    }

    #[test]
    fn the_template_has_the_declarations_of_its_world() {
        let name = "com.example/weather".parse().unwrap();
        for language in ["js", "ts"] {
            let folder = tempfile::tempdir().unwrap();
            let files = templates::files(language, &name).unwrap();
            for (path, bytes) in &files {
                let path = folder.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            let manifest = crate::languages::world::manifest(folder.path()).unwrap();
            let world = world(folder.path(), Engine::QuickJs, &manifest).unwrap();
            let written = types::declarations(&world, Engine::QuickJs);
            let there = String::from_utf8_lossy(&files[super::DECLARATIONS]).into_owned();
            assert!(
                written == there,
                "`metier build` in a new {language} skill rewrites its {}",
                super::DECLARATIONS
            );
        }
    }
}
