//! The command, run as a user would run it: in a folder, with a home and an environment of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::stage::Stage;

/// Longer than any command takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// How often a process is looked at.
const GLANCE: Duration = Duration::from_millis(3);

/// A user of the command.
pub struct Metier<'s> {
    program: PathBuf,
    stage: &'s Stage,
    environment: Vec<(&'static str, String)>,
}

/// A command that ended.
#[derive(Debug)]
pub struct Said {
    /// How it ended.
    pub status: ExitStatus,
    /// Its answer.
    pub out: String,
    /// What it told on the way.
    pub told: String,
}

impl<'s> Metier<'s> {
    /// `program` on this stage, with these variables.
    #[must_use]
    pub fn new(program: &Path, stage: &'s Stage, environment: Vec<(&'static str, String)>) -> Self {
        Metier {
            program: program.to_owned(),
            stage,
            environment,
        }
    }

    /// Runs it to its end, and takes that for granted.
    ///
    /// # Errors
    /// When it fails; with all it said.
    pub fn ask(&self, arguments: &[&str]) -> Result<Said> {
        let said = self.say(arguments)?;
        ensure!(
            said.status.success(),
            "metier {} failed ({}):\n{}{}",
            arguments.join(" "),
            said.status,
            said.out,
            said.told
        );
        Ok(said)
    }

    /// Runs it to its end, whatever that is.
    ///
    /// # Errors
    /// When it cannot be started or does not end.
    pub fn say(&self, arguments: &[&str]) -> Result<Said> {
        self.begin(&[], arguments)?.end()
    }

    /// Its answer as JSON.
    ///
    /// # Errors
    /// When it fails, or answers no JSON.
    pub fn json(&self, arguments: &[&str]) -> Result<Value> {
        let out = self.ask(arguments)?.out;
        serde_json::from_str(&out)
            .with_context(|| format!("metier {} answered {out}", arguments.join(" ")))
    }

    /// Starts it, below another program when there are words of one.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn begin(&self, below: &[String], arguments: &[&str]) -> Result<Running> {
        let mut words = below.iter().map(Path::new).chain([&*self.program]);
        let first = words.next().context("a command has a first word")?;
        let folder = tempfile::tempdir()?;
        let [out, told] = ["out", "told"].map(|name| folder.path().join(name));
        let mut command = Command::new(first);
        command
            .args(words)
            .args(arguments)
            .current_dir(self.stage.folder())
            .env_clear();
        command
            .env("HOME", self.stage.home())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::null())
            .stdout(File::create(&out)?)
            .stderr(File::create(&told)?);
        let child = command
            .spawn()
            .with_context(|| format!("start {}", first.display()))?;
        Ok(Running {
            child,
            folder,
            began: Instant::now(),
        })
    }
}

/// A command under way; killed when dropped.
pub struct Running {
    child: Child,
    folder: tempfile::TempDir,
    began: Instant,
}

impl Running {
    /// Whether it has ended.
    ///
    /// # Errors
    /// When it takes too long.
    pub fn has_ended(&mut self) -> Result<bool> {
        if self.child.try_wait()?.is_some() {
            return Ok(true);
        }
        if self.began.elapsed() > PATIENCE {
            let told = std::fs::read_to_string(self.folder.path().join("told")).unwrap_or_default();
            bail!(
                "it has not ended after {} s; it told\n{told}",
                PATIENCE.as_secs()
            );
        }
        std::thread::sleep(GLANCE);
        Ok(false)
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn kill(mut self) -> Result<()> {
        // It may have ended by itself.
        let _gone = self.child.kill();
        self.child.wait()?;
        Ok(())
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it takes too long.
    pub fn end(mut self) -> Result<Said> {
        while !self.has_ended()? {}
        let read = |name: &str| std::fs::read(self.folder.path().join(name));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (out, told) = (text(read("out")?), text(read("told")?));
        Ok(Said {
            status: self.child.wait()?,
            out,
            told,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
