//! A running emulator: started as a child process on a free port, ended with its guard.
//!
//! An emulator prints one line of JSON once it listens. Its standard input is a pipe held open by
//! the guard, and it ends itself at end of file there, so that none outlives even a killed xtask.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use anyhow::{Context, Result};
use serde::{Deserialize, de::DeserializeOwned};

use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::report;

/// An org's host, as the demo and the public clients call it.
pub const SALESFORCE_ORG: &str = "acme.my.salesforce.com";
/// Where Salesforce issues tokens.
pub const SALESFORCE_LOGIN: &str = "login.salesforce.com";

/// How the Salesforce emulator is to be started.
#[derive(Default)]
pub struct Salesforce<'a> {
    /// Serve https; the certificate of the authority to trust goes here.
    pub authority: Option<&'a Path>,
    /// The private key of the connected app goes here.
    pub key: Option<&'a Path>,
    /// What token answers give as the address of the API.
    pub instance_url: Option<&'a str>,
}

impl Salesforce<'_> {
    /// Builds and starts it.
    pub fn start(&self, repo: &Repo) -> Result<Emulator> {
        let name = "metier-emulator-salesforce";
        let mut cmd = Cmd::new(repo.program(name)?);
        if let Some(authority) = self.authority {
            cmd = cmd
                .args(["--tls", SALESFORCE_ORG, "--tls", SALESFORCE_LOGIN])
                .arg("--ca-out")
                .arg(authority);
        }
        if let Some(key) = self.key {
            cmd = cmd.arg("--key-out").arg(key);
        }
        if let Some(url) = self.instance_url {
            cmd = cmd.args(["--instance-url", url]);
        }
        let emulator: Emulator = Emulator::start(&cmd)?;
        report::note(&format!("{name} listens on {}", emulator.ready.address));
        Ok(emulator)
    }
}

/// What an emulator says of itself when it is ready; the rest of its line is not needed here.
#[derive(Deserialize)]
pub struct Ready {
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// The connected app whose private key it wrote.
    pub client_id: String,
    /// The user that app may act for.
    pub username: String,
}

/// What the services of the account review say when they are ready, and the example is on stage.
#[derive(Deserialize)]
pub struct Review {
    /// What the environment of their user holds.
    pub environment: BTreeMap<String, String>,
}

/// The guard: dropping it ends the process.
pub struct Emulator<R = Ready> {
    _child: Guard,
    /// What it said.
    pub ready: R,
}

/// Ends the process. Both calls fail only when it is gone already, which is what is wanted.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl<R: DeserializeOwned> Emulator<R> {
    /// Starts a process and waits for its first line.
    pub fn start(cmd: &Cmd) -> Result<Self> {
        let child = cmd
            .process()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {cmd}"))?;
        // The guard exists before anything else can fail.
        let mut child = Guard(child);
        let stdout = child.0.stdout.take().context("stdout is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let ready = serde_json::from_str(&line)
            .with_context(|| format!("{cmd} did not say that it is ready but {line:?}"))?;
        Ok(Self {
            _child: child,
            ready,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const READY: &str = r#"echo '{"address":"127.0.0.1:1","client_id":"c","username":"u"}'"#;

    fn start(script: &str) -> Result<Emulator> {
        Emulator::start(&Cmd::new("sh").args(["-c", script]))
    }

    fn is_alive(pid: u32) -> bool {
        let probe = Cmd::new("kill").args(["-0", &pid.to_string()]);
        probe.read().is_ok()
    }

    #[test]
    fn the_guard_reads_the_address_and_ends_the_process() {
        let emulator = start(&format!("{READY}; exec sleep 600")).unwrap();
        assert_eq!(emulator.ready.address, "127.0.0.1:1");
        let pid = emulator._child.0.id();
        assert!(is_alive(pid));
        drop(emulator);
        assert!(!is_alive(pid));
    }

    #[test]
    fn its_standard_input_stays_open_as_long_as_the_guard_lives() {
        let mut emulator = start(&format!("{READY}; cat")).unwrap();
        assert!(emulator._child.0.try_wait().unwrap().is_none());
        drop(emulator._child.0.stdin.take());
        assert!(emulator._child.0.wait().unwrap().success());
    }

    #[test]
    fn a_process_that_never_says_ready_is_an_error_with_its_words() {
        let error = start("echo oops").err().unwrap();
        assert!(error.to_string().contains("oops"), "{error}");
    }
}
