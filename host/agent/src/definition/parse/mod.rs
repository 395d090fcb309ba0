//! From the text of a file to a [`Definition`].

mod agent;
mod chain;
mod terms;
mod values;

use metier_core::toml_text::{self, TextError};

use super::Definition;

/// Reads a file by its path beside the definition.
pub(super) type Read<'r> = &'r dyn Fn(&str) -> Result<String, String>;

pub(super) fn definition(text: &str, read: Read<'_>) -> Result<Definition, TextError> {
    toml_text::parse(text, |root| {
        if let Some(chain) = root.take("chain") {
            return Ok(Definition::Chain(chain::read(root, chain, read)?));
        }
        let example = "[agent]` or `[chain]";
        let agent = root.require("agent", example)?;
        Ok(Definition::Agent(agent::read(root, agent, read)?))
    })
}
