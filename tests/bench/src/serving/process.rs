//! A server in a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

/// A process that ends with its guard. Its standard input stays open until then.
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Process {
    /// Starts it, and gives back the first line it prints.
    pub fn start(mut command: Command) -> Result<(Process, String)> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{command:?} does not start"))?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("its output is piped")?;
        let process = Process { child, stdin };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        anyhow::ensure!(!line.is_empty(), "{command:?} ended without a word");
        Ok((process, line))
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Processor time it used so far, in ticks of ten milliseconds.
    pub fn cpu(&self) -> Result<Duration> {
        cpu_of(self.id())
    }

    /// Resident memory, in megabytes.
    pub fn resident(&self) -> Result<f64> {
        resident_of(self.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor time of a process so far.
pub fn cpu_of(pid: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // proc(5): fields 14 and 15; the name in brackets before them may hold anything.
    let (_, fields) = stat.rsplit_once(')').context("the process is odd")?;
    let ticks = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse::<u64>);
    let ticks = ticks.sum::<Result<u64, _>>()?;
    let per_second = u32::try_from(rustix::param::clock_ticks_per_second())?;
    Ok(Duration::from_secs(ticks) / per_second)
}

/// Resident memory of a process, in megabytes.
pub fn resident_of(pid: u32) -> Result<f64> {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm"))?;
    let pages: u64 = statm
        .split_whitespace()
        .nth(1)
        .context("no pages")?
        .parse()?;
    Ok((pages * rustix::param::page_size() as u64) as f64 / 1e6)
}

/// The address in `http://127.0.0.1:1234/…`.
pub fn address(url: &str) -> Result<SocketAddr> {
    let rest = url.trim().trim_start_matches("http://");
    let authority = rest.split('/').next().unwrap_or(rest);
    authority
        .parse()
        .with_context(|| format!("`{url}` is no address"))
}
