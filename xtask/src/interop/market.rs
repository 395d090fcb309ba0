//! A packed skill is pushed to a market and pulled from it by other people's clients, and is the same bytes.
//!
//! ORAS' Python client pushes it as a version; Debian's skopeo copies that to a folder and, under another market's name, back: what
//! passes through a stranger's hands stays what it was. It is not published, so all of it needs the token of who pushed it.
//!
//! And a namespace is proven in the DNS of Debian's dnsmasq.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Tools;
use crate::cmd::Cmd;
use crate::emulator::Emulator;
use crate::guests;
use crate::repo::Repo;
use crate::report;

/// The skill that is pushed, and what it calls itself.
const SKILL: &str = "salesforce";

/// What a market says when it serves.
#[derive(Deserialize)]
struct Serving {
    address: String,
    token: String,
}

/// What is shown of a skill.
#[derive(Deserialize)]
struct Inspected {
    skill: Named,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    version: String,
}

/// What an OCI layout begins with.
#[derive(Deserialize)]
struct Index {
    manifests: Vec<Entry>,
}

#[derive(Deserialize)]
struct Manifest {
    layers: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    digest: String,
}

/// Pushes with one client and copies with another.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let python = tools.python()?;
    tools.debian(&["dnsmasq-base", "skopeo"])?;
    let only = Some(SKILL.to_owned());
    let built = guests::run(repo, &guests::Args { only })?;
    let skill = built.first().context("a skill was built")?;
    let metier = repo.program("metier")?;
    let home = repo.target("interop/market");
    if home.exists() {
        std::fs::remove_dir_all(&home)?;
    }
    std::fs::create_dir_all(&home)?;
    let told = Cmd::new(&metier)
        .args(["inspect", "--output", "json"])
        .arg(skill)
        .read()?;
    let Named { name, version } = serde_json::from_str::<Inspected>(&told)?.skill;
    let one = serve(&metier, &home.join("one"))?;
    let other = serve(&metier, &home.join("other"))?;
    let (host, of_other) = (host(&one), host(&other));
    Cmd::new(&python)
        .arg(repo.path("tests/interop/market/dns.py"))
        .arg(&metier)
        .arg(home.join("dns"))
        .step("a namespace is proven in the DNS of Debian's dnsmasq")?;
    Cmd::new(python)
        .arg(repo.path("tests/interop/market/push.py"))
        .arg(host)
        .arg(skill)
        .args([&name, &version])
        .arg(&home)
        .env("METIER_TOKEN", &one.ready.token)
        .step("ORAS' Python client pushes a skill and pulls it")?;
    let from = format!("docker://{host}/{name}:{version}");
    let to = format!("docker://{of_other}/{name}:{version}");
    let layout = home.join("layout");
    let back = format!("oci:{}", layout.display());
    let skopeo = || Cmd::new("skopeo").args(["copy", "--preserve-digests"]);
    skopeo()
        .args([
            "--src-tls-verify=false",
            "--dest-tls-verify=false",
            "--src-creds",
        ])
        .arg(format!("me:{}", one.ready.token))
        .arg("--dest-creds")
        .arg(format!("me:{}", other.ready.token))
        .args([&from, &to])
        .step("skopeo copies it from one market to another")?;
    skopeo()
        .args(["--src-tls-verify=false", "--src-creds"])
        .arg(format!("me:{}", other.ready.token))
        .args([&to, &back])
        .step("skopeo pulls it")?;
    ensure!(
        layer(&layout)? == std::fs::read(skill)?,
        "what skopeo pulled is not what was pushed"
    );
    report::note(&format!("{name} {version} is the same bytes everywhere"));
    Ok(())
}

fn serve(metier: &Path, data: &Path) -> Result<Emulator<Serving>> {
    let cmd = Cmd::new(metier)
        .args(["market", "serve", "--listen", "127.0.0.1:0"])
        .args(["--output", "json", "--data"])
        .arg(data);
    Emulator::start(&cmd)
}

fn host(market: &Emulator<Serving>) -> &str {
    let address = &market.ready.address;
    address.strip_prefix("http://").unwrap_or(address)
}

/// The one layer of an OCI layout.
fn layer(layout: &Path) -> Result<Vec<u8>> {
    let blob = |digest: &str| {
        let hex = digest.strip_prefix("sha256:").context("a digest")?;
        anyhow::Ok(std::fs::read(layout.join("blobs/sha256").join(hex))?)
    };
    let index = std::fs::read(layout.join("index.json"))?;
    let index: Index = serde_json::from_slice(&index)?;
    let [manifest] = index.manifests.as_slice() else {
        anyhow::bail!("not one manifest");
    };
    let manifest: Manifest = serde_json::from_slice(&blob(&manifest.digest)?)?;
    let [layer] = manifest.layers.as_slice() else {
        anyhow::bail!("not one layer");
    };
    blob(&layer.digest)
}
