//! A node process that runs one Prism after the other: `server.mjs`.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use serde_json::json;

/// How long Prism may take to read a description; the slowest that it can read takes a third of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where Prism and everything it needs is.
#[derive(Clone)]
pub struct Place {
    /// The script.
    pub script: PathBuf,
    /// The `node_modules`.
    pub modules: PathBuf,
    /// Certificate and key, both PEM: requests come over TLS then.
    pub identity: Option<[PathBuf; 2]>,
}

/// The process. Ended when dropped.
pub struct Prism {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    /// Where requests go, whichever description is open.
    pub port: u16,
}

/// One request as Prism saw it.
#[derive(Clone, Debug, Deserialize)]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// Path and query.
    pub url: String,
    /// The request's content type.
    pub content_type: Option<String>,
    /// Prism's status; 0 when it gave no answer.
    pub status: u16,
    /// The `sl-violations` header: a JSON array.
    pub violations: Option<String>,
    /// Whether Prism finds the credentials it wants: asked of it apart, because one that is missing hides the rest.
    pub credential: bool,
    /// The problem document of a request it did not serve.
    pub problem: Option<String>,
}

impl Prism {
    /// Starts the process.
    pub fn start(place: &Place) -> Result<Prism> {
        let mut child = Command::new("node")
            .arg("--max-old-space-size=3072")
            .arg(&place.script)
            .arg(&place.modules)
            .args(place.identity.iter().flatten())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("start node")?;
        let input = child.stdin.take().context("no standard input")?;
        let output = child.stdout.take().context("no standard output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut prism = Prism {
            child,
            input,
            lines,
            port: 0,
        };
        #[derive(Deserialize)]
        struct Started {
            port: u16,
        }
        let started: Started = serde_json::from_str(&prism.line()?)?;
        prism.port = started.port;
        Ok(prism)
    }

    /// Opens a description in place of the last; the error is why Prism cannot. `base` is the path of the server requests are made
    /// for: Prism knows operations without it.
    pub fn open(&mut self, description: &Path, base: &str) -> Result<()> {
        #[derive(Deserialize)]
        struct Opened {
            operations: Option<usize>,
            error: Option<String>,
        }
        let opened: Opened = self.ask(&json!({"open": description, "base": base}))?;
        match opened {
            Opened {
                error: Some(why), ..
            } => Err(anyhow!(why)),
            Opened {
                operations: None | Some(0),
                ..
            } => Err(anyhow!("Prism finds no operation")),
            _ => Ok(()),
        }
    }

    /// The requests since the last time.
    pub fn seen(&mut self) -> Result<Vec<Exchange>> {
        #[derive(Deserialize)]
        struct Seen {
            exchanges: Vec<Exchange>,
        }
        let seen: Seen = self.ask(&json!({"seen": true}))?;
        Ok(seen.exchanges)
    }

    fn ask<A: for<'d> Deserialize<'d>>(&mut self, question: &serde_json::Value) -> Result<A> {
        writeln!(self.input, "{question}").context("Prism's process has ended")?;
        let line = self.line()?;
        serde_json::from_str(&line).with_context(|| format!("Prism's process said {line}"))
    }

    fn line(&mut self) -> Result<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Timeout) => bail!("no answer within {} s", PATIENCE.as_secs()),
            Err(RecvTimeoutError::Disconnected) => bail!("Prism's process ended (out of memory?)"),
        }
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        // It may have ended already: then there is nothing left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
