//! Finding and running a language's own tools.
//!
//! A tool is looked for in the folders a recipe names (`node_modules/.bin`, `.venv/bin`) and then on the `PATH`. What it says is
//! kept back while it works and shown when it fails, or afterwards with `--verbose`.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output, Stdio},
};

use metier_runtime::skill::MAX_FILE;

use super::{BuildError, Project};
use crate::{
    environment::PATH,
    printer::{Format, Volume},
    spinner::Spinner,
    text,
};

/// How much of a failed tool's output is shown, in bytes, from its end: errors come last.
const MAX_SHOWN: usize = 64 << 10;

/// A program that a recipe needs.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// The name of its executable.
    pub program: &'static str,
    /// The one command that installs it.
    pub install: &'static str,
}

impl Tool {
    /// Where it is: in one of `beside`, or else on the `PATH`.
    ///
    /// # Errors
    /// [`BuildError::ToolMissing`], with the command that installs it.
    pub fn find(&self, project: &Project<'_>, beside: &[PathBuf]) -> Result<PathBuf, BuildError> {
        let path = project.app.environment.get(PATH).unwrap_or_default();
        let on_path = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
        beside
            .iter()
            .cloned()
            .chain(on_path)
            .map(|folder| folder.join(self.program))
            .find(|file| is_executable(file))
            .ok_or_else(|| self.missing())
    }

    /// A command that runs it in the project's folder.
    ///
    /// # Errors
    /// [`BuildError::ToolMissing`].
    pub fn command(
        &self,
        project: &Project<'_>,
        beside: &[PathBuf],
    ) -> Result<Command, BuildError> {
        let mut command = Command::new(self.find(project, beside)?);
        command.current_dir(project.folder);
        Ok(command)
    }

    /// The error that says so.
    pub fn missing(&self) -> BuildError {
        BuildError::ToolMissing {
            tool: self.program.to_owned(),
            install: self.install.to_owned(),
        }
    }
}

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Runs `command`, whose work is called `what`: `compiling`, `installing packages`.
///
/// # Errors
/// [`BuildError::ToolFailed`] when it ends with an error; all it said has been shown then.
pub fn run(project: &Project<'_>, what: &str, command: &mut Command) -> Result<(), BuildError> {
    let output = ended(project, what, command)?;
    let said = [output.stdout, output.stderr].concat();
    judge(project, what, command, output.status, &said)
}

/// The same, for a tool whose standard output is an answer to us and not to a person.
///
/// # Errors
/// As [`run`].
pub fn ask(
    project: &Project<'_>,
    what: &str,
    command: &mut Command,
) -> Result<Vec<u8>, BuildError> {
    let output = ended(project, what, command)?;
    judge(project, what, command, output.status, &output.stderr)?;
    Ok(output.stdout)
}

fn ended(project: &Project<'_>, what: &str, command: &mut Command) -> Result<Output, BuildError> {
    let printer = project.app.printer;
    if printer.volume == Volume::Verbose {
        printer.note(&text::one_line(&format!("running {command:?}")));
    }
    let spinner = Spinner::new(printer, format!("{what} with {}", tool_name(command)));
    spinner.start();
    let ended = command.stdin(Stdio::null()).output();
    spinner.stop();
    ended.map_err(|error| BuildError::Io(command.get_program().into(), error))
}

fn judge(
    project: &Project<'_>,
    what: &str,
    command: &Command,
    status: ExitStatus,
    said: &[u8],
) -> Result<(), BuildError> {
    let printer = project.app.printer;
    let said = last_part(&text::lines(&String::from_utf8_lossy(said)));
    if status.success() {
        if printer.volume == Volume::Verbose && !said.is_empty() {
            printer.note(&said);
        }
        return Ok(());
    }
    if printer.format == Format::Human && !said.is_empty() {
        printer.error(&said);
    }
    Err(BuildError::ToolFailed {
        what: what.to_owned(),
        tool: tool_name(command),
        ended: ended_with(status),
        output: said,
    })
}

/// The last part of what a tool said.
fn last_part(said: &str) -> String {
    let said = said.trim();
    let start = said.len().saturating_sub(MAX_SHOWN);
    let start = (start..said.len())
        .find(|&at| said.is_char_boundary(at))
        .unwrap_or(said.len());
    match start {
        0 => said.to_owned(),
        _ => format!("…{}", &said[start..]),
    }
}

fn tool_name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    name.to_string_lossy().into_owned()
}

fn ended_with(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "an unknown status".to_owned(),
    }
}

/// The component at `path`, at most as large as a skill may be.
///
/// # Errors
/// When it is not there, is larger, or is no file.
pub fn read_component(path: &Path) -> Result<Vec<u8>, BuildError> {
    let unusable = |error| BuildError::Io(path.to_owned(), error);
    let meta = fs::metadata(path).map_err(unusable)?;
    if meta.len() > MAX_FILE as u64 {
        return Err(unusable(io::ErrorKind::FileTooLarge.into()));
    }
    fs::read(path).map_err(unusable)
}

#[cfg(test)]
mod tests {
    use super::{MAX_SHOWN, last_part};

    #[test]
    fn the_end_of_a_long_output_is_shown() {
        let long = format!("{}é the error", "x".repeat(2 * MAX_SHOWN));
        let short = last_part(&long);
        assert!(short.len() <= MAX_SHOWN + 4 && short.ends_with("é the error"));
        assert_eq!(last_part("only here\n"), "only here");
    }
}
