//! A question as Converse has it.

use serde_json::{Value, json};

use super::super::{
    Encoded, RAW_ARGUMENTS, Unfit,
    json::put,
    media::{Carried, carried},
    names::{call_id, tool_name},
    turns::{Turns, turns},
};
use crate::{
    models::{
        Arguments, Media, Message, ModelRequest, Origin, Part, ResultPart, ToolChoice,
        ToolDefinition, ToolResult,
    },
    routes::Candidate,
};

/// The request.
pub fn encode(request: &ModelRequest, candidate: &Candidate) -> Result<Encoded, Unfit> {
    let origin = candidate.origin();
    let Turns { system, turns } = turns(request, "assistant", |message| {
        message
            .parts
            .iter()
            .filter_map(|part| block(part, &origin).transpose())
            .collect()
    })?;
    let system: Vec<Value> = system.iter().map(|text| json!({ "text": text })).collect();
    let turn = |(role, content): &(&str, Vec<Value>)| json!({ "role": role, "content": content });
    let messages: Vec<Value> = turns.iter().map(turn).collect();
    let mut inference = json!({ "maxTokens": request.max_tokens.unwrap_or(candidate.max_output) });
    put(&mut inference, "temperature", request.temperature);
    put(
        &mut inference,
        "stopSequences",
        Some(request.stop.clone()).filter(|stop| !stop.is_empty()),
    );
    let mut body = json!({ "messages": messages, "inferenceConfig": inference });
    put(
        &mut body,
        "system",
        Some(system).filter(|system| !system.is_empty()),
    );
    put(&mut body, "toolConfig", tools(request));
    // Bedrock wants the schema as text.
    let format = request.response.as_ref().map(|shape| {
        json!({ "textFormat": {
        "type": "json_schema",
        "structure": { "jsonSchema": { "schema": shape.schema.to_string(), "name": shape.name } },
    } })
    });
    put(&mut body, "outputConfig", format);
    let operation = if candidate.stream {
        "converse-stream"
    } else {
        "converse"
    };
    Ok(Encoded {
        path: format!("/model/{}/{operation}", in_path(&candidate.model)?),
        body,
    })
}

/// A model's id in a path. An ARN has a `/`, which egress refuses to see hidden behind an escape.
fn in_path(model: &str) -> Result<String, Unfit> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~:".contains(letter);
    match model.chars().all(plain) && !model.is_empty() {
        true => Ok(model.replace(':', "%3A")),
        false => Err(Unfit::Url),
    }
}

/// Bedrock refuses a conversation with tool calls in it whose request names no tools, and knows no "none".
fn tools(request: &ModelRequest) -> Option<Value> {
    let mut tools: Vec<Value> = request.tools.iter().map(tool).collect();
    if tools.is_empty() {
        tools = tools_of_the_past(request);
    }
    if tools.is_empty() {
        return None;
    }
    let mut config = json!({ "tools": tools });
    let choice = match &request.tool_choice {
        ToolChoice::Any => Some(json!({ "any": {} })),
        ToolChoice::Tool(name) => Some(json!({ "tool": { "name": name } })),
        ToolChoice::Auto | ToolChoice::None => None,
    };
    put(&mut config, "toolChoice", choice);
    Some(config)
}

fn tool(tool: &ToolDefinition) -> Value {
    json!({ "toolSpec": {
        "name": tool.name, "description": tool.description, "inputSchema": { "json": tool.input_schema },
    } })
}

fn tools_of_the_past(request: &ModelRequest) -> Vec<Value> {
    let calls = request.messages.iter().flat_map(Message::tool_calls);
    let names: std::collections::BTreeSet<_> = calls.map(|call| tool_name(&call.name)).collect();
    let spec = |name| json!({ "toolSpec": { "name": name, "inputSchema": { "json": { "type": "object" } } } });
    names.into_iter().map(spec).collect()
}

fn block(part: &Part, origin: &Origin) -> Result<Option<Value>, Unfit> {
    Ok(match part {
        Part::Text { text } | Part::Refusal { text } if text.trim().is_empty() => None,
        Part::Text { text } | Part::Refusal { text } => Some(json!({ "text": text })),
        Part::Image(media) => Some(image(media)?),
        Part::Document(media) => Some(document(media)?),
        Part::ToolCall(call) => Some(json!({ "toolUse": {
            "toolUseId": call_id(&call.id),
            "name": tool_name(&call.name),
            "input": match &call.arguments {
                Arguments::Parsed(map) => Value::Object(map.clone()),
                Arguments::Raw(text) => json!({ RAW_ARGUMENTS: text }),
            },
        } })),
        Part::ToolResult(result) => Some(tool_result(result)?),
        Part::Reasoning(reasoning) if reasoning.origin == *origin => {
            Some(json!({ "reasoningContent": reasoning.data }))
        }
        Part::Reasoning(_) => None,
    })
}

fn tool_result(result: &ToolResult) -> Result<Value, Unfit> {
    let content = result.content.iter().map(|part| match part {
        ResultPart::Text { text } => Ok(json!({ "text": text })),
        // Only an object counts as JSON here.
        ResultPart::Json {
            value: Value::Object(map),
        } => Ok(json!({ "json": map })),
        ResultPart::Json { value } => Ok(json!({ "text": value.to_string() })),
        ResultPart::Image(media) => image(media),
        ResultPart::Document(media) => document(media),
    });
    let content = content.collect::<Result<Vec<_>, _>>()?;
    let status = if result.is_error { "error" } else { "success" };
    Ok(
        json!({ "toolResult": { "toolUseId": call_id(&result.id), "content": content, "status": status } }),
    )
}

fn image(media: &Media) -> Result<Value, Unfit> {
    let format = match media.media_type.as_str() {
        "image/png" => "png",
        "image/jpeg" => "jpeg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        other => return Err(Unfit::Media(format!("a picture of type {other}"))),
    };
    Ok(json!({ "image": { "format": format, "source": { "bytes": bytes(media)? } } }))
}

fn document(media: &Media) -> Result<Value, Unfit> {
    const FORMATS: [(&str, &str); 9] = [
        ("application/pdf", "pdf"),
        ("text/csv", "csv"),
        ("text/html", "html"),
        ("text/markdown", "md"),
        ("application/msword", "doc"),
        (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "docx",
        ),
        ("application/vnd.ms-excel", "xls"),
        (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "xlsx",
        ),
        ("text/", "txt"),
    ];
    let format = FORMATS
        .iter()
        .find(|(kind, _)| media.media_type.starts_with(kind));
    let (_, format) =
        format.ok_or_else(|| Unfit::Media(format!("a document of type {}", media.media_type)))?;
    let name = document_name(media.name.as_deref().unwrap_or("document"));
    Ok(
        json!({ "document": { "format": format, "name": name, "source": { "bytes": bytes(media)? } } }),
    )
}

/// Letters, digits, single spaces, hyphens, parentheses and brackets: what Bedrock allows.
fn document_name(name: &str) -> String {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-()[]".contains(letter);
    let plain: String = name
        .chars()
        .map(|letter| if allowed(letter) { letter } else { ' ' })
        .collect();
    let words: Vec<_> = plain.split_whitespace().collect();
    let name: String = words.join(" ").chars().take(200).collect();
    if name.is_empty() {
        "document".to_owned()
    } else {
        name
    }
}

fn bytes(media: &Media) -> Result<&str, Unfit> {
    match carried(media)? {
        Carried::Base64(data) => Ok(data),
        Carried::Url(_) => Err(Unfit::Media("a picture or document by its URL".to_owned())),
    }
}
