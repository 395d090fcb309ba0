//! `[chain]` and its `[[step]]`s.

use metier_core::toml_text::{Item, Section, TextError};
use serde_json::Value;

use super::{
    Read,
    agent::{MAX_TOKENS, temperature, template_text},
    terms::{expression, positive, schema, table, terms, title},
    values::{json, span},
};
use crate::{
    definition::{Ask, Chain, Map, Name, Retry, Step, Work},
    expression::Template,
};

/// Steps of one chain: a longer one is several.
const MAX_STEPS: usize = 200;

pub(super) fn read(
    root: &mut Section<'_>,
    item: Item<'_>,
    read: Read<'_>,
) -> Result<Chain, TextError> {
    let title = item.table(title)?.value;
    let output = table(root, "output", |section| {
        let value = section
            .take("value")
            .map(|item| template(&item))
            .transpose()?;
        Ok((value, schema(section, read)?))
    })?;
    let (output, output_schema) = output.unwrap_or_default();
    let steps = root.require("step", "[[step]]")?;
    let place = steps.error(format!("there are more than {MAX_STEPS} steps"));
    let mut names = Vec::new();
    let steps: Vec<Step> = steps
        .tables(|section| step(section, &mut names, read))?
        .into_iter()
        .map(|located| located.value)
        .collect();
    if steps.len() > MAX_STEPS {
        return Err(place);
    }
    Ok(Chain {
        terms: terms(root, title, output_schema, read)?,
        steps,
        output,
    })
}

fn step(
    section: &mut Section<'_>,
    names: &mut Vec<Name>,
    read: Read<'_>,
) -> Result<Step, TextError> {
    let item = section.require("name", "name = \"deals\"")?;
    let name: Name = item.parsed()?;
    if names.contains(&name) {
        return Err(item.error(format!("there is another step `{}` above", name.as_str())));
    }
    names.push(name.clone());
    Ok(Step {
        name,
        when: section
            .take("when")
            .map(|item| expression(&item))
            .transpose()?,
        each: section.take("each").map(each).transpose()?,
        retry: table(section, "retry", retry)?.unwrap_or_default(),
        work: work(section, read)?,
    })
}

/// `each = "steps.deals.output.rows"`, or a table with `over` and `parallel`.
fn each(item: Item<'_>) -> Result<Map, TextError> {
    if !item.is_table() {
        let over = expression(&item)?;
        return Ok(Map { over, parallel: 1 });
    }
    let map = item.table(|section| {
        Ok(Map {
            over: expression(&section.require("over", "over = \"input.accounts\"")?)?,
            parallel: section
                .take("parallel")
                .map_or(Ok(1), |item| positive(&item))?,
        })
    })?;
    Ok(map.value)
}

fn retry(section: &mut Section<'_>) -> Result<Retry, TextError> {
    let default = Retry::default();
    Ok(Retry {
        attempts: section
            .take("attempts")
            .map_or(Ok(default.attempts), |item| positive(&item))?,
        pause: section
            .take("pause")
            .map_or(Ok(default.pause), |item| span(&item))?,
    })
}

/// Exactly one of the five.
fn work(section: &mut Section<'_>, read: Read<'_>) -> Result<Work, TextError> {
    let mut found: Vec<(&str, Item<'_>)> = ["tool", "model", "approval", "wait", "value"]
        .into_iter()
        .filter_map(|key| Some((key, section.take(key)?)))
        .collect();
    let Some((kind, item)) = found.pop() else {
        return Err(section.missing("tool", "tool`, `model`, `approval`, `wait` or `value"));
    };
    if let Some((other, _)) = found.first() {
        return Err(item.error(format!(
            "a step does one thing: `{other}` or `{kind}`, not both"
        )));
    }
    Ok(match kind {
        "tool" => Work::Tool {
            tool: tool_name(&item)?,
            args: args(section)?,
        },
        "model" => Work::Model(ask(section, &item, read)?),
        "approval" => Work::Approval {
            question: template_text(item, read)?,
            show: section
                .take("show")
                .map(|item| template(&item))
                .transpose()?,
        },
        "wait" => Work::Wait { span: span(&item)? },
        _ => Work::Value {
            value: template(&item)?,
        },
    })
}

fn tool_name(item: &Item<'_>) -> Result<String, TextError> {
    let name = item.text(200)?;
    match name.split_once('.') {
        Some((alias, tool)) if !alias.is_empty() && !tool.is_empty() => Ok(name),
        _ => Err(item.error("a tool is named by the alias of its skill and its own name, such as `salesforce.query`")),
    }
}

fn args(section: &mut Section<'_>) -> Result<std::collections::BTreeMap<String, Value>, TextError> {
    let Some(item) = section.take("args") else {
        return Ok(Default::default());
    };
    match template(&item)? {
        Value::Object(args) => Ok(args.into_iter().collect()),
        _ => Err(item.error("`args` is a table: one line for each argument")),
    }
}

fn ask(section: &mut Section<'_>, model: &Item<'_>, read: Read<'_>) -> Result<Ask, TextError> {
    Ok(Ask {
        model: model.text(64)?,
        system: section
            .take("system")
            .map(|item| template_text(item, read))
            .transpose()?,
        prompt: template_text(section.require("prompt", "prompt = \"…\"")?, read)?,
        schema: section.take("schema").map(|item| json(&item)),
        max_tokens: section
            .take("max-tokens")
            .map_or(Ok(MAX_TOKENS), |item| item.number("a number of tokens"))?,
        temperature: section
            .take("temperature")
            .map(|item| temperature(&item))
            .transpose()?,
    })
}

/// JSON whose `${…}` parse.
fn template(item: &Item<'_>) -> Result<Value, TextError> {
    let value = json(item);
    Template::parse(&value).map_err(|error| item.error(error))?;
    Ok(value)
}
