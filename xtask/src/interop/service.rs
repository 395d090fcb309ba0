//! A host service as its users run it, and other people's clients on the other side: the official clients, inspector and conformance suite
//! of the Model Context Protocol, OpenAI's own libraries, a receiver of traces, and schemathesis on the description of the HTTP API.

mod attached;

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

/// What the receiver of traces says first.
#[derive(Deserialize)]
struct Receiver {
    address: String,
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
    stage.traces(&python)?;
    stage.mcp(&python, &modules, &node)?;
    stage.attached(&python, &modules, &node)?;
    stage.openai(tools, &python)?;
    stage.webhooks(&python)?;
    stage.described(&python)
}

/// A service with a skill, a chain and an agent in it.
struct Stage<'r> {
    repo: &'r Repo,
    metier: PathBuf,
    service: Emulator<Serving>,
    admin: Cmd,
    providers: Emulator<Providers>,
    receiver: Emulator<Receiver>,
}

impl<'r> Stage<'r> {
    fn set(repo: &'r Repo, tools: &Tools<'_>, providers: Emulator<Providers>) -> Result<Self> {
        let home = repo.target("interop/service");
        if home.exists() {
            std::fs::remove_dir_all(&home)?;
        }
        std::fs::create_dir_all(&home)?;
        std::fs::write(home.join("routes.toml"), routes(&providers.ready.address))?;
        std::fs::write(home.join("metier.toml"), "[webhooks]\nloopback = true\n")?;
        let receive = Cmd::new(tools.python()?)
            .arg(repo.path(SERVICE).join("otlp.py"))
            .arg("receive");
        let receiver: Emulator<Receiver> = Emulator::start(&receive)?;
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
            .arg("--config")
            .arg(home.join("metier.toml"))
            .env("HOME", home.to_string_lossy().as_ref())
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.ready.address)
            .env("OTEL_BSP_SCHEDULE_DELAY", "500")
            .env("PROVIDERS_KEY", &providers.ready.key)
            .env("PROVIDERS_ID", &providers.ready.access_key_id);
        let service: Emulator<Serving> = Emulator::start(&serve)?;
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
            .args(["skill", "install", "--allow-unsigned"])
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
            metier,
            service,
            admin,
            providers,
            receiver,
        })
    }

    fn script(&self, program: &Path, script: &str) -> Cmd {
        Cmd::new(program)
            .dir(self.repo.root())
            .arg(script)
            .arg(&self.service.ready.address)
            .arg(&self.service.ready.admin_key)
    }

    fn traces(&self, python: &Path) -> Result<()> {
        Cmd::new(python)
            .dir(self.repo.root())
            .args(["tests/interop/service/otlp.py", "check"])
            .arg(&self.service.ready.address)
            .arg(&self.service.ready.admin_key)
            .arg(&self.receiver.ready.address)
            .step("a receiver of OTLP, read with OpenTelemetry's own protocol buffers")
    }

    fn mcp(&self, python: &Path, modules: &Path, node: &Path) -> Result<()> {
        self.script(python, "tests/interop/mcp/client.py")
            .step("the official Python client of MCP")?;
        // A module finds its packages beside itself.
        let client = modules.parent().context("a folder")?.join("client.mjs");
        std::fs::copy(self.repo.path("tests/interop/mcp/client.mjs"), &client)?;
        self.script(node, &client.to_string_lossy())
            .step("the official TypeScript clients of MCP")?;
        self.inspected(modules, node)?;
        let suite = modules.join("@modelcontextprotocol/conformance/dist/index.js");
        self.script(python, "tests/interop/mcp/conformance.py")
            .arg(node)
            .arg(suite)
            .step("the official conformance suite of MCP")
    }

    /// The inspector's command line, as the README has it.
    fn inspected(&self, modules: &Path, node: &Path) -> Result<()> {
        let package = modules.join("@modelcontextprotocol/inspector");
        let inspector = Cmd::new(node)
            .arg(bin_of(&package, "mcp-inspector")?)
            .args(["--cli", &format!("{}/mcp", self.service.ready.address)])
            .args(["--transport", "http", "--header"])
            .arg(format!(
                "Authorization: Bearer {}",
                self.service.ready.admin_key
            ));
        let listed = inspector.clone().args(["--method", "tools/list"]).read()?;
        ensure!(listed.contains("math__add"), "the inspector lists {listed}");
        let called = inspector
            .args(["--method", "tools/call", "--tool-name", "math__add"])
            .args(["--tool-arg", "a=2", "--tool-arg", "b=3"])
            .read()?;
        ensure!(called.contains('5'), "the inspector was answered {called}");
        Ok(())
    }

    /// Standard Webhooks' own library, on both sides.
    fn webhooks(&self, python: &Path) -> Result<()> {
        self.script(python, "tests/interop/service/webhooks.py")
            .step("the library of Standard Webhooks")
    }

    fn openai(&self, tools: &Tools<'_>, python: &Path) -> Result<()> {
        let emulator = format!("http://{}", self.providers.ready.address);
        let names = FORMATS.map(|(format, _, _)| format);
        let asked = |program: &Path, script: &str| {
            Cmd::new(program)
                .dir(self.repo.root())
                .arg(script)
                .arg(format!("{}/v1", self.service.ready.address))
                .arg(&self.service.ready.admin_key)
                .arg(&emulator)
                .args(names)
        };
        asked(python, "tests/interop/openai/sdk.py").step("OpenAI's Python library")?;
        asked(Path::new("node"), "tests/interop/openai/sdk.mjs")
            .env(
                "NODE_PATH",
                tools.node_modules()?.to_string_lossy().as_ref(),
            )
            .step("OpenAI's JavaScript library")
    }

    /// Every route of the description, with what it says can be sent and with what it does not, as an operator of a tenant of its own.
    fn described(&self, python: &Path) -> Result<()> {
        let admin = |words: &[&str]| self.admin.clone().args(words).read();
        admin(&["tenant", "create", "described"])?;
        let key = admin(&[
            "key",
            "create",
            "--name",
            "schemathesis",
            "--role",
            "operator",
            "--tenant",
            "described",
        ])?;
        // It leaves a folder where it runs.
        Cmd::new(python.with_file_name("schemathesis"))
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
                self.repo.path(SERVICE).join("hooks.py"),
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
