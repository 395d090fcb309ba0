//! Running the rows, and what came of them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde::Serialize;

use crate::languages::{Differs, Language};
use crate::rows::{self, Row};
use crate::scene::Scene;

/// Time one row may take: the CPU limit, the slowest language's start, and a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What came of one row.
#[derive(Debug, Serialize)]
pub struct Line {
    /// The row's name.
    pub row: &'static str,
    /// What it checks.
    pub what: &'static str,
    /// Nothing when it holds; otherwise what went wrong.
    pub failure: Option<String>,
    /// Why the language goes another way here, when it may.
    pub differs: Option<&'static str>,
}

/// What came of all rows.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The language.
    pub language: &'static str,
    /// One line per row.
    pub lines: Vec<Line>,
    /// How long it took.
    pub seconds: f64,
}

impl Report {
    /// Whether every row holds.
    pub fn holds(&self) -> bool {
        self.failed().next().is_none()
    }

    /// The rows that do not.
    pub fn failed(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.failure.is_some())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            match (&line.failure, line.differs) {
                (None, None) => writeln!(f, "ok      {:26} {}", line.row, line.what)?,
                (None, Some(why)) => writeln!(f, "differs {:26} {why}", line.row)?,
                (Some(failure), _) => {
                    writeln!(f, "FAILED  {:26} {}", line.row, line.what)?;
                    writeln!(f, "        {failure}")?;
                }
            }
        }
        let differs = |line: &&Line| line.failure.is_none() && line.differs.is_some();
        write!(
            f,
            "{}: {} rows, {} failed, {} differ, {:.1} s",
            self.language,
            self.lines.len(),
            self.failed().count(),
            self.lines.iter().filter(differs).count(),
            self.seconds
        )
    }
}

/// Check every row whose name contains `only`.
///
/// # Errors
/// When the skill does not load, when no row has such a name, or the table of the language names a row that is not there.
pub async fn run(
    bytes: Vec<u8>,
    language: &'static Language,
    only: Option<&str>,
) -> anyhow::Result<Report> {
    check_table(language)?;
    let began = Instant::now();
    let scene = Arc::new(Scene::new(bytes, language).await?);
    let mut lines = Vec::new();
    for row in rows::all().filter(|row| row.name.contains(only.unwrap_or_default())) {
        lines.push(line(&scene, row).await);
    }
    ensure!(!lines.is_empty(), "no row is called that");
    Ok(Report {
        language: language.name,
        lines,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// A name in the table that is no row's would excuse nothing, and nobody would notice.
fn check_table(language: &Language) -> anyhow::Result<()> {
    for differs in language.differs {
        ensure!(
            rows::all().any(|row| row.name == differs.row),
            "the table of {} names `{}`, which is no row",
            language.name,
            differs.row
        );
    }
    Ok(())
}

async fn line(scene: &Arc<Scene>, row: &'static Row) -> Line {
    let outcome = outcome(scene.clone(), row).await;
    let differs = scene
        .language
        .differs
        .iter()
        .find(|differs| differs.row == row.name);
    let outcome = differs.map_or(outcome.clone(), |differs| as_expected(differs, outcome));
    Line {
        row: row.name,
        what: row.what,
        failure: outcome.err(),
        differs: differs.map(|differs| differs.why),
    }
}

/// In a task of its own, so that a check that panics is a failed row and not the end.
async fn outcome(scene: Arc<Scene>, row: &'static Row) -> Result<(), String> {
    let mut task = tokio::spawn(async move { (row.check)(&scene).await });
    match tokio::time::timeout(PATIENCE, &mut task).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panicked)) => Err(panicked.to_string()),
        Err(_) => {
            task.abort();
            Err(format!("no answer within {} s", PATIENCE.as_secs()))
        }
    }
}

/// A row that may fail must fail, and in the way that was written down.
pub fn as_expected(differs: &Differs, outcome: Result<(), String>) -> Result<(), String> {
    match outcome {
        Ok(()) => Err(format!(
            "it holds now; take its entry out of the table ({})",
            differs.why
        )),
        Err(failure) if failure.contains(differs.answer) => Ok(()),
        Err(failure) => Err(format!(
            "expected the failure `{}`: {failure}",
            differs.answer
        )),
    }
}
