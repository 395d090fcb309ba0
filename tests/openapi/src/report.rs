//! What became of all of them.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use crate::run::Outcome;

/// Examples kept of each reason.
const EXAMPLES: usize = 3;

/// Counts over descriptions.
#[derive(Default)]
pub struct Report {
    descriptions: usize,
    need_server: usize,
    operations: usize,
    made: usize,
    schemas: usize,
    left_out: BTreeMap<&'static str, Examples>,
    notes: BTreeMap<&'static str, usize>,
    failures: BTreeMap<&'static str, Vec<String>>,
}

#[derive(Default)]
struct Examples {
    count: usize,
    some: Vec<String>,
}

impl Report {
    pub fn add(&mut self, path: &Path, outcome: Outcome) {
        self.descriptions += 1;
        self.need_server += usize::from(outcome.needs_server);
        self.operations += outcome.operations;
        self.made += outcome.made;
        self.schemas += outcome.schemas;
        for (kind, sentence) in outcome.left_out {
            let examples = self.left_out.entry(kind).or_default();
            examples.count += 1;
            if examples.some.len() < EXAMPLES {
                examples
                    .some
                    .push(format!("{}: {sentence}", path.display()));
            }
        }
        for kind in outcome.notes {
            *self.notes.entry(kind).or_default() += 1;
        }
        if let Some((kind, why)) = outcome.failure {
            let failures = self.failures.entry(kind).or_default();
            failures.push(format!("{}: {why}", path.display()));
        }
    }

    pub fn merge(&mut self, other: Report) {
        self.descriptions += other.descriptions;
        self.need_server += other.need_server;
        self.operations += other.operations;
        self.made += other.made;
        self.schemas += other.schemas;
        for (kind, examples) in other.left_out {
            let mine = self.left_out.entry(kind).or_default();
            mine.count += examples.count;
            mine.some.extend(examples.some);
            mine.some.truncate(EXAMPLES);
        }
        for (kind, count) in other.notes {
            *self.notes.entry(kind).or_default() += count;
        }
        for (kind, failures) in other.failures {
            self.failures.entry(kind).or_default().extend(failures);
        }
    }

    /// Per cent of the descriptions that convert.
    pub fn share(&self) -> f64 {
        100.0 * (self.descriptions - self.failed()) as f64 / self.descriptions.max(1) as f64
    }

    fn failed(&self) -> usize {
        self.failures.values().map(Vec::len).sum()
    }

    pub fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let of_operations = 100.0 * self.made as f64 / self.operations.max(1) as f64;
        writeln!(
            out,
            "{} descriptions, {} convert ({:.2} %); {} do not say where the API is",
            self.descriptions,
            self.descriptions - self.failed(),
            self.share(),
            self.need_server
        )?;
        writeln!(
            out,
            "{} operations, {} became tools ({of_operations:.2} %); {} schemas found valid 2020-12",
            self.operations, self.made, self.schemas
        )?;
        for (kind, failures) in &self.failures {
            writeln!(out, "\ndoes not convert, {kind}: {}", failures.len())?;
            failures
                .iter()
                .try_for_each(|failure| writeln!(out, "  {failure}"))?;
        }
        for (kind, examples) in &self.left_out {
            writeln!(out, "\noperations left out, {kind}: {}", examples.count)?;
            examples
                .some
                .iter()
                .try_for_each(|example| writeln!(out, "  {example}"))?;
        }
        writeln!(out, "\nchanged in what was made:")?;
        self.notes
            .iter()
            .try_for_each(|(kind, count)| writeln!(out, "  {kind}: {count}"))
    }
}
