//! MCP over standard input and output, and how long it takes from a start to the first answer.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::at_most;
use super::mcp::{Peer, call, peers};
use super::process::cpu_of;
use super::stage::program;
use crate::guests::DYNAMIC;
use crate::report::Row;
use crate::{Effort, metier, stats};

/// Calls of a measurement.
const CALLS: u64 = 20_000;

/// Under way at once.
const AT_ONCE: u64 = 32;

/// Starts of which the median is taken.
const STARTS: usize = 15;

/// A server on the other end of two pipes.
struct Piped {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    tool: &'static str,
}

impl Piped {
    /// Starts it, begins the protocol and makes one call; how long that took.
    fn start(mut command: Command, tool: &'static str) -> Result<(Piped, Duration)> {
        let begun = Instant::now();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{command:?} does not start"))?;
        let stdin = child.stdin.take().context("piped")?;
        let stdout = BufReader::new(child.stdout.take().context("piped")?);
        let mut piped = Piped {
            child,
            stdin,
            stdout,
            tool,
        };
        piped.say(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#)?;
        piped.hear("serverInfo")?;
        piped.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)?;
        piped.say(&call(1, tool))?;
        piped.hear("total")?;
        let took = begun.elapsed();
        Ok((piped, took))
    }

    fn say(&mut self, line: &str) -> Result<()> {
        self.stdin.write_all(format!("{line}\n").as_bytes())?;
        Ok(self.stdin.flush()?)
    }

    fn hear(&mut self, marker: &str) -> Result<()> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        ensure!(line.contains(marker), "it said {line:?}");
        Ok(())
    }

    /// Processor time of a call, in microseconds, with a window of calls under way.
    fn load(&mut self, calls: u64) -> Result<f64> {
        let before = cpu_of(self.child.id())?;
        for id in 0..calls {
            self.say(&call(id + 10, self.tool))?;
            if id >= AT_ONCE {
                self.hear("total")?;
            }
        }
        for _ in 0..AT_ONCE.min(calls) {
            self.hear("total")?;
        }
        let cpu = cpu_of(self.child.id())?.saturating_sub(before);
        Ok(cpu.as_secs_f64() * 1e6 / calls as f64)
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `metier mcp` in a home with the skill, its code compiled.
fn ours(home: &Path) -> Result<Command> {
    let mut command = Command::new(program()?);
    command.arg("mcp").env("HOME", home);
    command
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CACHE_HOME");
    Ok(command)
}

/// A home whose store has the skill.
async fn home() -> Result<tempfile::TempDir> {
    let home = tempfile::tempdir()?;
    std::fs::write(
        home.path().join("skill.wasm"),
        metier::pack(DYNAMIC, "1").await?,
    )?;
    let mut serve = ours(home.path())?;
    serve = {
        let mut command = Command::new(serve.get_program());
        command.args(["serve", "--listen", "127.0.0.1:0", "--output", "json"]);
        command.env("HOME", home.path());
        command
    };
    let (_serving, line) = super::process::Process::start(serve)?;
    let said: serde_json::Value = serde_json::from_str(&line)?;
    let told = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    let installed = Command::new(program()?)
        .args([
            "admin",
            "skill",
            "install",
            "--allow-unsigned",
            "skill.wasm",
            "--as",
            "bench",
        ])
        .current_dir(home.path())
        .env("HOME", home.path())
        .env("METIER_URL", told("address"))
        .env("METIER_KEY", told("admin_key"))
        .output()?;
    ensure!(installed.status.success(), "{installed:?}");
    Ok(home)
}

/// Against Node's processor time, and Python's start.
pub fn measure(effort: Effort) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let home = runtime.block_on(home())?;
    let peers = peers()?;
    let [python, node] = &peers[..] else {
        anyhow::bail!("two peers are expected");
    };
    let (mut us, _) = Piped::start(ours(home.path())?, "bench__summarize")?;
    let (mut them, _) = Piped::start(node.command("stdio"), "summarize")?;
    let mut pairs = Vec::new();
    for _ in 0..effort.repeat {
        let calls = CALLS / effort.divide;
        pairs.push((them.load(calls)?, us.load(calls)?));
    }
    let median = |of: fn(&(f64, f64)) -> f64| stats::median(pairs.iter().map(of).collect());
    let load = at_most(
        "a call over MCP and pipes, against Node's SDK".into(),
        format!("{:.1} µs", median(|pair| pair.0)),
        format!("{:.1} µs", median(|pair| pair.1)),
        median(|pair| pair.1 / pair.0),
        "×",
        2.0,
    );
    drop((us, them));
    Ok(vec![load, starts(home.path(), python)?])
}

fn starts(home: &Path, python: &Peer) -> Result<Row> {
    let (mut ours_took, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let millis = |took: Duration| took.as_secs_f64() * 1e3;
        ours_took.push(millis(Piped::start(ours(home)?, "bench__summarize")?.1));
        theirs.push(millis(
            Piped::start(python.command("stdio"), "summarize")?.1,
        ));
    }
    let (ours, theirs) = (stats::median(ours_took), stats::median(theirs));
    Ok(at_most(
        "from a start to the first MCP answer, against Python's SDK".into(),
        format!("{theirs:.0} ms"),
        format!("{ours:.1} ms"),
        ours / theirs,
        "×",
        1.0 / 20.0,
    ))
}
