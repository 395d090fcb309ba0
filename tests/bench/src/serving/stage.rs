//! A host service in an empty home, with a skill, a policy, a key and models.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use axum::http::{HeaderMap, HeaderValue, header};
use tempfile::TempDir;

use super::process::{Process, address};
use crate::guests::DYNAMIC;
use crate::metier;

/// Every call is looked at by policies, one of which reads its arguments.
const POLICIES: &str = r#"@id("reading")
permit (principal, action, resource) when { resource.effect == "read" };
@id("agents")
permit (principal, action, resource) when { context.surface == "run" };
"#;

/// A service at work.
pub struct Stage {
    /// Its process.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    key: String,
    home: TempDir,
}

impl Stage {
    /// Starts it with these limits; models are asked at `provider`.
    pub async fn set(limits: &str, provider: SocketAddr) -> Result<Stage> {
        let home = tempfile::tempdir()?;
        let path = |name: &str| home.path().join(name);
        std::fs::write(path("skill.wasm"), metier::pack(DYNAMIC, "1").await?)?;
        std::fs::write(path("policies.cedar"), POLICIES)?;
        std::fs::write(path("routes.toml"), routes(provider))?;
        std::fs::write(
            path("metier.toml"),
            format!(
                "listen = \"127.0.0.1:0\"\n[models]\nroutes = \"routes.toml\"\n[limits]\n{limits}\n"
            ),
        )?;
        let mut serve = Command::new(program()?);
        serve
            .args(["serve", "--output", "json", "--config"])
            .arg(path("metier.toml"))
            .env("HOME", home.path())
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_CACHE_HOME");
        let (process, line) = Process::start(serve)?;
        let said: serde_json::Value = serde_json::from_str(&line)?;
        let told = |name: &str| {
            said[name]
                .as_str()
                .context("it does not say")
                .map(str::to_owned)
        };
        let stage = Stage {
            process,
            address: address(&told("address")?)?,
            key: told("admin_key")?,
            home,
        };
        stage.admin(&[
            "skill",
            "install",
            "--allow-unsigned",
            "skill.wasm",
            "--as",
            "bench",
        ])?;
        stage.admin(&["policy", "set", "policies.cedar", "--mode", "enforce"])?;
        Ok(stage)
    }

    /// `metier admin …`, in the service's home.
    pub fn admin(&self, words: &[&str]) -> Result<()> {
        let output = Command::new(program()?)
            .arg("admin")
            .args(words)
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("METIER_URL", format!("http://{}", self.address))
            .env("METIER_KEY", &self.key)
            .output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{words:?}: {told}");
        Ok(())
    }

    /// Writes a file into the service's home.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(self.home.path().join(name), text)?)
    }

    /// The header that says who asks.
    pub fn headers(&self) -> Result<HeaderMap> {
        let key = HeaderValue::try_from(format!("Bearer {}", self.key))?;
        Ok(HeaderMap::from_iter([(header::AUTHORIZATION, key)]))
    }
}

/// The command, beside the benchmark.
pub fn program() -> Result<PathBuf> {
    let metier = std::env::current_exe()?.with_file_name("metier");
    ensure!(metier.is_file(), "{} is missing", metier.display());
    Ok(metier)
}

/// A provider of our own.
pub fn provider() -> Result<(Process, SocketAddr)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("native");
    let (process, line) = Process::start(command)?;
    Ok((process, address(&line)?))
}

fn routes(provider: SocketAddr) -> String {
    let route = |name: &str, path: &str| {
        format!(
            "[routes.{name}]\ncandidates = [\"{name}\"]\n[candidates.{name}]\nformat = \"openai-chat\"\nmodel = \"m\"\n\
             base-url = \"http://{provider}{path}\"\ncredential = \"none\"\ncontext = 1_000_000\nmax-output = 4_000\n\
             price = {{ input = 1_000_000, output = 1_000_000 }}\n"
        )
    };
    format!(
        "{}{}[credentials.none]\nkind = \"bearer\"\nsecret = {{ env = \"HOME\" }}\n",
        route("quick", "/v1"),
        route("slow", "/slow")
    )
}
