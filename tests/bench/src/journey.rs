//! From an empty folder to the first answer: `metier new`, `build` and `call`, everything installed.
//!
//! Each journey starts with empty caches of its own, as on the day somebody tries Metier, except for what the language's
//! tools keep for themselves. The bar is held against processor time, which a busy machine does not stretch; the time on the
//! clock is quoted beside it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::cold::metier_command;
use crate::report::Row;
use crate::upstream::Upstream;
use crate::{Effort, guests, stats};

/// The languages `metier new` knows, and how many seconds the journey may take.
pub const LANGUAGES: [(&str, f64); 7] = [
    ("rust", 60.0),
    ("c", 30.0),
    ("zig", 60.0),
    ("go", 60.0),
    ("js", 30.0),
    ("ts", 30.0),
    ("python", 30.0),
];

/// The same for a description of an API.
const OPENAPI_BAR: f64 = 5.0;

/// What every new skill is called.
const NAME: &str = "hello";

/// What all of it took.
#[derive(Default)]
struct Taken {
    wall: Duration,
    cpu: Duration,
}

/// One row for each language, and one for a description.
pub fn measure(_: Effort) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (language, bar) in LANGUAGES {
        rows.push(row(language, &new_skill(language)?, bar));
    }
    rows.push(row("an OpenAPI description", &described()?, OPENAPI_BAR));
    Ok(rows)
}

/// The skill `metier new` writes in `language`, built. Made when no journey made it before.
pub fn skill(language: &str) -> Result<PathBuf> {
    let file = place(language).join(NAME).join("dist/hello.wasm");
    if !file.is_file() {
        new_skill(language)?;
    }
    Ok(file)
}

fn row(what: &str, taken: &Taken, bar: f64) -> Row {
    Row {
        name: format!("new skill to first answer, {what} (CPU)"),
        bare: format!("{:.1} s wall", taken.wall.as_secs_f64()),
        metier: format!("{:.1} s CPU", taken.cpu.as_secs_f64()),
        figure: taken.cpu.as_secs_f64(),
        unit: "s",
        bar,
        at_least: false,
    }
}

fn new_skill(language: &str) -> Result<Taken> {
    let folder = empty(language)?;
    let file = format!("{NAME}/dist/{NAME}.wasm");
    let mut taken = Taken::default();
    taken.step(&folder, &["new", NAME, "--lang", language])?;
    taken.step(&folder, &["build", NAME])?;
    let answer = taken.step(&folder, &["call", &file, "greet", "--name", "Ada"])?;
    ensure!(answer.contains("Hello, Ada!"), "{language}: {answer}");
    Ok(taken)
}

/// `metier openapi` builds as it writes; `build` again is what its author does after a change.
fn described() -> Result<Taken> {
    let folder = empty("openapi")?;
    let upstream = Upstream::start(0)?;
    let port = upstream.port();
    std::fs::write(folder.join("api.json"), description(port))?;
    std::fs::write(folder.join("grant.toml"), grant(port))?;
    let file = format!("{NAME}/dist/{NAME}.wasm");
    let mut taken = Taken::default();
    taken.step(&folder, &["openapi", "api.json", "--name", NAME])?;
    taken.step(&folder, &["build", NAME])?;
    taken.step(&folder, &["call", &file, "ping", "--grant", "grant.toml"])?;
    let code = folder.join("cache/metier/code");
    let compiled = std::fs::read_dir(&code)?
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|it| it == "cwasm"));
    ensure!(
        compiled.count() == 1,
        "the component was compiled more than once"
    );
    Ok(taken)
}

fn description(port: &str) -> String {
    format!(
        r#"{{"openapi":"3.1.0","info":{{"title":"Ping","version":"1"}},"servers":[{{"url":"http://127.0.0.1:{port}"}}],
        "paths":{{"/ping":{{"get":{{"operationId":"ping","responses":{{"200":{{"description":"ok"}}}}}}}}}}}}"#
    )
}

fn grant(port: &str) -> String {
    format!(
        "skill = \"com.example/{NAME}\"\ntools = [\"*\"]\n[[http]]\nscheme = \"http\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         methods = [\"GET\"]\npaths = [\"/**\"]\naddresses = [\"127.0.0.1/32\"]\n"
    )
}

impl Taken {
    /// Run `metier` in `folder`, add what it took, and give back what it printed.
    fn step(&mut self, folder: &Path, arguments: &[&str]) -> Result<String> {
        let (start, before) = (Instant::now(), stats::children_cpu()?);
        let output = Command::new(metier_command()?)
            .args(arguments)
            .current_dir(folder)
            .env("XDG_CACHE_HOME", folder.join("cache"))
            .env("XDG_DATA_HOME", folder.join("data"))
            // Ours; the skill is built in its own folder.
            .env_remove("CARGO_TARGET_DIR")
            .stdin(Stdio::null())
            .output()
            .context("cannot start `metier`")?;
        self.wall += start.elapsed();
        self.cpu += stats::children_cpu()?.saturating_sub(before);
        ensure!(
            output.status.success(),
            "`metier {}` failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn empty(language: &str) -> Result<PathBuf> {
    let folder = place(language);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::canonicalize(folder)?)
}

fn place(language: &str) -> PathBuf {
    guests::target().join("bench/journeys").join(language)
}
