//! The step runner: a numbered heading, a sentence or two, real command lines and their output.

use anyhow::{Result, bail};

use super::stage::Stage;
use crate::report;

/// What a command shown in the demo must do.
pub enum Expect {
    /// Exit code 0.
    Success,
    /// Any other exit code, and this text (an error code, usually) in what it prints.
    Refusal(&'static str),
}

/// The story so far.
pub struct Story<'a> {
    stage: &'a Stage,
    chapter: usize,
}

impl<'a> Story<'a> {
    /// Before the first chapter.
    pub fn new(stage: &'a Stage) -> Self {
        Self { stage, chapter: 0 }
    }

    /// Opens a chapter.
    pub fn chapter(&mut self, title: &str, prose: &str) {
        self.chapter += 1;
        report::chapter(self.chapter, title, prose);
    }

    /// Runs `metier` with these arguments, shows its output and checks what came of it.
    pub fn metier(&self, args: &[&str], expect: &Expect) -> Result<()> {
        let cmd = self.stage.metier().args(args);
        let output = cmd.capture()?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        report::shell(&self.stage.as_typed(args), &said);
        let ended = output.status;
        match expect {
            Expect::Success if !ended.success() => {
                bail!("this was expected to work and ended with {ended}: {cmd}")
            }
            Expect::Refusal(_) if ended.success() => {
                bail!("this was expected to be refused and worked: {cmd}")
            }
            Expect::Refusal(words) if !said.contains(words) => {
                bail!("this was expected to be refused with `{words}`: {cmd}")
            }
            _ => Ok(()),
        }
    }
}
