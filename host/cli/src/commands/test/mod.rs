//! `metier test`: runs the calls recorded for a skill again, or records them.
//!
//! Exit codes: 0 when all pass, 11 when one does not, and what `metier call` has where nothing could be run.

pub mod fresh;
mod record;
mod show;
pub mod source;

use metier_core::{Blame, Code, Fault, nearest::nearest};
use metier_market::fixtures::{self, FixtureName, InvalidFixtureName, Named};

use super::{App, skill_file};
use crate::{args::test::Test, errors::Failure, exit::Exit, text};
use source::Source;

/// Runs or records.
///
/// # Errors
/// [`Failure`] when nothing was run; a fixture that fails is told here, and is an exit code.
pub fn run(app: &App, args: &Test) -> Result<Exit, Failure> {
    let (source, names) = Source::find(&args.words, args.fixtures.as_deref())?;
    let names = parsed(&names)?;
    if !args.no_build {
        source.build(app)?;
    }
    super::runtime()?.block_on(async {
        if args.record {
            return record::run(app, args, &source, &names).await;
        }
        if !args.call.is_empty() {
            return Err(Failure::usage(
                "A call is given, and nothing to do with it.",
                "Add --record and a name to record it; `metier call` makes it.",
            ));
        }
        let host = skill_file::host(app, || skill_file::config(app))?;
        let skill = skill_file::load(app, &host, &source.file()?).await?;
        let fixtures = chosen(source.fixtures(&skill)?, &names)?;
        let report = fixtures::replay(&host, &skill, &fixtures).await;
        show::report(app, &report)?;
        Ok(if report.passed() {
            Exit::Ok
        } else {
            Exit::Failed(Blame::Skill)
        })
    })
}

pub fn parsed(names: &[String]) -> Result<Vec<FixtureName>, Failure> {
    let parse = |name: &String| {
        name.parse().map_err(|error: InvalidFixtureName| {
        Failure::usage(
            crate::errors::sentence(&text::one_line(&error.to_string())),
            "A name is that of a file in fixtures/, without .json; a folder or file of a skill comes first.",
        )
    })
    };
    names.iter().map(parse).collect()
}

/// The fixtures of these names, in their order; all of them without names. None at all is no success.
pub fn chosen(fixtures: Vec<Named>, names: &[FixtureName]) -> Result<Vec<Named>, Failure> {
    if fixtures.is_empty() {
        let hint = "Record one: metier test --record NAME --grant grant.toml -- TOOL …";
        let fault = Fault::new(Code::NotFound, "The skill has no fixtures.");
        return Err(fault.with_hint(hint).into());
    }
    if names.is_empty() {
        return Ok(fixtures);
    }
    let find = |name: &FixtureName| {
        let found = fixtures.iter().find(|named| named.name == *name);
        found.cloned().ok_or_else(|| unknown(&fixtures, name))
    };
    names.iter().map(find).collect()
}

fn unknown(fixtures: &[Named], name: &FixtureName) -> Failure {
    let names = || fixtures.iter().map(|named| named.name.as_str());
    let fault = Fault::new(
        Code::NotFound,
        format!("The skill has no fixture `{name}`."),
    );
    match nearest(name.as_str(), names()) {
        Some(meant) => fault.with_hint(format!("Did you mean `{meant}`?")).into(),
        None => {
            let all: Vec<&str> = names().collect();
            fault
                .with_hint(format!("It has: {}.", all.join(", ")))
                .into()
        }
    }
}
