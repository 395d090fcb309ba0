//! A home with nothing in it but skills, and `metier` in it.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// A home of its own for each test.
pub struct Sandbox {
    home: TempDir,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Sandbox {
    /// With `bare.wasm`, a component, and `teaching.wasm`, the same with its manifest.
    pub fn new() -> Sandbox {
        let sandbox = Sandbox {
            home: tempfile::tempdir().unwrap(),
        };
        let bare = wat::parse_str(include_str!("guests/teaching.wat")).unwrap();
        sandbox.write(
            "teaching.wasm",
            with_section(&bare, "metier:manifest", include_str!("guests/skill.toml")),
        );
        sandbox.write("bare.wasm", &bare);
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// `metier` with these words: this home, nothing else of the environment, no terminal.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_metier"));
        command
            .args(words)
            .env_clear()
            .env("HOME", self.home.path())
            .current_dir(self.home.path());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn metier(&self, words: &[&str]) -> Ran {
        Ran::of(&self.command(words).output().unwrap())
    }

    /// The same with something on standard input.
    pub fn metier_with(&self, words: &[&str], input: &[u8]) -> Ran {
        let mut child = self.command(words).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        Ran::of(&child.wait_with_output().unwrap())
    }
}

impl Ran {
    pub fn of(output: &Output) -> Ran {
        Ran {
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
            code: output.status.code().unwrap_or(-1),
        }
    }

    /// What a snapshot holds: both streams and the exit code, without what differs between two runs.
    pub fn shown(&self, sandbox: &Sandbox) -> String {
        let home = sandbox.home.path().display().to_string();
        let text = format!(
            "{}── stderr ──\n{}── exit {} ──\n",
            self.stdout, self.stderr, self.code
        );
        let lines = text
            .replace(&home, "~")
            .lines()
            .map(steady)
            .collect::<Vec<_>>();
        lines.join("\n")
    }
}

/// A line without times and digests.
fn steady(line: &str) -> String {
    if line.starts_with(['✓', '✗']) {
        return format!("{} (what it cost)", &line[..3]);
    }
    match line.find("sha256:") {
        Some(at) if line.len() >= at + 71 => format!("{}sha256:…{}", &line[..at], &line[at + 71..]),
        _ => line.to_owned(),
    }
}

/// `wasm` with a custom section at its end.
pub fn with_section(wasm: &[u8], name: &str, body: &str) -> Vec<u8> {
    let mut section = leb128(name.len());
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(body.as_bytes());
    let mut whole = wasm.to_vec();
    whole.push(0);
    whole.extend(leb128(section.len()));
    whole.extend(section);
    whole
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

/// Every file below `folder`, for "nothing was left behind".
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path))
        } else {
            files.push(path)
        }
    }
    files
}
