//! What the two output streams can show.

mod paint;
#[cfg(test)]
mod tests;

use std::io::IsTerminal;

use clap::ValueEnum;
use rustix::termios::tcgetwinsize;

pub use paint::Paint;

use crate::environment::{self, Environment};

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR or TERM=dumb says otherwise
    #[default]
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// One output stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Whether a person watches it.
    pub is_terminal: bool,
    /// Whether colour is wanted there.
    pub colour: bool,
    /// How many columns fit, where that is known. Without it, nothing is cut.
    pub width: Option<u16>,
    /// Whether lines may be redrawn.
    pub animate: bool,
}

impl Stream {
    /// What to colour text with.
    pub fn paint(&self) -> Paint {
        Paint::new(self.colour)
    }
}

/// Both output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Data goes here.
    pub stdout: Stream,
    /// Everything else goes here.
    pub stderr: Stream,
}

impl Terminal {
    /// Looks at the process's streams.
    pub fn detect(choice: ColorChoice, environment: &Environment) -> Terminal {
        let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
        let stdout_width = tcgetwinsize(&stdout).map_or(0, |size| size.ws_col);
        let stderr_width = tcgetwinsize(&stderr).map_or(0, |size| size.ws_col);
        Terminal {
            stdout: stream(stdout.is_terminal(), stdout_width, choice, environment),
            stderr: stream(stderr.is_terminal(), stderr_width, choice, environment),
        }
    }
}

/// The rules, apart from the process they are applied to. `columns` is 0 when the terminal does not say.
fn stream(
    is_terminal: bool,
    columns: u16,
    choice: ColorChoice,
    environment: &Environment,
) -> Stream {
    let dumb = environment
        .text(environment::TERM)
        .is_none_or(|term| term == "dumb");
    let forced = environment
        .text(environment::CLICOLOR_FORCE)
        .is_some_and(|value| value != "0");
    let colour = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if environment.get(environment::NO_COLOR).is_some() => false,
        ColorChoice::Auto => forced || (is_terminal && !dumb),
    };
    let told = environment
        .text(environment::COLUMNS)
        .and_then(|columns| columns.parse().ok());
    let width = told
        .or(is_terminal.then_some(columns))
        .filter(|columns| *columns > 0);
    Stream {
        is_terminal,
        colour,
        width,
        animate: is_terminal && !dumb,
    }
}
