//! A conversation as Chat Completions has it.

use metier_agent::models::{Arguments, Message, Part, ResultPart, Role, ToolCall, ToolResult};
use metier_core::TenantId;
use serde_json::value::RawValue;

use crate::{
    app::App,
    openai::{
        failure::Failure,
        fields::{self, Fields, items},
        media, thoughts,
    },
};

/// Reads `messages`.
///
/// # Errors
/// For the first that cannot be understood.
pub fn read(app: &App, tenant: &TenantId, raw: &RawValue) -> Result<Vec<Message>, Failure> {
    let mut messages: Vec<Message> = Vec::new();
    for (at, item) in items(raw, "messages")? {
        let mut fields = Fields::of(item, &at)?;
        let role: String = fields.need("role")?;
        let message = match role.as_str() {
            "system" | "developer" => Message {
                role: Role::System,
                parts: texts(&mut fields)?,
            },
            "user" => Message {
                role: Role::User,
                parts: said(&mut fields)?,
            },
            "assistant" => assistant(app, tenant, &mut fields)?,
            "tool" => {
                let result = result(&mut fields, &messages)?;
                add_result(&mut messages, result);
                continue;
            }
            _ => {
                let path = fields.path("role");
                let message = format!("'{path}' is system, developer, user, assistant or tool.");
                return Err(Failure::invalid(path, message));
            }
        };
        messages.push(message);
    }
    if messages.is_empty() {
        let message = "Invalid 'messages': empty array. Expected at least one message.";
        return Err(Failure::invalid("messages", message));
    }
    Ok(messages)
}

/// Results that follow one another are one turn of the tools.
pub fn add_result(messages: &mut Vec<Message>, result: ToolResult) {
    let part = Part::ToolResult(result);
    match messages.last_mut() {
        Some(last) if last.role == Role::Tool => last.parts.push(part),
        _ => messages.push(Message {
            role: Role::Tool,
            parts: vec![part],
        }),
    }
}

/// The name of the tool that a call in the conversation named.
pub fn tool_of(messages: &[Message], id: &str) -> Option<String> {
    let mut calls = messages.iter().rev().flat_map(Message::tool_calls);
    let call = calls.find(|call| call.id == id)?;
    Some(call.name.clone())
}

/// Words, or a list of parts that `part` reads.
fn content(
    fields: &mut Fields<'_>,
    mut part: impl FnMut(&mut Fields<'_>, &str) -> Result<Option<Part>, Failure>,
) -> Result<Vec<Part>, Failure> {
    let path = fields.path("content");
    let Some(raw) = fields.raw("content") else {
        return Ok(Vec::new());
    };
    if raw.get().starts_with('"') {
        let text = fields::read(raw, &path)?;
        return Ok(vec![Part::Text { text }]);
    }
    let mut parts = Vec::new();
    for (at, item) in items(raw, &path)? {
        let mut fields = Fields::of(item, &at)?;
        let kind: String = fields.need("type")?;
        let read = match kind.as_str() {
            "text" => Some(Part::Text {
                text: fields.need("text")?,
            }),
            other => part(&mut fields, other)?,
        };
        parts.push(read.ok_or_else(|| no_part(&fields, &kind))?);
    }
    Ok(parts)
}

fn no_part(fields: &Fields<'_>, kind: &str) -> Failure {
    let kind = metier_core::ids::shown(kind);
    let message = format!("A part of the type `{kind}` cannot be sent here.");
    Failure::unsupported(fields.path("type"), message)
}

fn texts(fields: &mut Fields<'_>) -> Result<Vec<Part>, Failure> {
    content(fields, |_, _| Ok(None))
}

fn said(fields: &mut Fields<'_>) -> Result<Vec<Part>, Failure> {
    content(fields, |part, kind| match kind {
        "image_url" => {
            let at = part.path("image_url");
            let mut image = Fields::of(part.need("image_url")?, &at)?;
            media::image(image.need("url")?, &image.path("url")).map(Some)
        }
        "file" => {
            let at = part.path("file");
            let mut file = Fields::of(part.need("file")?, &at)?;
            if file.raw("file_id").is_some() {
                let message = "No files are kept here: send `file_data`.";
                return Err(Failure::unsupported(file.path("file_id"), message));
            }
            let (data, name) = (file.need("file_data")?, file.get("filename")?);
            media::document(data, name, &file.path("file_data")).map(Some)
        }
        _ => Ok(None),
    })
}

fn assistant(app: &App, tenant: &TenantId, fields: &mut Fields<'_>) -> Result<Message, Failure> {
    let mut parts = content(fields, |part, kind| match kind {
        "refusal" => {
            let text = part.need("refusal")?;
            Ok(Some(Part::Refusal { text }))
        }
        _ => Ok(None),
    })?;
    // An answer of this host that is sent back has its refusal beside empty words.
    if let Some(text) = fields.get::<String>("refusal")? {
        parts.push(Part::Refusal { text });
    }
    for name in ["function_call", "audio"] {
        if fields.raw(name).is_some() {
            let path = fields.path(name);
            let message = format!("'{path}' cannot be sent here; calls are `tool_calls`.");
            return Err(Failure::unsupported(path, message));
        }
    }
    if let Some(raw) = fields.raw("tool_calls") {
        for (at, item) in items(raw, &fields.path("tool_calls"))? {
            parts.push(Part::ToolCall(call(item, &at)?));
        }
    }
    if let Some(raw) = fields.raw("reasoning_details") {
        for (at, item) in items(raw, &fields.path("reasoning_details"))? {
            let mut detail = Fields::of(item, &at)?;
            if let Some(data) = detail.get::<String>("data")? {
                let path = detail.path("data");
                thoughts::put_back(app.service.seal(), tenant, &data, &mut parts, &path)?;
            }
        }
    }
    Ok(Message {
        role: Role::Assistant,
        parts,
    })
}

fn call(item: &RawValue, at: &str) -> Result<ToolCall, Failure> {
    let mut fields = Fields::of(item, at)?;
    let path = fields.path("function");
    let mut function = Fields::of(fields.need("function")?, &path)?;
    let arguments: String = function.get("arguments")?.unwrap_or_default();
    Ok(ToolCall {
        id: fields.need("id")?,
        name: function.need("name")?,
        arguments: Arguments::from_text(&arguments),
        cut_off: false,
    })
}

fn result(fields: &mut Fields<'_>, before: &[Message]) -> Result<ToolResult, Failure> {
    let id: String = fields.need("tool_call_id")?;
    let name = tool_of(before, &id).ok_or_else(|| {
        let message =
            "A message of the role 'tool' has to follow one with the 'tool_calls' it answers.";
        Failure::invalid(fields.path("tool_call_id"), message)
    })?;
    let texts = texts(fields)?.into_iter().filter_map(|part| match part {
        Part::Text { text } => Some(ResultPart::Text { text }),
        _ => None,
    });
    Ok(ToolResult {
        id,
        name,
        content: texts.collect(),
        is_error: false,
    })
}
