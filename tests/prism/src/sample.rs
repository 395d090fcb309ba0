//! Which descriptions, in which order: one of each provider of the public directory, as the seed has it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::random::Random;

/// The descriptions in the order they are sampled in, each of another provider.
pub fn descriptions(folder: &Path, seed: u64) -> Result<Vec<PathBuf>> {
    let mut providers: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in files(folder)? {
        let within = file.strip_prefix(folder).unwrap_or(&file);
        let provider = within
            .components()
            .next()
            .map(|first| first.as_os_str().to_string_lossy().into_owned());
        providers
            .entry(provider.unwrap_or_default())
            .or_default()
            .push(file);
    }
    let mut random = Random::of(seed, "providers");
    let mut chosen = Vec::new();
    for (_, mut files) in providers {
        files.sort();
        chosen.extend(random.shuffled(files).into_iter().next());
    }
    Ok(random.shuffled(chosen))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|is| is == "json")
                && !entry.file_name().to_string_lossy().starts_with('_')
            {
                found.push(path);
            }
        }
    }
    Ok(found)
}
