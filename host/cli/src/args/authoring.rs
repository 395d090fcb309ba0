//! The commands of somebody who writes a skill.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Below `metier new --help`.
pub const NEW_EXAMPLES: &str = "\
Examples:
  metier new weather --lang rust
  metier new weather --lang ts --namespace com.acme";

/// Below `metier build --help`.
pub const BUILD_EXAMPLES: &str = "\
Examples:
  metier build
  metier build weather -o weather.wasm
  metier build weather --verbose

The language is found from the folder's files: Cargo.toml, package.json (with tsconfig.json:
TypeScript), pyproject.toml, build.zig, go.mod, src/*.c, or component.wasm for a skill that was
unpacked.";

/// Below `metier unpack --help`.
pub const UNPACK_EXAMPLES: &str = "\
Examples:
  metier unpack weather.wasm
  metier unpack weather.wasm -o skills/weather

The folder has SKILL.md, skill.toml, component.wasm, tools.json and the packed files. `metier build` on
it makes the same file, byte for byte.";

/// Below `metier lint --help`.
pub const LINT_EXAMPLES: &str = "\
Examples:
  metier lint
  metier lint weather
  metier lint weather.wasm --output json

Exits with 11 when there is an error; warnings alone are none. docs/lint.md explains each rule.";

/// `metier new`
#[derive(Debug, Args)]
pub struct New {
    /// What the skill is called; the folder gets the same name
    pub name: String,
    /// The language it is written in
    #[arg(long, value_enum)]
    pub lang: Lang,
    /// Who publishes it: a domain of yours, backwards
    #[arg(long, value_name = "NAMESPACE", default_value = "com.example")]
    pub namespace: String,
}

/// A language with a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// Rust
    Rust,
    /// TypeScript
    Ts,
    /// JavaScript
    Js,
    /// Python
    Python,
    /// Go
    Go,
    /// C
    C,
    /// Zig
    Zig,
}

impl Lang {
    /// The folder of its template below `sdk`.
    pub const fn folder(self) -> &'static str {
        match self {
            Lang::Rust => "rust",
            Lang::Ts => "ts",
            Lang::Js => "js",
            Lang::Python => "python",
            Lang::Go => "go",
            Lang::C => "c",
            Lang::Zig => "zig",
        }
    }
}

/// `metier build`
#[derive(Debug, Args)]
pub struct Build {
    /// The skill's folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Pack this component, as a compiler wrote it, instead of building the source
    #[arg(long, value_name = "FILE")]
    pub component: Option<PathBuf>,
    /// Where to write the skill [default: DIR/dist/NAME.wasm]
    #[arg(short, long = "out", value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `metier unpack`
#[derive(Debug, Args)]
pub struct Unpack {
    /// The skill's file
    #[arg(value_name = "SKILL.wasm")]
    pub skill: PathBuf,
    /// The folder to write, called as the skill is [default: the skill's name, here]
    #[arg(short, long = "out", value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `metier lint`
#[derive(Debug, Args)]
pub struct Lint {
    /// The skill's folder or file
    #[arg(value_name = "DIR|SKILL.wasm", default_value = ".")]
    pub skill: PathBuf,
}
