//! The only place that writes to the standard streams.
//!
//! Data goes to standard output and everything else to standard error. A reader that went away (`| head`) is no error; a
//! full disk behind `> file` is.

use std::io::{self, Write};

use crate::terminal::Terminal;

/// Whether answers are for people or programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Tables and sentences
    #[default]
    Human,
    /// JSON
    Json,
}

/// How much is said beside the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volume {
    /// Errors only.
    Quiet,
    /// Warnings, denials, what was saved, what it cost.
    #[default]
    Normal,
    /// The skill's log as well.
    Verbose,
}

/// Writes to the standard streams.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    /// What the streams can show.
    pub terminal: Terminal,
    /// For people or programs.
    pub format: Format,
    /// How much is said.
    pub volume: Volume,
}

impl Printer {
    /// Writes data to standard output.
    ///
    /// # Errors
    /// When it cannot be written, for instance because the disk is full; a closed pipe is none.
    pub fn data(&self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// A piece of a text that is still coming, for whoever watches; nothing is added to it.
    pub fn stream(&self, piece: &str) {
        if self.volume != Volume::Quiet && self.terminal.stderr.is_terminal {
            let mut stderr = io::stderr().lock();
            // Nobody is left to tell when standard error itself fails.
            let _ = stderr
                .write_all(piece.as_bytes())
                .and_then(|()| stderr.flush());
        }
    }

    /// Says something to whoever watches: unless asked to be quiet, and not between two programs.
    pub fn note(&self, line: &str) {
        if self.volume >= Volume::Normal && self.format == Format::Human {
            self.error(line);
        }
    }

    /// Says that something is not as it should be, though the work goes on.
    pub fn warn(&self, sentence: &str) {
        let label = self.terminal.stderr.paint().caution("warning:");
        self.note(&format!("{label} {sentence}"));
    }

    /// Says something that must be heard. Standard error is the last resort: if it is closed, there is nobody to tell.
    pub fn error(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        let _ = stderr
            .write_all(text.as_bytes())
            .and_then(|()| stderr.write_all(b"\n"));
    }
}
