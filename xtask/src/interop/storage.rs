//! A market keeps its files in other people's stores, and other people's clients get skills out of it and out of its mirror.
//!
//! `moto` stands for S3, Debian's `docker-registry` for a registry; `wkg`, the Bytecode Alliance's client, pushes and pulls, and so does skopeo.
//! None of them is changed. A market that is killed while it is pushed to has the skill whole or not at all.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;

use super::Tools;
use crate::cmd::Cmd;
use crate::emulator::Emulator;
use crate::guests;
use crate::repo::Repo;
use crate::report;
use crate::tools::Program;

const WKG: Program = Program {
    package: "wkg",
    name: "wkg",
    version: "0.16.1",
    args: &[],
};

/// The skill that goes through all of it.
const SKILL: &str = "salesforce";

const BUCKET: &str = "skills";

/// When a market is killed, counted from when somebody begins to push to it.
const KILLS: [u64; 4] = [20, 80, 200, 500];

/// What a store says when it listens.
#[derive(Deserialize)]
struct Listening {
    address: String,
}

/// What a market says when it serves.
#[derive(Deserialize)]
struct Serving {
    address: String,
    #[serde(default)]
    token: Option<String>,
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

/// What waits for a person.
#[derive(Deserialize)]
struct Waiting {
    id: String,
}

/// Everything the parts use.
struct Scene {
    metier: PathBuf,
    wkg: PathBuf,
    python: PathBuf,
    scripts: PathBuf,
    home: PathBuf,
    skill: PathBuf,
    named: Named,
    /// A market is called the same for good: it listens where it listened before.
    listen: String,
}

/// A bucket, a registry, and a mirror in one.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    tools.debian(&["docker-registry", "skopeo"])?;
    let only = Some(SKILL.to_owned());
    let built = guests::run(repo, &guests::Args { only })?;
    let skill = built.first().context("a skill was built")?.clone();
    let metier = repo.program("metier")?;
    let told = Cmd::new(&metier)
        .args(["inspect", "--output", "json"])
        .arg(&skill)
        .read()?;
    let home = repo.target("interop/storage");
    if home.exists() {
        std::fs::remove_dir_all(&home)?;
    }
    std::fs::create_dir_all(&home)?;
    let scene = Scene {
        metier,
        wkg: WKG.installed()?,
        python: tools.python()?,
        scripts: repo.path("tests/interop/storage"),
        named: serde_json::from_str::<Inspected>(&told)?.skill,
        listen: free()?,
        home,
        skill,
    };
    in_a_bucket(&scene)?;
    in_a_registry(&scene)
}

/// S3: pushed, pulled, killed, spoilt.
fn in_a_bucket(scene: &Scene) -> Result<()> {
    let s3 = scene.store("s3", BUCKET)?;
    let endpoint = format!("http://{}", s3.ready.address);
    let begin = || {
        let cmd = scene.market("bucket");
        let cmd = cmd.args(["--blobs", "s3://skills/market"]);
        let cmd = cmd.env("AWS_ENDPOINT_URL", &endpoint);
        let cmd = cmd.env("AWS_ACCESS_KEY_ID", "id");
        Emulator::<Serving>::start(&cmd.env("AWS_SECRET_ACCESS_KEY", "secret"))
    };
    let listed = || -> Result<BTreeMap<String, u64>> {
        let told = scene.script("bucket.py").args(["list", &endpoint, BUCKET]);
        Ok(serde_json::from_str(&told.read()?)?)
    };
    let (mut market, mut is_there) = (begin()?, false);
    let token = market.ready.token.clone().context("a new market's token")?;
    for after in KILLS {
        let at = scene.reference(&market);
        let push = scene.push(&at, &token);
        let mut process = push.process();
        let process = process.stdout(Stdio::null()).stderr(Stdio::null());
        let mut pushing = process.spawn()?;
        sleep(Duration::from_millis(after));
        drop(market);
        let _ = pushing.kill();
        pushing.wait()?;
        market = begin()?;
        is_there = scene.is_whole_or_not_there(&market, &token)?;
        for (name, size) in listed()? {
            // Half of it under any name would be less than all of it.
            let length = std::fs::metadata(&scene.skill)?.len();
            ensure!(size == length || size < 16_384, "{name} has {size} bytes");
        }
    }
    report::note("a market that was killed at any time had all of a skill or nothing of it");
    let at = scene.reference(&market);
    // Once it is there, it stays: wkg's next push has another time in it.
    if !is_there {
        scene
            .push(&at, &token)
            .step("wkg pushes a skill to a market over S3")?;
    }
    scene.pull(&at, Some(&token))?.step("wkg pulls it")?;
    scene.is_the_same()?;
    ensure!(
        listed()?.len() >= 4,
        "the bucket has its files: {:?}",
        listed()?
    );
    let here = scene.home.join("bucket/registry/blobs");
    let files = std::fs::read_dir(&here)?.count();
    ensure!(files == 2, "{} has files of skills", here.display());
    let spoil = scene.script("bucket.py").args(["spoil", &endpoint, BUCKET]);
    spoil.read()?;
    let pulled = scene.pull(&at, Some(&token))?.capture()?;
    ensure!(!pulled.status.success(), "wkg took spoilt bytes");
    // The same byte again is what it was.
    spoil.read()?;
    scene.pull(&at, Some(&token))?.read()?;
    scene.is_the_same()?;
    report::note("spoilt bytes are refused");
    Ok(())
}

/// A registry: behind a market, and as a mirror of it.
fn in_a_registry(scene: &Scene) -> Result<()> {
    let folder = scene.home.join("docker-registry");
    let registry = scene.store("registry", &folder.display().to_string())?;
    let address = &registry.ready.address;
    let behind = format!("http://{address}/metier/files");
    let begin = || {
        let cmd = scene.market("registry").arg("--allow-any-namespace");
        Emulator::<Serving>::start(&cmd.args(["--registry", &behind]))
    };
    let market = begin()?;
    let token = market.ready.token.clone().context("a new market's token")?;
    let at = scene.reference(&market);
    scene
        .push(&at, &token)
        .step("wkg pushes a skill to a market over docker-registry")?;
    drop(market);
    let market = begin()?;
    let at = scene.reference(&market);
    scene
        .pull(&at, Some(&token))?
        .step("wkg pulls it after a restart")?;
    scene.is_the_same()?;
    publish(scene, &market, &token)?;
    scene
        .pull(&at, None)?
        .step("wkg pulls what is published, as anybody")?;
    scene.is_the_same()?;
    by_name(scene, &market)?;
    mirrored(scene, &market, address)
}

/// Through the commands of a publisher, and of who keeps the market.
fn publish(scene: &Scene, market: &Emulator<Serving>, token: &str) -> Result<()> {
    let metier = || scene.client(market);
    let (namespace, _) = scene.named.name.split_once('/').context("a namespace")?;
    metier().arg("keygen").read()?;
    metier()
        .args(["login", "--account", "acme", "--yes"])
        .read()?;
    metier().args(["namespace", "claim", namespace]).read()?;
    metier().arg("publish").arg(&scene.skill).read()?;
    let queue = || {
        metier()
            .env("METIER_MARKET_TOKEN", token)
            .args(["market", "queue"])
    };
    let waits = queue().args(["list", "--output", "json"]).read()?;
    for waiting in serde_json::from_str::<Vec<Waiting>>(&waits)? {
        queue().args(["approve", &waiting.id, "--yes"]).read()?;
    }
    Ok(())
}

/// By the name that wkg's packages have, found where the market says that they are.
fn by_name(scene: &Scene, market: &Emulator<Serving>) -> Result<()> {
    let host = host(market);
    let Named { name, version } = &scene.named;
    let name = name.strip_prefix("com.").context("a name below `com.`")?;
    let (namespace, short) = name.split_once('/').context("a namespace")?;
    let config = scene.home.join("wkg.toml");
    std::fs::write(
        &config,
        format!(
            "[namespace_registries]\n{namespace} = \"{host}\"\n\n[registry.\"{host}\".oci]\nprotocol = \"http\"\n"
        ),
    )?;
    let to = scene.pulled()?;
    Cmd::new(&scene.wkg)
        .args(["get", "--config"])
        .arg(config)
        .arg(format!("{namespace}:{short}@{version}"))
        .arg("-o")
        .arg(to)
        .step("wkg gets it by its package's name")?;
    scene.is_the_same()
}

/// A mirror in the registry: installed by us, pulled by others.
fn mirrored(scene: &Scene, market: &Emulator<Serving>, address: &str) -> Result<()> {
    let Named { name, version } = &scene.named;
    let mirror = format!("oci://{address}/mirror");
    for title in ["a market is mirrored into docker-registry", "and again"] {
        scene
            .client(market)
            .args(["mirror", name, "--to", &mirror])
            .step(title)?;
    }
    let installed = scene.home.join("installed");
    scene
        .client(market)
        .dir(&scene.home)
        .args(["install", name, "--market", &mirror, "--yes", "--to"])
        .arg(&installed)
        .step("it is installed from there")?;
    let (_, short) = name.split_once('/').context("a namespace")?;
    let file = std::fs::read(installed.join(format!("{short}.wasm")))?;
    ensure!(
        file == std::fs::read(&scene.skill)?,
        "what was installed is another"
    );
    let at = format!("{address}/mirror/{name}:{version}");
    let to = scene.pulled()?;
    Cmd::new(&scene.wkg)
        .args(["oci", "pull", "--insecure", address, &at, "-o"])
        .arg(to)
        .step("wkg pulls it from the mirror")?;
    scene.is_the_same()?;
    let layout = format!("oci:{}", scene.home.join("layout").display());
    Cmd::new("skopeo")
        .args(["copy", "--preserve-digests", "--src-tls-verify=false"])
        .args([&format!("docker://{at}"), &layout])
        .step("skopeo copies it from the mirror")
}

impl Scene {
    fn script(&self, name: &str) -> Cmd {
        Cmd::new(&self.python).arg(self.scripts.join(name))
    }

    fn store(&self, kind: &str, name: &str) -> Result<Emulator<Listening>> {
        Emulator::start(&self.script("serve.py").args([kind, name]))
    }

    fn market(&self, data: &str) -> Cmd {
        Cmd::new(&self.metier)
            .args(["market", "serve", "--listen", &self.listen])
            .args(["--output", "json", "--data"])
            .arg(self.home.join(data))
    }

    /// What a person here says to the market.
    fn client(&self, market: &Emulator<Serving>) -> Cmd {
        Cmd::new(&self.metier)
            .env("HOME", self.home.join("home").display().to_string())
            .env("METIER_MARKET", &market.ready.address)
    }

    fn reference(&self, market: &Emulator<Serving>) -> String {
        let Named { name, version } = &self.named;
        format!("{}/{name}:{version}", host(market))
    }

    fn push(&self, at: &str, token: &str) -> Cmd {
        let cmd = self.oci(at, Some(token)).arg("push").arg(at);
        cmd.arg(&self.skill)
    }

    fn pull(&self, at: &str, token: Option<&str>) -> Result<Cmd> {
        let to = self.pulled()?;
        Ok(self.oci(at, token).arg("pull").arg(at).arg("-o").arg(to))
    }

    fn oci(&self, at: &str, token: Option<&str>) -> Cmd {
        let host = at.split('/').next().unwrap_or(at);
        let cmd = Cmd::new(&self.wkg).arg("oci").env("WKG_OCI_INSECURE", host);
        match token {
            None => cmd,
            Some(token) => cmd
                .env("WKG_OCI_USERNAME", "me")
                .env("WKG_OCI_PASSWORD", token),
        }
    }

    /// Where something is pulled to; nothing is there yet.
    fn pulled(&self) -> Result<PathBuf> {
        let path = self.home.join("pulled.wasm");
        if path.exists() {
            std::fs::remove_file(&path)?;
        }
        Ok(path)
    }

    fn is_the_same(&self) -> Result<()> {
        let pulled = std::fs::read(self.home.join("pulled.wasm"))?;
        ensure!(
            pulled == std::fs::read(&self.skill)?,
            "what came back is another"
        );
        Ok(())
    }

    /// Whether it is there: then all of it is.
    fn is_whole_or_not_there(&self, market: &Emulator<Serving>, token: &str) -> Result<bool> {
        let at = self.reference(market);
        match self.pull(&at, Some(token))?.capture()?.status.success() {
            true => self.is_the_same().map(|()| true),
            false => {
                let there = Path::new(&self.home).join("pulled.wasm").exists();
                ensure!(!there, "wkg pulled something and failed");
                Ok(false)
            }
        }
    }
}

/// An address that nobody has at the moment.
fn free() -> Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}

fn host(market: &Emulator<Serving>) -> &str {
    let address = &market.ready.address;
    address.strip_prefix("http://").unwrap_or(address)
}
