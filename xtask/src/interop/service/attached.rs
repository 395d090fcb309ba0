//! Servers of the official SDKs, attached by `metier attach`, installed with the grant that `metier inspect` proposes, and called through the
//! service by the official client: the TypeScript SDK speaks with sessions, the Python SDK without.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Stage;
use crate::cmd::Cmd;
use crate::emulator::Emulator;

/// Servers, and the client that asks for them.
const SCRIPTS: &str = "tests/interop/mcp/attached";

/// What a server's script says first.
#[derive(Deserialize)]
struct Addresses {
    sessions: String,
    alone: String,
}

impl Stage<'_> {
    /// Attaches two servers of each SDK, and lets the client call all of their tools.
    pub(super) fn attached(&self, python: &Path, modules: &Path, node: &Path) -> Result<()> {
        let scripts = self.repo.path(SCRIPTS);
        // A module finds its packages beside itself.
        let server = modules.parent().context("a folder")?.join("attached.mjs");
        std::fs::copy(scripts.join("server.mjs"), &server)?;
        let started: [(&str, Emulator<Addresses>); 2] = [
            (
                "python",
                Emulator::start(&Cmd::new(python).arg(scripts.join("server.py")))?,
            ),
            ("node", Emulator::start(&Cmd::new(node).arg(server))?),
        ];
        let mut aliases = Vec::new();
        for (sdk, emulator) in &started {
            let addresses = [
                ("sessions", &emulator.ready.sessions),
                ("alone", &emulator.ready.alone),
            ];
            for (kind, address) in addresses {
                let alias = format!("{sdk}-{kind}");
                self.attach(&alias, address)?;
                aliases.push(alias);
            }
        }
        self.script(python, &format!("{SCRIPTS}/client.py"))
            .args(&aliases)
            .step("attached servers of the official SDKs of MCP")
    }

    fn attach(&self, alias: &str, address: &str) -> Result<()> {
        let home = self.repo.target("interop/service");
        let metier = |words: &[&str]| {
            Cmd::new(self.metier.as_path())
                .dir(&home)
                .env("HOME", home.to_string_lossy().as_ref())
                .args(words)
                .read()
        };
        metier(&["attach", address, "--name", alias, "--quiet"])?;
        let file = format!("{alias}/dist/{alias}.wasm");
        let grant = metier(&["inspect", &file, "--grant-template"])?;
        // They are on this machine, which no template allows.
        let path = "paths = [\"/mcp\"]\n";
        let grant = grant.replace(path, &format!("{path}addresses = [\"127.0.0.1/32\"]\n"));
        std::fs::write(home.join(format!("{alias}.toml")), grant)?;
        self.admin
            .clone()
            .dir(&home)
            .args(["skill", "install", "--allow-unsigned", &file, "--grant"])
            .arg(format!("{alias}.toml"))
            .args(["--as", alias])
            .read()?;
        Ok(())
    }
}
