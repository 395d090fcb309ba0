//! The text of a selection file.

use metier_core::Effect;
use metier_core::toml_text::{self, Item, Section, TextError};
use metier_openapi_plan::{Path, Step};
use serde_json::{Number, Value};

use super::{Pick, Selection, constraint};

/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 1024;

/// Longest of the other texts, in characters.
const MAX_TEXT: usize = 2048;

pub(super) fn read(text: &str) -> Result<Selection, TextError> {
    toml_text::parse(text, |root| {
        Ok(Selection {
            name: root
                .take("name")
                .map(|item| item.prose(MAX_TEXT))
                .transpose()?,
            server: root
                .take("server")
                .map(|item| item.prose(MAX_TEXT))
                .transpose()?,
            tools: root.take("tools").map_or(Ok(Vec::new()), tools)?,
        })
    })
}

fn tools(item: Item<'_>) -> Result<Vec<Pick>, TextError> {
    let tools = item.table(|section| {
        let entries = section.take_all().into_iter();
        entries
            .map(|(name, item)| {
                let tool = item.key_as(&name)?;
                let read = item.table(pick)?;
                Ok(Pick {
                    operation: read
                        .value
                        .operation
                        .clone()
                        .unwrap_or_else(|| name.value.clone()),
                    tool: Some(tool),
                    line: Some(name.line),
                    ..read.value.into_pick()
                })
            })
            .collect()
    })?;
    Ok(tools.value)
}

/// One `[tools.NAME]`.
struct Entry {
    operation: Option<String>,
    pick: Pick,
}

impl Entry {
    fn into_pick(self) -> Pick {
        self.pick
    }
}

fn pick(section: &mut Section<'_>) -> Result<Entry, TextError> {
    let effects = Effect::ALL.map(|effect| (effect.as_str(), effect));
    let operation = section
        .take("operation")
        .map(|item| item.prose(MAX_TEXT))
        .transpose()?;
    let pick = Pick {
        description: section
            .take("description")
            .map(|item| item.text(MAX_DESCRIPTION))
            .transpose()?,
        effect: section
            .take("effect")
            .map(|item| item.choice(&effects))
            .transpose()?,
        hide: section.take("hide").map_or(Ok(Vec::new()), Item::list)?,
        fixed: section.take("fixed").map_or(Ok(Vec::new()), fixed)?,
        headers: section.take("headers").map_or(Ok(Vec::new()), headers)?,
        constraints: section
            .take("constraints")
            .map_or(Ok(Vec::new()), constraints)?,
        keep: section
            .take("keep")
            .map_or(Ok(Vec::new()), Item::some_list)?,
        ..Pick::default()
    };
    Ok(Entry { operation, pick })
}

fn constraints(item: Item<'_>) -> Result<Vec<metier_openapi_plan::Constraint>, TextError> {
    let items = item.array()?;
    let read =
        |item: &Item<'_>| constraint::parse(item.string()?).map_err(|error| item.error(error));
    items.iter().map(read).collect()
}

/// A table of values by header.
fn headers(item: Item<'_>) -> Result<Vec<(String, String)>, TextError> {
    let entries = item.table(|section| {
        let entries = section.take_all().into_iter();
        entries
            .map(|(name, item)| Ok((name.value, item.string()?.to_owned())))
            .collect()
    })?;
    Ok(entries.value)
}

/// A table of values by argument; a table within one fixes members of it and leaves the others to the caller.
fn fixed(item: Item<'_>) -> Result<Vec<(Path, Value)>, TextError> {
    let error = item.error("a fixed value is nested too deep");
    let table = item.verbatim_table()?;
    let mut found = Vec::new();
    collect(&mut Vec::new(), table, &mut found).ok_or(error)?;
    Ok(found)
}

fn collect(
    steps: &mut Vec<Step>,
    table: toml::Table,
    found: &mut Vec<(Path, Value)>,
) -> Option<()> {
    for (name, value) in table {
        // `fields.project.key` in quotes is a path; so are tables in tables.
        let path: Vec<Step> = match name.parse::<Path>() {
            Ok(path) if !path.steps().contains(&Step::Each) => path.steps().to_vec(),
            _ => vec![Step::Member(name)],
        };
        let length = steps.len();
        steps.extend(path);
        match value {
            toml::Value::Table(inner) if !inner.is_empty() => collect(steps, inner, found)?,
            value => found.push((Path::new(steps.clone())?, json(value))),
        }
        steps.truncate(length);
    }
    Some(())
}

fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(key, value)| (key, json(value)))
            .collect(),
    }
}
