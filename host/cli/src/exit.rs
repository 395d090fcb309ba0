//! What the process tells the shell.

use std::process::ExitCode;

use metier_core::code::Blame;

/// How `metier` ended. The numbers are a promise: scripts match on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was asked.
    Ok,
    /// The command line itself is wrong; nothing was tried.
    Usage,
    /// Something failed, and this is who can mend it.
    Failed(Blame),
    /// It went well, and something waits to be done or decided: where the command line asks for that to be told (`--exit-code`).
    Waits,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    /// Every way to end with its number and meaning, for `--help`.
    pub const TABLE: [(Exit, &'static str); 9] = [
        (Exit::Ok, "done"),
        (Exit::Usage, "the command line is wrong; nothing was tried"),
        (
            Exit::Failed(Blame::Caller),
            "the caller can mend it: other arguments, another file",
        ),
        (Exit::Failed(Blame::Skill), "the skill's author can mend it"),
        (
            Exit::Failed(Blame::Operator),
            "whoever runs the host can mend it: a grant, a credential",
        ),
        (
            Exit::Failed(Blame::Host),
            "the host: too busy, out of room or broken",
        ),
        (
            Exit::Failed(Blame::Upstream),
            "the service the skill talks to",
        ),
        (
            Exit::Waits,
            "done, and something waits for you: `metier update --exit-code`",
        ),
        (Exit::Interrupted, "cancelled with Ctrl-C"),
    ];

    /// The number.
    pub const fn number(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Usage => 2,
            Exit::Failed(Blame::Caller) => 10,
            Exit::Failed(Blame::Skill) => 11,
            Exit::Failed(Blame::Operator) => 12,
            Exit::Failed(Blame::Host) => 13,
            Exit::Failed(Blame::Upstream) => 14,
            Exit::Waits => 20,
            // 128 and the number of SIGINT, as shells say it.
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.number())
    }
}
