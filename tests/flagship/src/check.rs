//! A review as a user sees it: begun, told, paid for, recorded, and told again without a model.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::metier::Metier;
use crate::print;
use crate::review::{self, Decided, Form, Outcome};
use crate::services::{MODEL_KEY, Services};
use crate::stage::{EXAMPLE, Stage};

/// An attachment, a comment, a meeting.
const WRITES: u64 = 3;

/// Reads a deck and says its titles, with a library that knows nothing of us.
const READ_DECK: &str = "\
import sys
from pptx import Presentation
for slide in Presentation(sys.argv[1]).slides:
    print(slide.shapes.title.text if slide.shapes.title else next(s.text_frame.text for s in slide.shapes if s.has_text_frame))
";

/// What a check needs.
pub struct Check<'c> {
    /// The command.
    pub program: &'c Path,
    /// The repository.
    pub repository: &'c Path,
    /// Its target folder.
    pub target: &'c Path,
    /// A Python that has python-pptx.
    pub python: Option<PathBuf>,
    /// Write the recording and the timeline of the repository anew.
    pub bless: bool,
}

impl Check<'_> {
    /// Both forms.
    ///
    /// # Errors
    /// When something is not as a user expects it.
    pub fn all(&self) -> Result<()> {
        for form in [Form::Agent, Form::Chain] {
            self.one(form)
                .with_context(|| format!("the review as {form:?}"))?;
        }
        Ok(())
    }

    fn one(&self, form: Form) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let stage = Stage::set(folder.path(), self.repository, self.target)?;
        let recording = stage.example().join("made");
        let asked = self.asks(&stage, form, &recording)?;
        let named = recording.display().to_string();
        let replayed = self.without_models(&stage, form, &["--replay", &named])?;
        ensure!(
            replayed == asked,
            "a replay ended otherwise: {replayed:#?} and not {asked:#?}"
        );
        let kept = self
            .repository
            .join(EXAMPLE)
            .join("recorded")
            .join(form.name());
        if self.bless {
            refresh(&recording, &kept)?;
            refresh(
                &recording,
                &stage.example().join("recorded").join(form.name()),
            )?;
        }
        // Without a key the answers beside the file are given again, and the user is told.
        let beside = self.without_models(&stage, form, &[])?;
        ensure!(
            beside == asked,
            "{} is not what is recorded now; `--bless` writes it anew",
            kept.display()
        );
        Ok(())
    }

    /// With models.
    fn asks(&self, stage: &Stage, form: Form, recording: &Path) -> Result<Outcome> {
        let services = Services::start()?;
        stage.lead_to(&services, self.repository)?;
        let metier = Metier::new(self.program, stage, services.environment());
        let decks = stage.folder().join("decks");
        let (decks, recording) = (decks.display().to_string(), recording.display().to_string());
        let mut words = form.words().to_vec();
        words.extend(["--artifacts", &decks, "--record", &recording]);
        let said = metier.ask(&words)?;
        let told = format!("{}{}", said.told, said.out);
        print(&told)?;
        if form == Form::Agent {
            let shown = crate::readme::Shown::in_file(&self.repository.join("README.md"))?;
            match self.bless {
                true => shown.replace(&told)?,
                false => shown.compare(&told)?,
            }
        }
        review::wrote_once(&services, Decided::default())?;
        has_happened(&services)?;
        self.is_a_deck(Path::new(&decks))?;
        review::outcome(&metier, &services)
    }

    /// With recorded answers, no key, and nobody to ask.
    fn without_models(&self, stage: &Stage, form: Form, more: &[&str]) -> Result<Outcome> {
        let services = Services::start()?;
        stage.forget()?;
        stage.lead_to(&services, self.repository)?;
        let environment = services.environment().into_iter();
        let environment = environment.filter(|(name, _)| *name != MODEL_KEY).collect();
        let metier = Metier::new(self.program, stage, environment);
        let said = metier.ask(&[&form.words(), more].concat())?;
        ensure!(
            said.told.contains("No model is asked"),
            "it did not say that answers are recorded:\n{}",
            said.told
        );
        let book = services.book("models").context("the models are emulated")?;
        ensure!(book.counts().requests == 0, "a model was asked");
        review::outcome(&metier, &services)
    }

    fn is_a_deck(&self, folder: &Path) -> Result<()> {
        let deck = std::fs::read_dir(folder)?
            .next()
            .context("no deck was saved")??
            .path();
        let Some(python) = &self.python else {
            return Ok(());
        };
        let read = Command::new(python)
            .args(["-c", READ_DECK])
            .arg(&deck)
            .output()?;
        ensure!(
            read.status.success(),
            "python-pptx cannot read {}: {}",
            deck.display(),
            String::from_utf8_lossy(&read.stderr)
        );
        let titles = String::from_utf8_lossy(&read.stdout).into_owned();
        ensure!(
            titles.lines().all(|title| !title.is_empty()) && !titles.is_empty(),
            "a slide has no title: {titles}"
        );
        print(&format!("python-pptx reads these slides:\n{titles}"))
    }
}

/// The deck is on the issue, the story in a comment, the meeting in the calendar.
fn has_happened(services: &Services) -> Result<()> {
    let state = services.state();
    let issue = &state["jira"]["issues"][0];
    let attachments = issue["attachments"]
        .as_array()
        .context("attachments are a list")?;
    ensure!(
        attachments.len() == 1 && attachments[0]["filename"] == "review-2026-Q3.pptx",
        "attached is {attachments:?}"
    );
    ensure!(
        issue["comments"]
            .as_array()
            .is_some_and(|comments| comments.len() == 1),
        "commented is {}",
        issue["comments"]
    );
    let invitations = &state["calendar"]["invitations"];
    ensure!(
        invitations.as_array().is_some_and(|sent| sent.len() == 1),
        "invited is {invitations}"
    );
    let applied: u64 = services
        .books()
        .iter()
        .map(|(_, book)| book.counts().applied)
        .sum();
    ensure!(json!(applied) == json!(WRITES), "{applied} writes happened");
    Ok(())
}

/// Replaces a recording of the repository.
fn refresh(made: &Path, kept: &Path) -> Result<()> {
    if kept.exists() {
        std::fs::remove_dir_all(kept)?;
    }
    std::fs::create_dir_all(kept)?;
    for entry in std::fs::read_dir(made)? {
        let entry = entry?;
        let mut text = std::fs::read_to_string(entry.path())?;
        let value: Value = serde_json::from_str(&text)?;
        text = format!("{value:#}\n");
        std::fs::write(kept.join(entry.file_name()), text)?;
    }
    Ok(())
}
