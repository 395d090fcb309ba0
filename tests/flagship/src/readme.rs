//! The run the README shows, compared with one that was just made.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// The command line above it, and the fence below.
const COMMAND: &str =
    "$ metier run examples/account-review/agent.toml --input '{\"quarter\":\"2026-Q3\"}'\n";
const FENCE: &str = "```";

/// What stands below the command line in the README.
pub struct Shown {
    file: PathBuf,
    before: String,
    told: String,
    after: String,
}

impl Shown {
    /// Finds it.
    ///
    /// # Errors
    /// When it is not there.
    pub fn in_file(file: &Path) -> Result<Shown> {
        let text = std::fs::read_to_string(file)?;
        let (before, rest) = text
            .split_once(COMMAND)
            .context("the README shows the run")?;
        let end = rest
            .find(FENCE)
            .context("what the README shows has an end")?;
        Ok(Shown {
            file: file.to_owned(),
            before: format!("{before}{COMMAND}"),
            told: rest[..end].to_owned(),
            after: rest[end..].to_owned(),
        })
    }

    /// Puts what was just told there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn replace(&self, told: &str) -> Result<()> {
        let told = within_home(told);
        Ok(std::fs::write(
            &self.file,
            format!("{}{told}{}", self.before, self.after),
        )?)
    }

    /// Whether it is what was just told, but for times and the run's id.
    ///
    /// # Errors
    /// With the first line that differs.
    pub fn compare(&self, told: &str) -> Result<()> {
        let told = within_home(told);
        let (shown, told) = (self.told.lines(), told.lines());
        ensure!(
            shown.clone().count() == told.clone().count(),
            "the README shows {} lines of {}",
            shown.count(),
            told.count()
        );
        for (shown, told) in shown.zip(told) {
            ensure!(
                same(shown, told),
                "the README shows\n{shown}\nand it is\n{told}\n`--bless` writes it anew"
            );
        }
        Ok(())
    }
}

/// A file was saved in a folder of this run.
fn within_home(told: &str) -> String {
    let lines =
        told.lines().map(
            |line| match (line.starts_with("file: "), line.rsplit_once(" · ")) {
                (true, Some((file, path))) => {
                    let name = Path::new(path).file_name().unwrap_or_default();
                    format!("{file} · decks/{}\n", name.to_string_lossy())
                }
                _ => format!("{line}\n"),
            },
        );
    lines.collect()
}

/// The words are the same where they are not times or ids.
fn same(one: &str, other: &str) -> bool {
    let words = |line: &str| -> Vec<String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let timed = |at: usize| {
            words
                .get(at + 1)
                .is_some_and(|unit| ["ms", "s"].contains(unit))
        };
        let kept = words.iter().enumerate();
        kept.map(
            |(at, word)| match timed(at) || ["ms", "s"].contains(word) || is_id(word) {
                true => String::new(),
                false => (*word).to_owned(),
            },
        )
        .collect()
    };
    words(one) == words(other)
}

fn is_id(word: &str) -> bool {
    word.len() == 26
        && word
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_and_ids_may_differ() {
        assert!(same("#5 ✓ 14 ms · a", "#5 ✓ 1.2 s · a"));
        assert!(same(
            "run 01M8HW4K1WRDG6RV7EWTXW8XC6",
            "run 01M8HW65J399GGTGD3FCA95ZGV"
        ));
        assert!(!same("#5 ✓ 14 ms · a", "#6 ✓ 14 ms · a"));
        assert!(!same("130 tokens", "131 tokens"));
    }
}
