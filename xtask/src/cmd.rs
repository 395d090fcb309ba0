//! One external command: printed before it runs, timed, and repeatable by hand when it fails.

use std::ffi::OsStr;
use std::fmt;
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::report;

/// A command line that can print itself as a shell would take it.
#[derive(Clone)]
pub struct Cmd {
    program: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    dir: Option<PathBuf>,
}

impl Cmd {
    /// A command without arguments, in the current folder.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: text(program.as_ref()),
            args: Vec::new(),
            env: Vec::new(),
            dir: None,
        }
    }

    /// Appends one argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(text(arg.as_ref()));
        self
    }

    /// Appends several arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| text(arg.as_ref())));
        self
    }

    /// Sets one environment variable.
    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((key.to_owned(), text(value.as_ref())));
        self
    }

    /// Runs in this folder.
    pub fn dir(mut self, dir: &Path) -> Self {
        self.dir = Some(dir.to_owned());
        self
    }

    /// Runs it with its output shown, between an announcement and a line with the elapsed time.
    pub fn step(&self, title: &str) -> Result<()> {
        let start = Instant::now();
        self.last_step(title)?;
        report::done(start.elapsed());
        Ok(())
    }

    /// As [`Cmd::step`], but nothing is printed after the command's own last line.
    pub fn last_step(&self, title: &str) -> Result<()> {
        report::step(title, &self.to_string());
        let status = self.process().status().with_context(|| self.missing())?;
        if !status.success() {
            bail!(
                "`{title}` failed ({status}); run it again with\n  {self}",
                self = self
            );
        }
        Ok(())
    }

    /// Runs it silently and returns its standard output; a failure carries its standard error.
    pub fn read(&self) -> Result<String> {
        let output = self.capture()?;
        if !output.status.success() {
            bail!(
                "{} ended with {}: {}",
                self,
                output.status,
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        String::from_utf8(output.stdout).with_context(|| format!("{self} printed non-UTF-8"))
    }

    /// Runs it silently and returns everything, whatever its exit code.
    pub fn capture(&self) -> Result<Output> {
        self.process()
            .stdin(Stdio::null())
            .output()
            .with_context(|| self.missing())
    }

    /// Runs it silently and returns what it wrote to either stream, in the order it wrote it.
    pub fn transcript(&self) -> Result<(ExitStatus, String)> {
        let mut written = tempfile::tempfile()?;
        let mut process = self.process();
        process.stdin(Stdio::null());
        process
            .stdout(written.try_clone()?)
            .stderr(written.try_clone()?);
        let status = process.status().with_context(|| self.missing())?;
        let mut said = Vec::new();
        written.rewind()?;
        written.read_to_end(&mut said)?;
        Ok((status, String::from_utf8_lossy(&said).into_owned()))
    }

    /// The process, not yet started.
    pub fn process(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(k, v)| (k, v)));
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command
    }

    fn missing(&self) -> String {
        format!("cannot start `{}`: is it installed?", self.program)
    }
}

/// As a shell would take it: `(cd DIR && KEY=VALUE program args)`, quoted where needed.
impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(dir) = &self.dir {
            write!(f, "cd {} && ", quote(&dir.to_string_lossy()))?;
        }
        for (key, value) in &self.env {
            write!(f, "{key}={} ", quote(value))?;
        }
        f.write_str(&quote(&self.program))?;
        for arg in &self.args {
            write!(f, " {}", quote(arg))?;
        }
        Ok(())
    }
}

/// Command lines are shown and typed again, so they are text from the start.
fn text(part: &OsStr) -> String {
    part.to_string_lossy().into_owned()
}

/// One word as a shell takes it.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_command_prints_as_a_shell_takes_it() {
        let cmd = Cmd::new("cargo")
            .args(["test", "it's", ""])
            .env("A", "b c")
            .dir(Path::new("/x"));
        assert_eq!(cmd.to_string(), r"cd /x && A='b c' cargo test 'it'\''s' ''");
    }

    #[test]
    fn a_failing_step_says_how_to_run_it_again() {
        let error = Cmd::new("sh")
            .args(["-c", "exit 3"])
            .step("a step")
            .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`a step` failed"), "{text}");
        assert!(text.contains("sh -c 'exit 3'"), "{text}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Cmd::new("no-such-program-here").read().unwrap_err();
        assert!(error.to_string().contains("no-such-program-here"));
    }
}
