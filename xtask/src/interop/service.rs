//! A host service as its users run it, and other people's clients on the other side: the official clients, inspector and conformance suite
//! of the Model Context Protocol, OpenAI's own libraries, and schemathesis on the description of the HTTP API.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Tools;
use crate::cmd::Cmd;
use crate::emulator::Emulator;
use crate::repo::Repo;

/// Scripts, and what they ask.
const SERVICE: &str = "tests/interop/service";

/// What `metier serve --output json` says first.
#[derive(Deserialize)]
struct Serving {
    address: String,
    admin_key: String,
}

/// What the emulator of providers says first.
#[derive(Deserialize)]
struct Providers {
    address: String,
    key: String,
    access_key_id: String,
}

/// Where each format is below the emulator, and how its key is sent.
const FORMATS: [(&str, &str, &str); 6] = [
    ("openai-chat", "/v1", "kind = \"bearer\""),
    ("openai-responses", "/v1", "kind = \"bearer\""),
    (
        "anthropic",
        "",
        "kind = \"api-key-header\"\nheader = \"x-api-key\"",
    ),
    (
        "azure-openai",
        "/openai/v1",
        "kind = \"api-key-header\"\nheader = \"api-key\"",
    ),
    (
        "gemini",
        "/v1beta",
        "kind = \"api-key-header\"\nheader = \"x-goog-api-key\"",
    ),
    (
        "bedrock",
        "",
        "kind = \"sigv4\"\naccess-key-id = { env = \"PROVIDERS_ID\" }\nservice = \"bedrock\"\nregion = \"eu-central-1\"",
    ),
];

/// Starts a service in an empty home and lets every client at it.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let providers = Emulator::start(&Cmd::new(repo.program("metier-emulator-models")?))?;
    let stage = Stage::set(repo, tools, providers)?;
    let python = tools.python()?;
    let modules = tools.npm("tests/interop/mcp/npm", "interop/mcp")?;
    let node = modules.join("node/bin/node");
    stage.mcp(&python, &modules, &node)?;
    stage.openai(tools, &python)?;
    stage.described(&python)
}

/// A service with a skill, a chain and an agent in it.
struct Stage<'r> {
    repo: &'r Repo,
    service: Emulator<Serving>,
    admin: Cmd,
    providers: Emulator<Providers>,
}

impl<'r> Stage<'r> {
    fn set(repo: &'r Repo, tools: &Tools<'_>, providers: Emulator<Providers>) -> Result<Self> {
        let home = repo.target("interop/service");
        if home.exists() {
            std::fs::remove_dir_all(&home)?;
        }
        std::fs::create_dir_all(&home)?;
        std::fs::write(home.join("routes.toml"), routes(&providers.ready.address))?;
        let metier = repo.program("metier")?;
        let serve = Cmd::new(&metier)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--output",
                "json",
                "--routes",
            ])
            .arg(home.join("routes.toml"))
            .env("HOME", home.to_string_lossy().as_ref())
            .env("PROVIDERS_KEY", &providers.ready.key)
            .env("PROVIDERS_ID", &providers.ready.access_key_id);
        let service = Emulator::start(&serve)?;
        let math = home.join("math.wasm");
        Cmd::new("jco")
            .arg("parse")
            .arg(repo.path(SERVICE).join("math.wat"))
            .arg("-o")
            .arg(&math)
            .env("PATH", tools.path()?)
            .read()?;
        let admin = Cmd::new(&metier)
            .arg("admin")
            .env("HOME", home.to_string_lossy().as_ref())
            .env("METIER_URL", &service.ready.address)
            .env("METIER_KEY", &service.ready.admin_key);
        admin
            .clone()
            .args(["skill", "install"])
            .arg(&math)
            .args(["--as", "math"])
            .read()?;
        for file in ["sum.toml", "plain.toml"] {
            let definition = repo.path(SERVICE).join(file);
            admin
                .clone()
                .args(["agent", "deploy"])
                .arg(definition)
                .read()?;
        }
        Ok(Stage {
            repo,
            service,
            admin,
            providers,
        })
    }

    fn script(&self, program: &Path, script: &str) -> Cmd {
        // It leaves a folder where it runs.
        Cmd::new(program)
            .dir(&self.repo.target("interop/service"))
            .arg("--config-file")
            .arg(self.repo.path(SERVICE).join("schemathesis.toml"))
            .arg("run")
            .arg(format!(
                "{}/api/v1/openapi.json",
                self.service.ready.address
            ))
            .env(
                "SCHEMATHESIS_HOOKS",
                self.repo
                    .path(SERVICE)
                    .join("hooks.py")
                    .to_string_lossy()
                    .as_ref(),
            )
            .env("METIER_KEY", key.trim())
            .step("schemathesis on the HTTP API")
    }
}

fn routes(emulator: &str) -> String {
    let routes = FORMATS.iter().map(|(format, path, credential)| {
        format!(
            "[routes.{format}]\ncandidates = [\"{format}\"]\nretry = {{ attempts = 1, broken-answers = 0 }}\n\
             [candidates.{format}]\nformat = \"{format}\"\nmodel = \"m.x\"\nbase-url = \"http://{emulator}{path}\"\ncredential = \"{format}\"\n\
             region = \"eu-central-1\"\ncontext = 1_000_000\nmax-output = 4_000\nfeatures = [\"tools\", \"schema\"]\n\
             price = {{ input = 1_000_000_000, output = 1_000_000_000 }}\n\
             [credentials.{format}]\n{credential}\nsecret = {{ env = \"PROVIDERS_KEY\" }}\n"
        )
    });
    routes.collect()
}

/// What a package says its command is.
fn bin_of(package: &Path, name: &str) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Package {
        bin: BTreeMap<String, String>,
    }
    let text = std::fs::read_to_string(package.join("package.json"))?;
    let read: Package = serde_json::from_str(&text)?;
    let path = read
        .bin
        .get(name)
        .with_context(|| format!("{name} in {text}"))?;
    Ok(package.join(path))
}
