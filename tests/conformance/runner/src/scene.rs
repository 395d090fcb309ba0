//! One skill, installed under several grants on one host, and the service it asks.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, anyhow};
use metier_core::Manifest;
use metier_e2e::{Ended, Guest, Installed, TestHost, Upstream};
use metier_runtime::audit::Observer;
use metier_runtime::skill::Skill;
use serde_json::Value;

use crate::languages::{Language, Place};
use crate::stage;

/// Bytes of answers a call of the tenant `tight` may receive.
pub const TIGHT_RESPONSE: u64 = 64 << 10;

/// Bytes of artifacts a call of the tenant `tight` may hand back.
pub const TIGHT_ARTIFACTS: u64 = 256 << 10;

/// Everything a row can use.
pub struct Scene {
    /// The host.
    pub host: TestHost,
    /// The service behind `http://service.test`.
    pub upstream: Upstream,
    /// The language the skill is written in.
    pub language: &'static Language,
    /// The file as the host loaded it.
    pub skill: Arc<Skill>,
    /// Everything granted.
    pub usual: Installed,
    /// The same with hardly any room: answers, CPU time, memory, log level.
    pub tight: Installed,
}

impl Scene {
    /// Install the skill.
    ///
    /// # Errors
    /// When it does not load, or is not the conformance skill.
    pub async fn new(bytes: Vec<u8>, language: &'static Language) -> anyhow::Result<Scene> {
        let (host, upstream) = (TestHost::start(), Upstream::start().await);
        let skill = host.host().load(bytes.clone()).await;
        let skill = skill.map_err(|fault| anyhow!("it does not load: {} {fault}", fault.code))?;
        let guest = Guest::bytes(bytes);
        let (all, little) = (usual(&upstream), tight(&upstream));
        let usual = host.install_for("usual", guest.clone(), &all).await;
        let tight = host.install_for("tight", guest, &little).await;
        Ok(Scene {
            host,
            upstream,
            language,
            skill,
            usual,
            tight,
        })
    }

    /// Call a tool with everything granted.
    pub async fn call(&self, tool: &str, arguments: Value) -> Ended {
        self.host.call(&self.usual, tool, arguments).await
    }

    /// Call a tool with hardly any room.
    pub async fn call_tight(&self, tool: &str, arguments: Value) -> Ended {
        self.host.call(&self.tight, tool, arguments).await
    }

    /// Call a tool and hear its progress.
    pub async fn call_watched(
        &self,
        tool: &str,
        arguments: Value,
    ) -> (Ended, Vec<(String, Option<f64>)>) {
        let watcher = Arc::new(Watcher::default());
        let ended = self
            .host
            .call_watched(&self.usual, tool, arguments, watcher.clone())
            .await;
        let seen = watcher.0.lock().unwrap_or_else(PoisonError::into_inner);
        (ended, seen.clone())
    }

    /// The manifest all languages share.
    ///
    /// # Errors
    /// When it is not there or wrong.
    pub fn manifest() -> anyhow::Result<Manifest> {
        let path = stage::home().join("skill/skill.toml");
        Ok(Manifest::parse(&std::fs::read_to_string(path)?)?)
    }

    /// What the report of a crash must contain for its place.
    ///
    /// # Errors
    /// When the source has no line marked.
    pub fn places(&self) -> anyhow::Result<Vec<String>> {
        match self.language.place {
            Place::Function => Ok(vec!["deep_inside".to_owned(), "deepInside".to_owned()]),
            Place::Line(file) => {
                let path = stage::home().join(self.language.name).join(file);
                Ok(vec![format!("{}:{}", name_of(file), marked_line(&path)?)])
            }
        }
    }
}

fn name_of(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// The number of the line that ends in the comment `conformance: crash line`.
fn marked_line(path: &Path) -> anyhow::Result<usize> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let at = text
        .lines()
        .position(|line| line.contains("conformance: crash line"));
    let at = at.with_context(|| format!("{} has no marked line", path.display()))?;
    Ok(at + 1)
}

fn reach(upstream: &Upstream) -> String {
    format!(
        "[[http]]\nscheme = \"http\"\nhost = \"service.test\"\nmethods = [\"GET\", \"POST\"]\n\
         paths = [\"/echo/**\", \"/status/*\", \"/bytes/*\", \"/redirect/**\"]\n\
         connect = \"{}\"\naddresses = [\"127.0.0.0/8\"]\n\
         [kv]\nbuckets = [\"notes\"]\n[artifacts]\n\
         [config]\nregion = \"north\"\n",
        upstream.address()
    )
}

fn usual(upstream: &Upstream) -> String {
    let reach = reach(upstream);
    format!("{reach}[log]\nlevel = \"trace\"\n[limits]\nmemory = \"256MiB\"\n")
}

fn tight(upstream: &Upstream) -> String {
    let reach = reach(upstream);
    format!(
        "{reach}[log]\nlevel = \"warn\"\n\
         [limits]\nmemory = \"96MiB\"\ncpu = \"1s\"\nresponse-bytes = \"{}KiB\"\nartifact-bytes = \"{}KiB\"\n",
        TIGHT_RESPONSE >> 10,
        TIGHT_ARTIFACTS >> 10
    )
}

#[derive(Default)]
struct Watcher(Mutex<Vec<(String, Option<f64>)>>);

impl Observer for Watcher {
    fn progress(&self, message: &str, fraction: Option<f64>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push((message.to_owned(), fraction));
    }
}
