//! A question as Chat Completions has it.

use serde_json::{Value, json};

use super::super::{
    Encoded, Unfit,
    json::put,
    media::{self, data_url, result_text},
    names::{call_id, tool_name},
    schema::is_strict,
};
use crate::{
    models::{Arguments, Message, ModelRequest, Origin, Part, Role, ToolCall, ToolChoice},
    routes::{Candidate, Format},
};

/// The request.
pub fn encode(request: &ModelRequest, candidate: &Candidate) -> Result<Encoded, Unfit> {
    let origin = candidate.origin();
    let open = request.messages.len() - request.open_turn().len();
    let mut messages = Vec::new();
    for (at, message) in request.messages.iter().enumerate() {
        let own = (at >= open).then_some(&origin);
        add(&mut messages, message, own)?;
    }
    let mut body = json!({ "model": candidate.model, "messages": messages });
    let official = is_official(candidate);
    let limit = if official {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    put(
        &mut body,
        limit,
        Some(request.max_tokens.unwrap_or(candidate.max_output)),
    );
    put(&mut body, "store", official.then_some(false));
    put(&mut body, "temperature", request.temperature);
    put(&mut body, "seed", request.seed);
    put(
        &mut body,
        "stop",
        Some(request.stop.clone()).filter(|stop| !stop.is_empty()),
    );
    put(&mut body, "response_format", response_format(request));
    if candidate.stream {
        put(&mut body, "stream", Some(true));
        put(
            &mut body,
            "stream_options",
            Some(json!({ "include_usage": true })),
        );
    }
    tools(&mut body, request);
    Ok(Encoded {
        path: "/chat/completions".to_owned(),
        body,
    })
}

/// Whether it is OpenAI itself or Azure, who know fields that others refuse.
fn is_official(candidate: &Candidate) -> bool {
    candidate.format == Format::AzureOpenai
        || candidate.base_url.starts_with("https://api.openai.com/")
}

fn tools(body: &mut Value, request: &ModelRequest) {
    if request.tools.is_empty() {
        return;
    }
    let tool = |tool: &crate::models::ToolDefinition| {
        json!({ "type": "function", "function": {
            "name": tool.name, "description": tool.description, "parameters": tool.input_schema,
        } })
    };
    put(
        body,
        "tools",
        Some(request.tools.iter().map(tool).collect::<Vec<_>>()),
    );
    let choice = match &request.tool_choice {
        ToolChoice::Auto => json!("auto"),
        ToolChoice::None => json!("none"),
        ToolChoice::Any => json!("required"),
        ToolChoice::Tool(name) => json!({ "type": "function", "function": { "name": name } }),
    };
    put(body, "tool_choice", Some(choice));
    put(
        body,
        "parallel_tool_calls",
        request.one_call_at_a_time.then_some(false),
    );
}

fn response_format(request: &ModelRequest) -> Option<Value> {
    let shape = request.response.as_ref()?;
    Some(json!({ "type": "json_schema", "json_schema": {
        "name": shape.name, "schema": shape.schema, "strict": is_strict(&shape.schema),
    } }))
}

fn add(messages: &mut Vec<Value>, message: &Message, own: Option<&Origin>) -> Result<(), Unfit> {
    match message.role {
        Role::System => messages.push(json!({ "role": "system", "content": message.words() })),
        Role::User => messages.push(json!({ "role": "user", "content": user(message)? })),
        Role::Assistant => messages.extend(assistant(message, own)),
        Role::Tool => {
            let results = message.parts.iter().filter_map(|part| match part {
                Part::ToolResult(result) => Some(json!({
                    "role": "tool",
                    "tool_call_id": call_id(&result.id),
                    "content": result_text(&result.content, result.is_error),
                })),
                _ => None,
            });
            messages.extend(results);
        }
    }
    Ok(())
}

fn user(message: &Message) -> Result<Value, Unfit> {
    if let [Part::Text { text }] = message.parts.as_slice() {
        return Ok(json!(text));
    }
    let parts = message
        .parts
        .iter()
        .filter_map(|part| user_part(part).transpose());
    Ok(Value::Array(parts.collect::<Result<_, _>>()?))
}

fn user_part(part: &Part) -> Result<Option<Value>, Unfit> {
    Ok(match part {
        Part::Text { text } => Some(json!({ "type": "text", "text": text })),
        Part::Image(image) => {
            Some(json!({ "type": "image_url", "image_url": { "url": data_url(image)? } }))
        }
        Part::Document(document) => Some(match media::as_text(document) {
            Some(text) => json!({ "type": "text", "text": text }),
            None => file(document)?,
        }),
        _ => None,
    })
}

fn file(document: &crate::models::Media) -> Result<Value, Unfit> {
    if let media::Carried::Url(_) = media::carried(document)? {
        return Err(Unfit::Media("a document by its URL".to_owned()));
    }
    let name = document.name.as_deref().unwrap_or("document");
    Ok(json!({ "type": "file", "file": { "filename": name, "file_data": data_url(document)? } }))
}

/// None for a message of which nothing is left: most servers refuse an empty one.
fn assistant(message: &Message, own: Option<&Origin>) -> Option<Value> {
    let calls: Vec<Value> = message.tool_calls().map(call).collect();
    let words = message.words();
    let refusal = message.parts.iter().find_map(|part| match part {
        Part::Refusal { text } => Some(text.clone()),
        _ => None,
    });
    if calls.is_empty() && words.is_empty() && refusal.is_none() {
        return None;
    }
    let content = Some(words).filter(|words| !words.is_empty());
    let mut out = json!({ "role": "assistant", "content": content });
    put(&mut out, "refusal", refusal);
    put(
        &mut out,
        "tool_calls",
        Some(calls).filter(|calls| !calls.is_empty()),
    );
    // Servers that think want their thoughts back within a turn of tools, and refuse or ignore older ones.
    for part in &message.parts {
        if let Part::Reasoning(reasoning) = part
            && Some(&reasoning.origin) == own
            && let Value::Object(fields) = &reasoning.data
        {
            for (key, value) in fields {
                put(&mut out, key, Some(value.clone()));
            }
        }
    }
    Some(out)
}

fn call(call: &ToolCall) -> Value {
    json!({ "id": call_id(&call.id), "type": "function", "function": {
        "name": tool_name(&call.name), "arguments": arguments(&call.arguments),
    } })
}

/// Text that is no JSON goes inside some: servers that render it with a template parse it first.
fn arguments(arguments: &Arguments) -> String {
    match arguments {
        Arguments::Parsed(_) => arguments.to_text(),
        Arguments::Raw(text) => json!({ super::super::RAW_ARGUMENTS: text }).to_string(),
    }
}
