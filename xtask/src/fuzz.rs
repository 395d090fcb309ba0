//! `cargo xtask fuzz`: the properties of `fuzz/properties`, against bytes nobody thought of.
//!
//! Each target runs for its time, one after the other, from its seeds, from `tests/corpus` and from what earlier runs
//! here came upon. A finding ends the run and is kept under `fuzz/artifacts`; mend it and move the input to
//! `fuzz/regressions`, where ordinary tests replay it.
//!
//! The pinned compiler is enough: what is fuzzed has no `unsafe`, so that no sanitizer is wanted, and only those need a
//! nightly one.

use std::path::Path;

use anyhow::Result;

use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::tools::Program;

/// The release of cargo-fuzz in use.
const CARGO_FUZZ: Program = Program {
    package: "cargo-fuzz",
    name: "cargo-fuzz",
    version: "0.13.2",
    args: &[],
};

/// A single input that takes longer, in seconds, is a finding: a real one takes a millisecond.
const SLOWEST_INPUT: u32 = 10;

/// One file under `fuzz/fuzz_targets`.
struct Target {
    name: &'static str,
    /// Folders whose files are inputs too.
    corpus: &'static [&'static str],
    /// Longest input, in bytes: longer ones are slower and find the same.
    max_len: u32,
}

const TARGETS: [Target; 5] = [
    Target {
        name: "manifest",
        corpus: &["tests/corpus/manifest", "tests/corpus/grant"],
        max_len: 8192,
    },
    Target {
        name: "url_policy",
        corpus: &["tests/corpus/url"],
        max_len: 512,
    },
    Target {
        name: "json_values",
        corpus: &[],
        max_len: 1024,
    },
    Target {
        name: "secrets",
        corpus: &[],
        max_len: 4096,
    },
    Target {
        name: "openapi",
        corpus: &["tests/corpus/openapi"],
        max_len: 8192,
    },
];

/// Arguments of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub struct Args {
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,
    /// Only this one
    #[arg(value_parser = TARGETS.map(|target| target.name))]
    target: Option<String>,
}

/// Runs the targets asked for; stops at the first finding.
pub fn run(repo: &Repo, args: &Args) -> Result<()> {
    let fuzz = CARGO_FUZZ.installed()?;
    let is_wanted = |name: &str| args.target.as_ref().is_none_or(|wanted| wanted == name);
    for target in TARGETS.iter().filter(|target| is_wanted(target.name)) {
        run_one(repo, &fuzz, target, args.seconds)?;
    }
    Ok(())
}

fn run_one(repo: &Repo, fuzz: &Path, target: &Target, seconds: u32) -> Result<()> {
    let name = target.name;
    let found = repo.target("fuzz-corpus").join(name);
    std::fs::create_dir_all(&found)?;
    let seeds = ["seeds", "regressions"].map(|kind| format!("fuzz/{kind}/{name}"));
    Cmd::new(fuzz)
        .dir(repo.root())
        .args(["run", "--sanitizer", "none", "--target-dir"])
        .arg(repo.target("fuzz"))
        .arg(name)
        .arg(&found)
        .args(seeds)
        .args(target.corpus)
        .arg("--")
        .arg(format!("-dict=fuzz/dictionaries/{name}.dict"))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={}", target.max_len))
        .arg(format!("-timeout={SLOWEST_INPUT}"))
        .args(["-print_final_stats=1", "-verbosity=0"])
        .step(&format!("fuzz {name} for {seconds} s"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    use super::*;

    fn fuzz() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
    }

    #[test]
    fn every_target_is_run_and_has_what_it_starts_from() {
        let files = std::fs::read_dir(fuzz().join("fuzz_targets")).unwrap();
        assert_eq!(files.count(), TARGETS.len());
        for Target { name, corpus, .. } in TARGETS {
            for file in [
                format!("fuzz_targets/{name}.rs"),
                format!("properties/{name}.rs"),
                format!("dictionaries/{name}.dict"),
                format!("seeds/{name}"),
                format!("regressions/{name}"),
            ] {
                assert!(fuzz().join(&file).exists(), "fuzz/{file} is missing");
            }
            for folder in corpus {
                assert!(fuzz().join("..").join(folder).is_dir(), "{folder}");
            }
        }
    }

    /// The values that are fuzzed are those of the engine that is shipped.
    #[test]
    fn the_sandbox_has_the_version_of_the_workspace() {
        let version = |file: &str, section: &[&str]| {
            let text = std::fs::read_to_string(fuzz().join(file)).unwrap();
            let root: toml::Value = toml::from_str(&text).unwrap();
            let table = section.iter().fold(&root, |table, key| &table[*key]);
            table["wasmtime"]["version"].clone()
        };
        let ours = version("Cargo.toml", &["dependencies"]);
        let workspace = version("../Cargo.toml", &["workspace", "dependencies"]);
        assert_eq!(ours, workspace);
    }
}
