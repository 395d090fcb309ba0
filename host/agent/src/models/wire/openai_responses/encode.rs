//! A question as Responses has it.

use serde_json::{Map, Value, json};

use super::super::{
    Encoded, RAW_ARGUMENTS, Unfit,
    json::put,
    media::{self, Carried, carried, data_url, result_text},
    names::{call_id, tool_name},
    schema::is_strict,
};
use crate::{
    models::{
        Arguments, Media, Message, ModelRequest, Origin, Part, ResultPart, Role, ToolCall,
        ToolChoice, ToolResult,
    },
    routes::{Candidate, Feature},
};

/// The request. It has no word for a seed or for stop texts; they are left out.
pub fn encode(request: &ModelRequest, candidate: &Candidate) -> Result<Encoded, Unfit> {
    let origin = candidate.origin();
    let mut input = Vec::new();
    for message in &request.messages {
        add(&mut input, message, &origin)?;
    }
    let mut body = json!({
        "model": candidate.model,
        "input": input,
        "store": false,
        "max_output_tokens": request.max_tokens.unwrap_or(candidate.max_output),
    });
    // A model that does not think refuses to be asked for its thoughts.
    let thinks = candidate.has(&[Feature::Reasoning]);
    put(
        &mut body,
        "include",
        thinks.then(|| json!(["reasoning.encrypted_content"])),
    );
    put(&mut body, "temperature", request.temperature);
    put(&mut body, "stream", candidate.stream.then_some(true));
    let format = request.response.as_ref().map(|shape| json!({ "format": {
        "type": "json_schema", "name": shape.name, "schema": shape.schema, "strict": is_strict(&shape.schema),
    } }));
    put(&mut body, "text", format);
    tools(&mut body, request);
    Ok(Encoded {
        path: "/responses".to_owned(),
        body,
    })
}

fn tools(body: &mut Value, request: &ModelRequest) {
    if request.tools.is_empty() {
        return;
    }
    let tool = |tool: &crate::models::ToolDefinition| {
        json!({
            "type": "function", "name": tool.name, "description": tool.description,
            "parameters": tool.input_schema, "strict": false,
        })
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
        ToolChoice::Tool(name) => json!({ "type": "function", "name": name }),
    };
    put(body, "tool_choice", Some(choice));
    put(
        body,
        "parallel_tool_calls",
        request.one_call_at_a_time.then_some(false),
    );
}

fn add(input: &mut Vec<Value>, message: &Message, origin: &Origin) -> Result<(), Unfit> {
    match message.role {
        Role::System => input.push(said("system", json!(message.words()))),
        Role::User => {
            let parts = message
                .parts
                .iter()
                .filter_map(|part| user_part(part).transpose());
            input.push(said("user", Value::Array(parts.collect::<Result<_, _>>()?)));
        }
        Role::Assistant => assistant(input, message, origin),
        Role::Tool => {
            for part in &message.parts {
                if let Part::ToolResult(result) = part {
                    input.push(tool_result(result)?);
                }
            }
        }
    }
    Ok(())
}

fn said(role: &str, content: Value) -> Value {
    json!({ "type": "message", "role": role, "content": content })
}

/// Items in their order: a thought has to stand right before what it led to.
fn assistant(input: &mut Vec<Value>, message: &Message, origin: &Origin) {
    let mut fields: Option<Map<String, Value>> = None;
    for part in &message.parts {
        match part {
            Part::Text { text } | Part::Refusal { text } if !text.is_empty() => {
                let mut item = said("assistant", json!(text));
                for (key, value) in fields.take().into_iter().flatten() {
                    put(&mut item, &key, Some(value));
                }
                input.push(item);
            }
            Part::ToolCall(called) => input.push(call(called)),
            Part::Reasoning(reasoning) if reasoning.origin == *origin => {
                match reasoning.data.get("next") {
                    Some(Value::Object(next)) => fields = Some(next.clone()),
                    _ => input.push(reasoning.data.clone()),
                }
            }
            _ => {}
        }
    }
}

fn call(call: &ToolCall) -> Value {
    let arguments = match &call.arguments {
        Arguments::Parsed(_) => call.arguments.to_text(),
        Arguments::Raw(text) => json!({ RAW_ARGUMENTS: text }).to_string(),
    };
    json!({
        "type": "function_call", "call_id": call_id(&call.id), "name": tool_name(&call.name), "arguments": arguments,
    })
}

/// Text alone as text; with pictures or documents, a list.
fn tool_result(result: &ToolResult) -> Result<Value, Unfit> {
    let is_media =
        |part: &ResultPart| matches!(part, ResultPart::Image(_) | ResultPart::Document(_));
    let output = if result.content.iter().any(is_media) && !result.is_error {
        let parts = result.content.iter().map(|part| match part {
            ResultPart::Text { text } => Ok(json!({ "type": "input_text", "text": text })),
            ResultPart::Json { value } => {
                Ok(json!({ "type": "input_text", "text": value.to_string() }))
            }
            ResultPart::Image(media) => image(media),
            ResultPart::Document(media) => document(media),
        });
        Value::Array(parts.collect::<Result<_, _>>()?)
    } else {
        json!(result_text(&result.content, result.is_error))
    };
    Ok(json!({ "type": "function_call_output", "call_id": call_id(&result.id), "output": output }))
}

fn user_part(part: &Part) -> Result<Option<Value>, Unfit> {
    Ok(match part {
        Part::Text { text } => Some(json!({ "type": "input_text", "text": text })),
        Part::Image(media) => Some(image(media)?),
        Part::Document(media) => Some(document(media)?),
        _ => None,
    })
}

fn image(media: &Media) -> Result<Value, Unfit> {
    Ok(json!({ "type": "input_image", "image_url": data_url(media)?, "detail": "auto" }))
}

fn document(media: &Media) -> Result<Value, Unfit> {
    if let Some(text) = media::as_text(media) {
        return Ok(json!({ "type": "input_text", "text": text }));
    }
    Ok(match carried(media)? {
        Carried::Url(url) => json!({ "type": "input_file", "file_url": url }),
        Carried::Base64(_) => {
            let name = media.name.as_deref().unwrap_or("document");
            json!({ "type": "input_file", "filename": name, "file_data": data_url(media)? })
        }
    })
}
