//! Other people's programs, at pinned versions under the target folder, installed when they are first needed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::report;

/// What comes from PyPI, and everything it pulls in, each pinned.
const REQUIREMENTS: &str = "tests/interop/requirements.txt";

/// What comes from npm: `package.json` and the lock file beside it.
const NPM: &str = "tests/interop/npm";

/// The public programs the steps use.
pub struct Tools<'r> {
    repo: &'r Repo,
}

impl<'r> Tools<'r> {
    /// Installs nothing yet.
    pub fn new(repo: &'r Repo) -> Self {
        Tools { repo }
    }

    /// The Python of a virtual environment with everything in `tests/interop/requirements.txt`.
    pub fn python(&self) -> Result<PathBuf> {
        let folder = self.repo.target("interop");
        let python = folder.join("venv/bin/python");
        let wanted = read(&self.repo.path(REQUIREMENTS))?;
        let installed = folder.join("installed.txt");
        if python.exists() && is(&installed, &wanted) {
            return Ok(python);
        }
        std::fs::create_dir_all(&folder)?;
        self.create_venv(&folder.join("venv"))?;
        Cmd::new(&python)
            .args(["-m", "pip", "install", "--quiet"])
            .args(["--disable-pip-version-check", "-r"])
            .arg(self.repo.path(REQUIREMENTS))
            .step("install the public programs from PyPI")?;
        std::fs::write(installed, wanted)?;
        Ok(python)
    }

    /// The `node_modules` with everything in `tests/interop/npm/package-lock.json`.
    pub fn node_modules(&self) -> Result<PathBuf> {
        self.npm(NPM, "interop/npm")
    }

    /// The `node_modules` below a folder of the target, with everything that the lock file in `from` names.
    pub fn npm(&self, from: &str, below: &str) -> Result<PathBuf> {
        let folder = self.repo.target(below);
        let modules = folder.join("node_modules");
        let wanted = read(&self.repo.path(from).join("package-lock.json"))?;
        let installed = folder.join("installed.json");
        if modules.exists() && is(&installed, &wanted) {
            return Ok(modules);
        }
        std::fs::create_dir_all(&folder)?;
        for file in ["package.json", "package-lock.json"] {
            std::fs::copy(self.repo.path(from).join(file), folder.join(file))?;
        }
        if Cmd::new("npm").arg("--version").read().is_err() {
            self.debian(&["nodejs", "npm"])?;
        }
        // Not `npm ci`: it wants the optional packages of every other platform to be in the registry too.
        Cmd::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--loglevel=error"])
            .dir(&folder)
            .step("install the public programs from npm")?;
        std::fs::write(installed, wanted)?;
        Ok(modules)
    }

    /// A `PATH` on which the programs of [`Tools::python`] and [`Tools::node_modules`] come first.
    pub fn path(&self) -> Result<String> {
        let mut folders = vec![
            self.repo.target("interop/venv/bin"),
            self.node_modules()?.join(".bin"),
        ];
        self.python()?;
        folders.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        let joined = std::env::join_paths(folders)?;
        joined
            .into_string()
            .ok()
            .context("a folder on PATH has a name that is not UTF-8")
    }

    /// Debian packages, without what they only recommend: as root they are installed here, otherwise it is said.
    pub fn debian(&self, packages: &[&str]) -> Result<()> {
        let is_missing = |package: &&&str| {
            let status = Cmd::new("dpkg-query").args(["-W", "-f=${db:Status-Status}", package]);
            !status.read().is_ok_and(|status| status == "installed")
        };
        let missing: Vec<&&str> = packages.iter().filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let install = Cmd::new("apt-get")
            .args(["install", "--yes", "-qq", "--no-install-recommends"])
            .args(missing)
            .env("DEBIAN_FRONTEND", "noninteractive");
        if !is_root() {
            bail!("packages are missing; as root run\n  {install}");
        }
        Cmd::new("apt-get")
            .args(["update", "-qq"])
            .step("update the package lists")?;
        install.step("install what is missing from Debian")
    }

    /// Debian's Python comes without `venv`.
    fn create_venv(&self, venv: &Path) -> Result<()> {
        if !has_venv() {
            report::note("python3 or its venv module is missing");
            self.debian(&["python3", "python3-venv"])?;
        }
        Cmd::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(venv)
            .step("make a Python environment")
    }
}

fn has_venv() -> bool {
    Cmd::new("python3")
        .args(["-c", "import venv, ensurepip"])
        .read()
        .is_ok()
}

fn is_root() -> bool {
    let id = Cmd::new("id").arg("-u").read();
    id.is_ok_and(|id| id.trim() == "0")
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

/// Whether the file is there with these contents.
fn is(path: &Path, contents: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text == contents)
}
