//! The step runner: a numbered heading, a sentence or two, real command lines and their output.

use anyhow::{Result, bail};

use super::stage::Stage;
use crate::report;

/// What a command shown in the demo must do.
pub enum Expect {
    /// Exit code 0, and these words in what it prints.
    Answer(&'static str),
    /// Any other exit code, and this error code in what it prints.
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

    /// Shows a file of the stage.
    pub fn show_file(&self, name: &str) -> Result<()> {
        let text = std::fs::read_to_string(self.stage.path(name))?;
        report::shell(&format!("cat {name}"), &text);
        Ok(())
    }

    /// Runs `metier` with these arguments, shows its output and checks what came of it.
    pub fn metier(&self, args: &[&str], expect: &Expect) -> Result<()> {
        let cmd = self.stage.metier().args(args);
        let (status, said) = cmd.transcript()?;
        report::shell(&self.stage.as_typed(args), &said);
        let (works, words) = match expect {
            Expect::Answer(words) => (true, words),
            Expect::Refusal(code) => (false, code),
        };
        if status.success() != works || !said.contains(words) {
            let outcome = if works { "work" } else { "be refused" };
            bail!(
                "this was expected to {outcome} and to say `{words}`, and ended with {}: {cmd}",
                status
            );
        }
        Ok(())
    }
}
