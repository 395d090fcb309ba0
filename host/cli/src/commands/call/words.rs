//! A tool and its flags as words, for commands that make calls of their own: `TOOL --flag value …`.

use std::ffi::OsString;

use metier_core::ToolName;
use metier_runtime::skill::Skill;
use serde_json::{Map, Value};

use crate::{args::call, errors::Failure};

/// A tool and its arguments; or what clap has to say, a page of help for instance.
pub type Parsed = Result<(ToolName, Map<String, Value>), clap::Error>;

/// The tool and its arguments, as `metier call` would read them.
///
/// # Errors
/// No tool, a tool there is not, or arguments that do not fit.
pub fn parse(skill: &Skill, words: &[OsString]) -> Result<Parsed, Failure> {
    let Some(name) = words.first() else {
        return Err(Failure::usage(
            "No tool is named.",
            "… -- TOOL --flag value",
        ));
    };
    let tool = super::find(skill, &name.to_string_lossy())?;
    let shown = super::described(tool);
    let skill = OsString::from("SKILL.wasm");
    let whole = std::iter::once(skill)
        .chain(words.iter().cloned())
        .collect();
    let (options, values) = match call::parse(whole, &shown) {
        Ok(parsed) => parsed,
        Err(error) => return Ok(Err(error)),
    };
    let arguments = values.over(&shown, super::input::read(options.json.as_deref())?)?;
    let map = serde_json::from_str(&arguments.text()).unwrap_or_default();
    Ok(Ok((tool.info.name.clone(), map)))
}
