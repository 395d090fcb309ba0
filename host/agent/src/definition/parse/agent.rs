//! `[agent]`.

use metier_core::toml_text::{Item, Section, TextError};

use super::{
    Read,
    terms::{schema, table, terms, title},
    values::text_or_file,
};
use crate::{
    definition::{Agent, MemoryUse},
    expression::Template,
};

/// Longest instructions or prompt, in characters.
pub(super) const MAX_TEXT_CHARACTERS: usize = 100_000;

/// Most tokens of one answer where nothing is written.
pub(super) const MAX_TOKENS: u32 = 4096;

pub(super) fn read(
    root: &mut Section<'_>,
    item: Item<'_>,
    read: Read<'_>,
) -> Result<Agent, TextError> {
    let output = table(root, "output", |section| schema(section, read))?.flatten();
    let memory = table(root, "memory", memory)?.unwrap_or_default();
    let agent = item.table(|section| {
        let title = title(section)?;
        Ok(Agent {
            model: section.require("model", "model = \"drafting\"")?.text(64)?,
            instructions: instructions(section, read)?,
            prompt: section
                .take("prompt")
                .map(|item| template_text(item, read))
                .transpose()?,
            max_tokens: section
                .take("max-tokens")
                .map_or(Ok(MAX_TOKENS), |item| item.number("a number of tokens"))?,
            temperature: section
                .take("temperature")
                .map(|item| temperature(&item))
                .transpose()?,
            compact_from: section
                .take("compact-from")
                .map(|item| item.number("a number of tokens"))
                .transpose()?,
            memory,
            terms: terms(root, title, output, read)?,
        })
    })?;
    Ok(agent.value)
}

fn instructions(section: &mut Section<'_>, read: Read<'_>) -> Result<String, TextError> {
    let item = section.require(
        "instructions",
        "instructions = { file = \"instructions.md\" }",
    )?;
    template_text(item, read)
}

/// A text, or a file, whose `${…}` parse.
pub(super) fn template_text(item: Item<'_>, read: Read<'_>) -> Result<String, TextError> {
    let place = item.error("");
    let text = text_or_file(item, MAX_TEXT_CHARACTERS, read)?;
    match Template::text(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(place.saying(error)),
    }
}

pub(super) fn temperature(item: &Item<'_>) -> Result<f64, TextError> {
    let number = match item.verbatim() {
        toml::Value::Float(number) => number,
        toml::Value::Integer(0) => 0.0,
        toml::Value::Integer(1) => 1.0,
        toml::Value::Integer(2) => 2.0,
        _ => f64::NAN,
    };
    if (0.0..=2.0).contains(&number) {
        Ok(number)
    } else {
        Err(item.error("the temperature is a number from 0 to 2"))
    }
}

fn memory(section: &mut Section<'_>) -> Result<MemoryUse, TextError> {
    let mut truth = |key| section.take(key).map_or(Ok(false), |item| item.truth());
    Ok(MemoryUse {
        session: truth("session")?,
        notes: truth("notes")?,
    })
}
