//! Zig: `zig build` over the package that is written to `build/zig`.
//!
//! The package `metier` holds the C bindings of the world, `metier.zig` that turns them into Zig types, and one file that exports
//! the tools; the folder's own `build.zig` calls its `addSkill`. The tools are functions of the root file, those of an exported
//! interface functions of a declaration with its name.

use std::{fmt::Write, path::Path, process::Command};

use heck::{ToLowerCamelCase, ToSnakeCase};

use super::{
    BuildError, Project,
    bindings::{self, Exports, World},
    c, componentize,
    tool::{self, Tool},
};

/// Where the package goes, below the skill's folder.
const BUILD: &str = "build/zig";

/// What `addSkill` installs, below the folder `zig build` installs to.
const MODULE: &str = "bin/skill.wasm";

/// The language and its build system change with every release.
const VERSION: &str = "0.17.";

const ZIG: Tool = Tool {
    program: "zig",
    install: "pip install ziglang==0.17.0",
};

const SDK: [(&str, &str); 3] = [
    ("build.zig", include_str!("../../../../sdk/zig/build.zig")),
    (
        "build.zig.zon",
        include_str!("../../../../sdk/zig/build.zig.zon"),
    ),
    ("metier.zig", include_str!("../../../../sdk/zig/metier.zig")),
];

/// Whether the folder is written in Zig.
pub fn is_source(folder: &Path) -> bool {
    folder.join("build.zig").is_file()
}

/// Zig, as itself or as the package `ziglang` of PyPI.
///
/// # Errors
/// [`BuildError::ToolMissing`].
pub fn command(project: &Project<'_>) -> Result<Command, BuildError> {
    let venv = [project.folder.join(".venv/bin")];
    for program in ["zig", "python-zig"] {
        let tool = Tool { program, ..ZIG };
        if let Ok(command) = tool.command(project, &venv) {
            return Ok(command);
        }
    }
    let python = Tool {
        program: "python3",
        ..ZIG
    };
    let Ok(mut command) = python.command(project, &venv) else {
        return Err(ZIG.missing());
    };
    command.args(["-m", "ziglang"]);
    if version(&mut command).is_some() {
        let mut command = python.command(project, &venv)?;
        command.args(["-m", "ziglang"]);
        return Ok(command);
    }
    Err(ZIG.missing())
}

fn version(command: &mut Command) -> Option<String> {
    let output = command.arg("version").output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    (output.status.success()).then(|| version.trim().to_owned())
}

/// Builds the component.
pub fn build(project: &Project<'_>) -> Result<Vec<u8>, BuildError> {
    check_version(project)?;
    let mut world = World::read(project)?;
    let options = wit_bindgen_c::Opts {
        rename_world: Some(c::BINDINGS_NAME.to_owned()),
        // One shape for every function: a pointer per argument, and one for the result.
        no_sig_flattening: true,
        ..Default::default()
    };
    let mut texts = world.generate(options.build())?;
    let header = texts
        .get("skill.h")
        .map(|text| String::from_utf8_lossy(text));
    let exports = exports(&world.exports(), header.as_deref().unwrap_or_default())?;
    texts.insert("exports.zig".to_owned(), exports.into());
    for (path, text) in SDK {
        texts.insert(path.to_owned(), text.into());
    }
    bindings::write(&project.folder.join(BUILD), &texts)?;
    let installed = project.folder.join("zig-out");
    let mut zig = command(project)?;
    zig.args(["build", "--release=safe", "--prefix"])
        .arg(&installed);
    tool::run(project, "compiling", &mut zig)?;
    componentize::component(&tool::read_component(&installed.join(MODULE))?)
}

fn check_version(project: &Project<'_>) -> Result<(), BuildError> {
    let found = version(&mut command(project)?).unwrap_or_default();
    if found.starts_with(VERSION) {
        return Ok(());
    }
    Err(BuildError::ToolMissing {
        tool: format!("Zig {VERSION}x, not {found},"),
        install: ZIG.install.to_owned(),
    })
}

/// The file that exports every tool under the name the bindings call.
fn exports(all: &[Exports], header: &str) -> Result<String, BuildError> {
    let mut text = String::from(
        "//! The tools, under the names the bindings call. Written by `metier build`.\n\n\
         const metier = @import(\"metier\");\n\
         const skill = @import(\"skill\");\n\
         const std = @import(\"std\");\n\n\
         pub const panic = if (@hasDecl(skill, \"panic\")) skill.panic else std.debug.FullPanic(metier.panicked);\n\
         pub const std_options: std.Options = if (@hasDecl(skill, \"std_options\")) skill.std_options else .{};\n",
    );
    for exports in all {
        let (section, scope) = match &exports.interface {
            Some(interface) => (
                interface.path.as_str(),
                format!("skill.{}", interface.name.to_snake_case()),
            ),
            None => ("", "skill".to_owned()),
        };
        let declared = declared(header, section);
        if declared.len() != exports.functions.len() {
            return Err(BuildError::NoComponent(format!(
                "the bindings of {section} have {} functions, the WIT has {}",
                declared.len(),
                exports.functions.len()
            )));
        }
        for (function, (symbol, parameters)) in exports.functions.iter().zip(declared) {
            let tool = format!(
                "{scope}.{}",
                identifier(&function.name.to_lower_camel_case())
            );
            export(&mut text, &symbol, parameters, &tool);
        }
    }
    Ok(text)
}

/// Some names of functions are words of the language.
fn identifier(name: &str) -> String {
    format!("@\"{name}\"")
}

fn export(text: &mut String, symbol: &str, parameters: usize, tool: &str) {
    let typed: Vec<String> = (0..parameters)
        .map(|index| format!("a{index}: metier.Param(\"{symbol}\", {index})"))
        .collect();
    let names: Vec<String> = (0..parameters).map(|index| format!("a{index}")).collect();
    // Writing to a text does not fail.
    let _ = write!(
        text,
        "\nexport fn {symbol}({}) metier.Return(\"{symbol}\") {{\n    \
         return metier.call(\"{symbol}\", {tool}, .{{ {} }});\n}}\n",
        typed.join(", "),
        names.join(", "),
    );
}

/// Name and number of parameters of the functions below a heading of the C header; the world's own when it is empty.
fn declared(header: &str, interface: &str) -> Vec<(String, usize)> {
    let heading = "// Exported Functions from `";
    let is_ours = |line: &&str| {
        let name = line
            .strip_prefix(heading)
            .and_then(|rest| rest.strip_suffix('`'));
        name.is_some_and(|name| name == interface || (interface.is_empty() && !name.contains(':')))
    };
    let mut lines = header.lines().skip_while(|line| !is_ours(line));
    lines.next();
    lines
        .take_while(|line| !line.is_empty() && !line.starts_with("//"))
        .filter_map(declaration)
        .collect()
}

/// `bool exports_skill_greet(skill_string_t *name, skill_string_t *ret);`
fn declaration(line: &str) -> Option<(String, usize)> {
    let (before, parameters) = line.strip_suffix(");")?.split_once('(')?;
    let symbol = before.rsplit([' ', '*']).next()?;
    let count = match parameters {
        "void" | "" => 0,
        some => some.split(',').count(),
    };
    Some((symbol.to_owned(), count))
}

#[cfg(test)]
mod tests {
    use super::declared;

    #[test]
    fn functions_are_read_from_the_header_under_their_heading() {
        let header = "int x(void);\n\n// Exported Functions from `weather`\nbool exports_skill_a(t *x, t *ret);\n\
                      void exports_skill_b(void);\n\n// Exported Functions from `a:b/c@1.0.0`\nuint8_t exports_a_b_c_d(bool x);\n\n";
        let root = declared(header, "");
        assert_eq!(
            root,
            [
                ("exports_skill_a".to_owned(), 2),
                ("exports_skill_b".to_owned(), 0)
            ]
        );
        assert_eq!(
            declared(header, "a:b/c@1.0.0"),
            [("exports_a_b_c_d".to_owned(), 1)]
        );
        assert_eq!(declared(header, "a:b/e@1.0.0"), []);
    }
}
