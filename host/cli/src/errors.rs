//! The one place where failures become what a person or a script sees: a sentence, a code, who can mend it, hints and an
//! exit code.
//!
//! ```text
//! error: The skill has no tool `qurey`.
//!  code: unknown-tool · blame: caller
//!  hint: Did you mean `query`?
//! ```
//! With `--output json` the same is one JSON object on standard error: `{"error":{"code":…,"blame":…,"message":…,"hint":…}}`.

use std::{io, path::Path};

pub use metier_core::fault::sentence;
use metier_core::{code::Code, fault::Fault};
use metier_market::{folder::FolderError, pack::PackError, unpack::UnpackError};
use metier_runtime::credentials::vault::VaultError;
use serde_json::json;

use crate::{
    details,
    exit::Exit,
    flags::{ArgumentsError, UnfitFlag},
    folders::NoHome,
    grant_file::GrantFileError,
    languages::BuildError,
    printer::{Format, Printer},
    terminal::Paint,
    text,
    vault::OpenError,
};

/// Why `metier` did not do what it was asked.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What is told.
    pub fault: Fault,
    /// What the shell is told.
    pub exit: Exit,
}

impl Failure {
    /// The command line is wrong.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Failure {
        let fault = Fault::new(Code::InvalidArguments, message).with_hint(hint);
        Failure {
            fault,
            exit: Exit::Usage,
        }
    }

    /// A file named on the command line cannot be read.
    pub fn unreadable(path: &Path, error: &io::Error) -> Failure {
        let shown = text::one_line(&path.display().to_string());
        let (code, why, hint) = match error.kind() {
            io::ErrorKind::NotFound => (
                Code::NotFound,
                "does not exist".to_owned(),
                "Check the path.",
            ),
            io::ErrorKind::PermissionDenied => (
                Code::InvalidArguments,
                "may not be read by this user".to_owned(),
                "Make the file readable, or name another.",
            ),
            io::ErrorKind::IsADirectory => (
                Code::InvalidArguments,
                "is a directory".to_owned(),
                "Name a file in it.",
            ),
            kind => (
                Code::InvalidArguments,
                format!("cannot be read: {kind}"),
                "Name a file that can be read.",
            ),
        };
        Fault::new(code, format!("The file `{shown}` {why}."))
            .with_hint(hint)
            .into()
    }

    /// Something cannot be written.
    pub fn unwritable(what: &str, error: &io::Error) -> Failure {
        let what = text::one_line(what);
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Fault::new(
                Code::StorageFull,
                format!("{what} could not be written: the disk is full."),
            )
            .with_hint("Free some room, or write somewhere else.")
            .into(),
            kind => Fault::new(
                Code::StorageUnavailable,
                format!("{what} could not be written: {kind}."),
            )
            .with_hint("Check that its directory exists and may be written to.")
            .into(),
        }
    }

    /// Tells it on standard error, in the format asked for.
    pub fn tell(&self, printer: &Printer) {
        match printer.format {
            Format::Human => printer.error(&self.human(printer)),
            Format::Json => printer.error(&json!({"error": self.wire()}).to_string()),
        }
    }

    /// The fault with its hint spelt out, as a program sees it.
    pub fn wire(&self) -> serde_json::Value {
        let fault = self.fault.clone().with_hint(self.fault.hint());
        serde_json::to_value(fault).unwrap_or_default()
    }

    fn human(&self, printer: &Printer) -> String {
        let paint = printer.terminal.stderr.paint();
        let fault = &self.fault;
        let mut lines = vec![format!(
            "{} {}",
            paint.bad("error:"),
            text::one_line(&fault.message)
        )];
        if self.exit != Exit::Usage {
            lines.push(code(fault.code, paint));
        }
        for (name, value) in &fault.details {
            if details::shown(fault.code, name, printer.volume) {
                lines.extend(details::lines(name, value, paint));
            }
        }
        if let Some(wait) = fault.retry_after {
            lines.push(format!(
                " {} {} s",
                paint.faint("wait:"),
                wait.as_secs_f64().ceil()
            ));
        }
        lines.extend(hint(fault.hint(), paint));
        lines.join("\n")
    }
}

/// The code, and who can mend it.
pub fn code(code: Code, paint: Paint) -> String {
    let shown = paint.name(code.as_str());
    format!(
        " {} {shown} · blame: {}",
        paint.faint("code:"),
        code.blame()
    )
}

/// The label before the first line, the others below it.
pub fn hint(text: &str, paint: Paint) -> Vec<String> {
    let text = text::lines(text);
    let lines = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .enumerate();
    let label = paint.good("hint:");
    lines
        .map(|(at, line)| {
            if at == 0 {
                format!(" {label} {line}")
            } else {
                format!("       {line}")
            }
        })
        .collect()
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let exit = match fault.code {
            Code::Cancelled => Exit::Interrupted,
            _ => Exit::Failed(fault.blame()),
        };
        Failure { fault, exit }
    }
}

/// clap's first paragraph is the sentence, its tips are hints, and its usage line is one more.
impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        let rendered = error.render().to_string();
        let mut paragraphs = rendered.split("\n\n");
        let joined = |paragraph: &str| paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        let first = joined(paragraphs.next().unwrap_or_default());
        let message = first.strip_prefix("error: ").unwrap_or(&first);
        let mut hints = Vec::new();
        for paragraph in paragraphs.map(joined) {
            match paragraph.strip_prefix("tip: ") {
                Some(tip) => hints.push(sentence(tip)),
                None if paragraph.starts_with("Usage: ") => hints.push(paragraph),
                None => {}
            }
        }
        if hints.is_empty() {
            hints.push("`--help` says what there is.".to_owned());
        }
        Failure::usage(sentence(message), hints.join("\n"))
    }
}

impl From<UnfitFlag> for Failure {
    fn from(error: UnfitFlag) -> Self {
        Failure::usage(
            sentence(&error.to_string()),
            "`--help` after the tool's name says what each flag takes.",
        )
    }
}

impl From<ArgumentsError> for Failure {
    fn from(error: ArgumentsError) -> Self {
        let message = sentence(&error.to_string());
        let hint = "Give one JSON object, for instance --json '{\"limit\": 5}'.";
        Fault::new(Code::InvalidArguments, message)
            .with_hint(hint)
            .into()
    }
}

impl From<NoHome> for Failure {
    fn from(error: NoHome) -> Self {
        let hint = "Set HOME, or XDG_DATA_HOME to an absolute path.";
        Fault::new(Code::StorageUnavailable, sentence(&error.to_string()))
            .with_hint(hint)
            .into()
    }
}

impl From<GrantFileError> for Failure {
    fn from(error: GrantFileError) -> Self {
        let hint = match &error {
            GrantFileError::Unreadable(path, error) => return Failure::unreadable(path, error),
            GrantFileError::Invalid { error, .. } => error.hint().map(sentence),
            GrantFileError::NotText(_) => Some(
                "`metier inspect SKILL.wasm --grant-template` writes one to start from.".to_owned(),
            ),
        };
        let fault = Fault::new(
            Code::GrantInvalid,
            sentence(&text::one_line(&error.to_string())),
        );
        match hint {
            Some(hint) => fault.with_hint(hint).into(),
            None => fault.into(),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let message = sentence(&error.to_string());
        let error = match error {
            OpenError::NoHome(error) => return error.into(),
            OpenError::Vault(error) => error,
            OpenError::NobodyToAsk => {
                let hint = "Set METIER_VAULT_PASSPHRASE, or run it on a terminal.";
                return Fault::new(Code::CredentialMissing, message)
                    .with_hint(hint)
                    .into();
            }
            OpenError::Asking(_) => return Fault::new(Code::CredentialMissing, message).into(),
        };
        let (code, hint) = vault(&error);
        Fault::new(code, message).with_hint(hint).into()
    }
}

impl From<PackError> for Failure {
    fn from(error: PackError) -> Self {
        let message = sentence(&text::one_line(&error.to_string()));
        let (code, hint) = match error {
            PackError::Refused(fault) => return fault.into(),
            PackError::Manifest(error) => (Code::SkillManifestInvalid, error.hint().map(sentence)),
            PackError::AlreadyPacked(_) => {
                let hint = "Name the component the toolchain built, not a packed skill.";
                (Code::SkillSectionInvalid, Some(hint.to_owned()))
            }
            PackError::Resources(_) => (Code::SkillSectionInvalid, None),
            PackError::Docs(_) | PackError::Tools(_) => (Code::SkillSchemaMismatch, None),
        };
        let fault = Fault::new(code, message);
        hint.map_or_else(|| fault.clone(), |hint| fault.clone().with_hint(hint))
            .into()
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        let message = sentence(&text::one_line(&error.to_string()));
        let (code, hint) = match error {
            FolderError::Manifest(error) => {
                (Code::SkillManifestInvalid, error.hint().map(sentence))
            }
            FolderError::Unreadable(path, error) => return Failure::unreadable(&path, &error),
            FolderError::Missing { .. } => {
                let hint = "Name a skill's folder; `metier new NAME --lang LANG` writes one.";
                (Code::SkillFolderInvalid, Some(hint.to_owned()))
            }
            _ => (Code::SkillFolderInvalid, None),
        };
        let fault = Fault::new(code, message);
        hint.map_or_else(|| fault.clone(), |hint| fault.clone().with_hint(hint))
            .into()
    }
}

impl From<UnpackError> for Failure {
    fn from(error: UnpackError) -> Self {
        let message = sentence(&text::one_line(&error.to_string()));
        match error {
            UnpackError::Folder(error) => error.into(),
            UnpackError::Pack(error) => error.into(),
            UnpackError::Io(folder, error) => {
                Failure::unwritable(&format!("The folder `{}`", folder.display()), &error)
            }
            UnpackError::Occupied(_) => Fault::new(Code::Conflict, message)
                .with_hint("Name another folder with -o, or move what is there.")
                .into(),
            UnpackError::NotAComponent => Fault::new(Code::SkillNotAComponent, message)
                .with_hint("Name a file that `metier build` or `metier pack` wrote.")
                .into(),
            UnpackError::Manifest(_) => Fault::new(Code::SkillManifestInvalid, message).into(),
            _ => Fault::new(Code::SkillSectionInvalid, message).into(),
        }
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        let message = sentence(&text::one_line(&error.to_string()));
        match error {
            BuildError::ToolMissing { install, .. } => Fault::new(Code::BuildToolMissing, message)
                .with_hint(format!("Install it with: {install}")),
            BuildError::NoSource | BuildError::TwoSources(..) | BuildError::Settings(_) => {
                Fault::new(Code::SkillFolderInvalid, message)
            }
            // Already shown to a person; a program has it here.
            BuildError::ToolFailed { output, .. } => {
                Fault::new(Code::SkillBuildFailed, message).with_detail(details::OUTPUT, output)
            }
            BuildError::NoComponent(_) | BuildError::Io(..) => {
                Fault::new(Code::SkillBuildFailed, message)
            }
        }
        .into()
    }
}

/// Whose the trouble with the vault is, and what helps.
fn vault(error: &VaultError) -> (Code, &'static str) {
    match error {
        VaultError::WrongKey(_) => (
            Code::CredentialMissing,
            "Name the right key with --vault-key, or give the right passphrase.",
        ),
        VaultError::NeedsPassphrase => (
            Code::CredentialMissing,
            "Add --passphrase, or set METIER_VAULT_PASSPHRASE.",
        ),
        VaultError::NeedsKeyFile => (
            Code::CredentialMissing,
            "Leave out the passphrase, or name the key with --vault-key.",
        ),
        VaultError::KeyFile(_) | VaultError::KeyLength(_) => {
            (Code::CredentialMissing, "Name the key with --vault-key.")
        }
        VaultError::InvalidName | VaultError::ValueTooLarge => {
            (Code::InvalidArguments, "Nothing was stored.")
        }
        VaultError::Full => (
            Code::InvalidArguments,
            "Remove secrets that are not needed with `metier secret rm`.",
        ),
        VaultError::Unwritable(_, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            (Code::StorageFull, "Free some room, then try again.")
        }
        VaultError::Locked(_) => (Code::Busy, "Try again in a moment."),
        _ => (
            Code::StorageUnavailable,
            "Name another vault with --vault, or restore this one from a copy.",
        ),
    }
}
