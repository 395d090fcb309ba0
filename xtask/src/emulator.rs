//! A running emulator: started as a child process on a free port, ended with its guard.
//!
//! An emulator prints one line of JSON once it listens; its `address` is `127.0.0.1:PORT`. Its
//! standard input is a pipe held open by the guard: an emulator that reads end of file there
//! ends itself, so that none outlives even a killed xtask.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::report;

/// The guard: dropping it ends the process.
pub struct Emulator {
    child: Child,
    ready: Value,
}

impl Emulator {
    /// Builds and starts the Salesforce emulator with these arguments.
    pub fn salesforce(repo: &Repo, args: &[&str]) -> Result<Self> {
        let name = "metier-emulator-salesforce";
        let bin = repo.build_bin(name, name)?;
        let emulator = Self::start(&Cmd::new(bin).args(args))?;
        report::note(&format!("{name} listens on {}", emulator.address()?));
        Ok(emulator)
    }

    /// Starts a process and waits for its first line.
    fn start(cmd: &Cmd) -> Result<Self> {
        let child = cmd
            .process()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {cmd}"))?;
        // The guard exists before anything can fail.
        let mut emulator = Self {
            child,
            ready: Value::Null,
        };
        let stdout = emulator.child.stdout.take().context("stdout is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        emulator.ready = serde_json::from_str(&line).with_context(|| {
            format!("{cmd} did not say that it is ready; its first line: {line:?}")
        })?;
        Ok(emulator)
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> Result<&str> {
        self.ready["address"]
            .as_str()
            .context("the emulator's first line has no `address`")
    }
}

impl Drop for Emulator {
    /// Both fail only when the process is gone already, which is what is wanted.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn shell(script: &str) -> Cmd {
        Cmd::new("sh").args(["-c", script])
    }

    fn is_alive(pid: &str) -> bool {
        Cmd::new("kill").args(["-0", pid]).read().is_ok()
    }

    #[test]
    fn the_guard_reads_the_address_and_ends_the_process() {
        let script = r#"echo "{\"address\":\"127.0.0.1:1\",\"pid\":\"$$\"}"; exec sleep 600"#;
        let emulator = Emulator::start(&shell(script)).unwrap();
        assert_eq!(emulator.address().unwrap(), "127.0.0.1:1");
        let pid = emulator.ready["pid"].as_str().unwrap().to_owned();
        assert!(is_alive(&pid));
        drop(emulator);
        assert!(!is_alive(&pid));
    }

    #[test]
    fn a_process_that_never_says_ready_is_an_error_with_its_words() {
        let error = Emulator::start(&shell("echo oops")).err().unwrap();
        assert!(error.to_string().contains("oops"), "{error}");
    }
}
