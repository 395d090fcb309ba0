//! Tools, and the shape of an answer, as both of OpenAI's formats have them: one nests what the other has flat.

use metier_agent::models::{ModelRequest, ResponseSchema, ToolChoice, ToolDefinition};
use serde_json::{Value, json, value::RawValue};

use super::{
    failure::Failure,
    fields::{Fields, items, read},
};

/// Most tools of one question, as OpenAI has it.
const MAX_TOOLS: usize = 128;

/// Longest name, as every provider takes it.
const MAX_NAME: usize = 64;

/// Reads `tools`, `tool_choice` and `parallel_tool_calls`. Where `inner` is named, a function is within it.
///
/// # Errors
/// For tools that are no functions, and whatever is written wrongly.
pub fn tools(
    fields: &mut Fields<'_>,
    inner: Option<&str>,
    request: &mut ModelRequest,
) -> Result<(), Failure> {
    if let Some(raw) = fields.raw("tools") {
        let tools = items(raw, "tools")?.map(|(at, item)| tool(item, &at, inner));
        request.tools = tools.collect::<Result<_, _>>()?;
        if request.tools.len() > MAX_TOOLS {
            let message = format!("A question has at most {MAX_TOOLS} tools.");
            return Err(Failure::invalid("tools", message));
        }
    }
    if let Some(raw) = fields.raw("tool_choice") {
        request.tool_choice = choice(raw, inner)?;
    }
    let parallel = fields.get::<bool>("parallel_tool_calls")?;
    request.one_call_at_a_time = parallel == Some(false);
    Ok(())
}

fn tool(item: &RawValue, at: &str, inner: Option<&str>) -> Result<ToolDefinition, Failure> {
    let mut fields = Fields::of(item, at)?;
    is_function(&mut fields)?;
    let nested = match inner {
        Some(inner) => Some((fields.need::<&RawValue>(inner)?, fields.path(inner))),
        None => None,
    };
    let mut function = match nested {
        Some((object, path)) => {
            fields.done()?;
            Fields::of(object, &path)?
        }
        None => fields,
    };
    let definition = ToolDefinition {
        name: name(&mut function)?,
        description: function.get("description")?.unwrap_or_default(),
        input_schema: match function.get::<Value>("parameters")? {
            Some(schema) if schema.is_object() => schema,
            Some(_) => {
                let path = function.path("parameters");
                let message = format!("'{path}' is a JSON Schema of an object.");
                return Err(Failure::invalid(path, message));
            }
            None => json!({ "type": "object", "properties": {} }),
        },
    };
    // Whether a schema can be kept to strictly is the provider's to say.
    function.harmless(&["strict"]);
    function.done()?;
    Ok(definition)
}

fn is_function(fields: &mut Fields<'_>) -> Result<(), Failure> {
    let kind: String = fields.need("type")?;
    if kind == "function" {
        return Ok(());
    }
    let message = format!(
        "Tools of the type `{}` are not there: describe functions, or ask an agent, whose tools run on the host.",
        metier_core::ids::shown(&kind)
    );
    Err(Failure::unsupported(fields.path("type"), message))
}

fn name(fields: &mut Fields<'_>) -> Result<String, Failure> {
    let name: String = fields.need("name")?;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_word) {
        return Ok(name);
    }
    let path = fields.path("name");
    let message = format!("'{path}' has 1 to {MAX_NAME} of A-Z a-z 0-9 _ -.");
    Err(Failure::invalid(path, message))
}

fn choice(raw: &RawValue, inner: Option<&str>) -> Result<ToolChoice, Failure> {
    let at = "tool_choice";
    if raw.get().starts_with('"') {
        let word: String = read(raw, at)?;
        return match word.as_str() {
            "none" => Ok(ToolChoice::None),
            "auto" => Ok(ToolChoice::Auto),
            "required" => Ok(ToolChoice::Any),
            _ => Err(Failure::invalid(
                at,
                "'tool_choice' is none, auto, required, or one function.",
            )),
        };
    }
    let mut fields = Fields::of(raw, at)?;
    is_function(&mut fields)?;
    match inner {
        Some(inner) => {
            let object: &RawValue = fields.need(inner)?;
            name(&mut Fields::of(object, &fields.path(inner))?).map(ToolChoice::Tool)
        }
        None => name(&mut fields).map(ToolChoice::Tool),
    }
}

/// The shape of the answer: `text`, `json_object`, or `json_schema`, whose parts are within `inner` where that is named.
///
/// # Errors
/// For another type, and whatever is written wrongly.
pub fn shape(
    raw: &RawValue,
    at: &str,
    inner: Option<&str>,
) -> Result<Option<ResponseSchema>, Failure> {
    let mut fields = Fields::of(raw, at)?;
    let kind: String = fields.need("type")?;
    match kind.as_str() {
        "text" => Ok(None),
        "json_object" => Ok(Some(ResponseSchema {
            name: "object".to_owned(),
            schema: json!({ "type": "object" }),
        })),
        "json_schema" => {
            let mut schema = match inner {
                Some(inner) => Fields::of(fields.need(inner)?, &fields.path(inner))?,
                None => fields,
            };
            let shape = ResponseSchema {
                name: name(&mut schema)?,
                schema: schema.need("schema")?,
            };
            schema.harmless(&["strict", "description"]);
            schema.done()?;
            Ok(Some(shape))
        }
        _ => {
            let path = fields.path("type");
            let message = format!("'{path}' is text, json_object or json_schema.");
            Err(Failure::invalid(path, message))
        }
    }
}
