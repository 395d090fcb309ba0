//! Every description of a folder through the generator: `metier-openapi-corpus FOLDER [BAR]`.
//!
//! A description converts when it can be read, each of its operations becomes a tool or says precisely why not, each schema
//! made is valid JSON Schema 2020-12 that a validator accepts, and a skill of it is one a host would accept. A panic is caught
//! and counted as the failure it is. Ends with an error when fewer than BAR per cent of them do (99 when it is not given).

mod report;
mod run;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};

use report::Report;

/// Descriptions read at the same time: the largest takes half a gigabyte of memory.
const THREADS: usize = 2;

/// Per cent of the descriptions that have to convert.
const BAR: f64 = 99.0;

fn main() -> Result<()> {
    let mut words = std::env::args_os().skip(1);
    let folder = words
        .next()
        .context("which folder? `metier-openapi-corpus FOLDER [BAR]`")?;
    let bar = match words.next() {
        Some(word) => word
            .to_string_lossy()
            .parse()
            .context("the bar is a number of per cent")?,
        None => BAR,
    };
    let files = files(Path::new(&folder))?;
    if files.is_empty() {
        bail!("{} holds no description", Path::new(&folder).display());
    }
    let report = all(files);
    report.print(&mut std::io::stdout().lock())?;
    let reached = report.share();
    if reached < bar {
        bail!("{reached:.2} % of the descriptions convert; the bar is {bar} %");
    }
    Ok(())
}

/// Runs every file, each thread taking the next; the largest go first, so that none is left alone at the end.
fn all(files: VecDeque<PathBuf>) -> Report {
    let queue = Mutex::new(files);
    let next = || {
        queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    };
    let work = || {
        let mut report = Report::default();
        while let Some(path) = next() {
            report.add(&path, run::file(&path));
        }
        report
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        let mut whole = Report::default();
        for thread in threads {
            whole.merge(thread.join().unwrap_or_default());
        }
        whole
    })
}

/// The JSON and YAML files under a folder, largest first.
fn files(folder: &Path) -> Result<VecDeque<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        for entry in entries {
            let entry = entry?;
            let (path, about) = (entry.path(), entry.metadata()?);
            let extension = path.extension().unwrap_or_default();
            if about.is_dir() {
                folders.push(path);
            } else if ["json", "yaml", "yml"]
                .iter()
                .any(|known| extension == *known)
            {
                found.push((about.len(), path));
            }
        }
    }
    found.sort_by(|a, b| b.cmp(a));
    Ok(found.into_iter().map(|(_, path)| path).collect())
}
