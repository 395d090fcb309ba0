//! Do requests made from a description fit it? A real host calls a skill made from one, and the requests arrive at
//! `@stoplight/prism-cli`, which mocks the same description and says what is wrong with them.
//!
//! `metier-prism NODE_MODULES [SEED]`: a fixed sample of 500 operations, spread over at least 100 services of the public OpenAPI
//! directory, made into skills here, with arguments made from their input schemas. Ends with an error below the bar. An operation
//! that becomes no tool, or whose call sends nothing, counts against the bar; so does a request Prism fails on without a verdict.
//! Only a description that Prism cannot read at all is replaced by the next, and told.
//!
//! `metier-prism NODE_MODULES skill FOLDER FILE DESCRIPTION PUBLISHED [KEY]`: every tool of a packed skill, as it is. See [`shipped`].

mod prism;
mod random;
mod report;
mod sample;
mod sampled;
mod service;
mod shipped;
mod values;
mod verdict;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use prism::Place;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let modules = words
        .first()
        .context("where is Prism? `metier-prism NODE_MODULES [SEED]`")?;
    let place = Place {
        script: Path::new(env!("CARGO_MANIFEST_DIR")).join("server.mjs"),
        modules: PathBuf::from(modules).canonicalize()?,
        identity: None,
    };
    match words.get(1..).unwrap_or_default() {
        [] => sampled::run(&place, sampled::SEED),
        ["skill", folder, file, description, published, key @ ..] => shipped::run(
            place,
            &shipped::Skill {
                folder: Path::new(folder),
                file: Path::new(file),
                description: Path::new(description),
                published: Path::new(published),
                key: key.first().copied(),
            },
        ),
        [seed] => sampled::run(&place, seed.parse().context("the seed is a number")?),
        more => bail!("what is {more:?}? The first lines of main.rs say what there is"),
    }
}
