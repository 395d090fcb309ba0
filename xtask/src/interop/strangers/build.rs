//! Each stranger by the commands its tool's own guide gives.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::cmd::Cmd;
use crate::interop::Tools;
use crate::repo::Repo;
use crate::tools::Program;

/// The command line of wit-bindgen, from crates.io.
const WIT_BINDGEN: Program = Program {
    package: "wit-bindgen-cli",
    name: "wit-bindgen",
    version: "0.61.1",
    args: &[],
};

/// What every recipe needs.
struct Place<'t> {
    repo: &'t Repo,
    path: String,
    sources: PathBuf,
    work: PathBuf,
}

impl Place<'_> {
    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let ran = Cmd::new(program)
            .args(arguments)
            .env("PATH", &self.path)
            .dir(&self.sources)
            .read()?;
        drop(ran);
        Ok(())
    }

    fn work(&self, name: &str) -> String {
        self.work.join(name).display().to_string()
    }
}

/// Build the stranger `name` into `file`.
pub fn build(repo: &Repo, tools: &Tools<'_>, name: &str, file: &Path) -> Result<()> {
    let work = repo.target("interop/strangers").join(name);
    std::fs::create_dir_all(&work)?;
    let place = Place {
        repo,
        path: tools.path()?,
        sources: repo.path("tests/strangers").join(name),
        work,
    };
    let out = file.display().to_string();
    match name {
        "rust" | "rust-async" => rust(&place, name, file),
        "js" => place.run(
            "jco",
            &[
                "componentize",
                "headlines.js",
                "--wit",
                "wit",
                "-n",
                "headlines",
                "-o",
                &out,
            ],
        ),
        "python" => python(&place, "calendar", "calendar_app", &out),
        "python-async" => python(&place, "choir", "choir_app", &out),
        "c" => c(&place, &out),
        "go" => go(&place, &out),
        other => bail!("there is no recipe for `{other}`"),
    }
}

fn rust(place: &Place<'_>, name: &str, file: &Path) -> Result<()> {
    let target = place.repo.target("interop/strangers/cargo");
    place
        .repo
        .cargo()
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--target",
            "wasm32-wasip2",
        ])
        .env("CARGO_TARGET_DIR", &target)
        .dir(&place.sources)
        .read()?;
    let built = format!(
        "wasm32-wasip2/release/stranger_{}.wasm",
        name.replace('-', "_")
    );
    std::fs::copy(target.join(built), file)?;
    Ok(())
}

fn python(place: &Place<'_>, world: &str, module: &str, out: &str) -> Result<()> {
    place.run(
        "componentize-py",
        &["-d", "wit", "-w", world, "componentize", module, "-o", out],
    )
}

fn c(place: &Place<'_>, out: &str) -> Result<()> {
    let (bindings, core) = (place.work("bindings"), place.work("core.wasm"));
    let wit_bindgen = wit_bindgen()?;
    place.run(&wit_bindgen, &["c", "wit", "--out-dir", &bindings])?;
    let generated = |name: &str| format!("{bindings}/{name}");
    place.run(
        "python-zig",
        &[
            "cc",
            "-target",
            "wasm32-wasi",
            "-mexec-model=reactor",
            "-Os",
            "-I",
            &bindings,
            "checks.c",
            &generated("checks.c"),
            &generated("checks_component_type.o"),
            "-o",
            &core,
        ],
    )?;
    // It needs nothing of the C library's, so no adapter either: it imports WASI exactly as its WIT says.
    place.run("jco", &["new", &core, "-o", out])
}

fn go(place: &Place<'_>, out: &str) -> Result<()> {
    let wit_bindgen = wit_bindgen()?;
    let wit = place.sources.join("wit").display().to_string();
    let (module, core, embedded) = (
        place.work("module"),
        place.work("core.wasm"),
        place.work("embedded.wasm"),
    );
    place.run(
        &wit_bindgen,
        &["go", "wit", "--world", "tally", "--out-dir", &module],
    )?;
    let package = Path::new(&module).join("export_acme_tally_words");
    std::fs::create_dir_all(&package)?;
    std::fs::copy(
        place.sources.join("export_acme_tally_words/words.go"),
        package.join("words.go"),
    )?;
    let replace = format!(
        "-replace=go.bytecodealliance.org/pkg={}",
        go_runtime(place)?
    );
    let in_module = |arguments: &[&str]| {
        Cmd::new("go")
            .args(arguments)
            .env("PATH", &place.path)
            .env("GOFLAGS", "-mod=mod")
            .env("GOOS", "wasip1")
            .env("GOARCH", "wasm")
            .dir(Path::new(&module))
            .read()
    };
    in_module(&["mod", "edit", &replace])?;
    in_module(&[
        "build",
        "-buildmode=c-shared",
        "-ldflags=-s -w -checklinkname=0",
        "-o",
        &core,
        ".",
    ])?;
    place.run(
        "jco",
        &[
            "embed", &core, "--wit", &wit, "-n", "tally", "-o", &embedded,
        ],
    )?;
    place.run("jco", &["new", &embedded, "--wasi-reactor", "-o", out])
}

/// The Go module the bindings stand on, as the crate that generates them carries it.
fn go_runtime(place: &Place<'_>) -> Result<String> {
    let found =
        go_sources()?.context("wit-bindgen-go's sources are not where cargo unpacks them")?;
    // Cargo's copy stays as it was unpacked: Go writes beside the modules it reads.
    let copy = place.work("pkg");
    Cmd::new("cp")
        .args(["-r", "-T"])
        .arg(found)
        .arg(&copy)
        .read()?;
    Ok(copy)
}

fn go_sources() -> Result<Option<PathBuf>> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let sources = home.context("cargo's home")?.join("registry/src");
    let registries = std::fs::read_dir(&sources).with_context(|| sources.display().to_string())?;
    let module = format!("wit-bindgen-go-{}/src/pkg", WIT_BINDGEN.version);
    let mut folders = registries.filter_map(|registry| Some(registry.ok()?.path().join(&module)));
    Ok(folders.find(|folder| folder.is_dir()))
}

/// Installed again where cargo does not have the sources it was built of any more: the Go module is among them.
fn wit_bindgen() -> Result<String> {
    if go_sources()?.is_none() {
        WIT_BINDGEN.forget()?;
    }
    Ok(WIT_BINDGEN.installed()?.display().to_string())
}
