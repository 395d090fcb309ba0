//! A conversation as Responses has it: items, of which those a model wrote one after the other are one turn.

use metier_agent::models::{Arguments, Message, Part, ResultPart, Role, ToolCall, ToolResult};
use metier_core::TenantId;
use serde_json::value::RawValue;

use crate::{
    app::App,
    openai::{
        chat::messages::{add_result, tool_of},
        failure::Failure,
        fields::{self, Fields, items},
        media, thoughts,
    },
};

/// Reads `input`: text, or items.
///
/// # Errors
/// For the first that cannot be understood.
pub fn read(
    app: &App,
    tenant: &TenantId,
    raw: &RawValue,
    messages: &mut Vec<Message>,
) -> Result<(), Failure> {
    if raw.get().starts_with('"') {
        let text: String = fields::read(raw, "input")?;
        messages.push(Message::text(Role::User, text));
        return Ok(());
    }
    let mut count = 0;
    for (at, raw) in items(raw, "input")? {
        item(app, tenant, raw, &at, messages)?;
        count += 1;
    }
    if count == 0 {
        let message = "Invalid 'input': empty array. Expected at least one item.";
        return Err(Failure::invalid("input", message));
    }
    Ok(())
}

fn item(
    app: &App,
    tenant: &TenantId,
    raw: &RawValue,
    at: &str,
    messages: &mut Vec<Message>,
) -> Result<(), Failure> {
    let mut fields = Fields::of(raw, at)?;
    let kind: Option<String> = fields.get("type")?;
    match kind.as_deref().unwrap_or("message") {
        "message" => said(&mut fields, messages),
        "function_call" => {
            let call = call(&mut fields)?;
            model(messages).push(Part::ToolCall(call));
            Ok(())
        }
        "function_call_output" => {
            let result = result(&mut fields, messages)?;
            add_result(messages, result);
            Ok(())
        }
        "reasoning" => {
            // Without its sealed text there is only a summary, which no model needs.
            let Some(sealed) = fields.get::<String>("encrypted_content")? else {
                return Ok(());
            };
            let path = fields.path("encrypted_content");
            let parts = model(messages);
            thoughts::put_back(app.service.seal(), tenant, &sealed, parts, &path)
        }
        "item_reference" => {
            let message = "Nothing is stored here: send the item itself.";
            Err(Failure::unsupported(at, message))
        }
        other => {
            let other = metier_core::ids::shown(other);
            let message = format!("An item of the type `{other}` cannot be sent here.");
            Err(Failure::unsupported(fields.path("type"), message))
        }
    }
}

/// The parts of the model's turn that is being read.
fn model(messages: &mut Vec<Message>) -> &mut Vec<Part> {
    let is_open = messages
        .last()
        .is_some_and(|last| last.role == Role::Assistant);
    if !is_open {
        messages.push(Message {
            role: Role::Assistant,
            parts: Vec::new(),
        });
    }
    let last = messages.len() - 1;
    &mut messages[last].parts
}

fn said(fields: &mut Fields<'_>, messages: &mut Vec<Message>) -> Result<(), Failure> {
    let role: String = fields.need("role")?;
    let path = fields.path("content");
    let content: &RawValue = fields.need("content")?;
    let parts = content_of(content, &path)?;
    let role = match role.as_str() {
        "user" => Role::User,
        "system" | "developer" => Role::System,
        "assistant" => {
            model(messages).extend(parts);
            return Ok(());
        }
        _ => {
            let path = fields.path("role");
            let message = format!("'{path}' is user, assistant, system or developer.");
            return Err(Failure::invalid(path, message));
        }
    };
    messages.push(Message { role, parts });
    Ok(())
}

fn content_of(raw: &RawValue, path: &str) -> Result<Vec<Part>, Failure> {
    if raw.get().starts_with('"') {
        let text = fields::read(raw, path)?;
        return Ok(vec![Part::Text { text }]);
    }
    items(raw, path)?
        .map(|(at, item)| part(item, &at))
        .collect()
}

fn part(raw: &RawValue, at: &str) -> Result<Part, Failure> {
    let mut fields = Fields::of(raw, at)?;
    let kind: String = fields.need("type")?;
    if fields.raw("file_id").is_some() {
        let message = "No files are kept here: send the picture or document itself.";
        return Err(Failure::unsupported(fields.path("file_id"), message));
    }
    match kind.as_str() {
        "input_text" | "output_text" | "text" => Ok(Part::Text {
            text: fields.need("text")?,
        }),
        "refusal" => Ok(Part::Refusal {
            text: fields.need("refusal")?,
        }),
        "input_image" => {
            let url = fields.need("image_url")?;
            media::image(url, &fields.path("image_url"))
        }
        "input_file" if fields.raw("file_url").is_none() => {
            let (data, name) = (fields.need("file_data")?, fields.get("filename")?);
            media::document(data, name, &fields.path("file_data"))
        }
        _ => {
            let kind = metier_core::ids::shown(&kind);
            let message = format!("A part of the type `{kind}` cannot be sent here like this.");
            Err(Failure::unsupported(fields.path("type"), message))
        }
    }
}

fn call(fields: &mut Fields<'_>) -> Result<ToolCall, Failure> {
    let arguments: String = fields.get("arguments")?.unwrap_or_default();
    Ok(ToolCall {
        id: fields.need("call_id")?,
        name: fields.need("name")?,
        arguments: Arguments::from_text(&arguments),
        cut_off: false,
    })
}

fn result(fields: &mut Fields<'_>, before: &[Message]) -> Result<ToolResult, Failure> {
    let id: String = fields.need("call_id")?;
    let name = tool_of(before, &id).ok_or_else(|| {
        let shown = metier_core::ids::shown(&id);
        let message = format!("No tool call found for function call output with call_id {shown}.");
        Failure::invalid(fields.path("call_id"), message)
    })?;
    let path = fields.path("output");
    let parts = content_of(fields.need("output")?, &path)?.into_iter();
    let content = parts.filter_map(|part| match part {
        Part::Text { text } | Part::Refusal { text } => Some(ResultPart::Text { text }),
        Part::Image(media) => Some(ResultPart::Image(media)),
        Part::Document(media) => Some(ResultPart::Document(media)),
        _ => None,
    });
    Ok(ToolResult {
        id,
        name,
        content: content.collect(),
        is_error: false,
    })
}
