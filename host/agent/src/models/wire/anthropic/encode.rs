//! A question as Messages has it.

use serde_json::{Value, json};

use super::super::{
    Encoded, RAW_ARGUMENTS, Unfit,
    json::put,
    media::{Carried, as_text, carried},
    names::{call_id, tool_name},
    turns::{Turns, turns},
};
use crate::{
    models::{Arguments, Media, ModelRequest, Origin, Part, ResultPart, ToolChoice, ToolResult},
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
    let system: Vec<Value> = system
        .iter()
        .map(|text| json!({ "type": "text", "text": text }))
        .collect();
    let turn = |(role, content): &(&str, Vec<Value>)| json!({ "role": role, "content": content });
    let messages: Vec<Value> = turns.iter().map(turn).collect();
    let mut body = json!({
        "model": candidate.model,
        "max_tokens": request.max_tokens.unwrap_or(candidate.max_output),
        "messages": messages,
    });
    put(
        &mut body,
        "system",
        Some(system).filter(|system| !system.is_empty()),
    );
    put(&mut body, "temperature", request.temperature);
    put(
        &mut body,
        "stop_sequences",
        Some(request.stop.clone()).filter(|stop| !stop.is_empty()),
    );
    put(&mut body, "stream", candidate.stream.then_some(true));
    let format = request
        .response
        .as_ref()
        .map(|shape| json!({ "format": { "type": "json_schema", "schema": shape.schema } }));
    put(&mut body, "output_config", format);
    tools(&mut body, request);
    Ok(Encoded {
        path: "/v1/messages".to_owned(),
        body,
    })
}

fn tools(body: &mut Value, request: &ModelRequest) {
    if request.tools.is_empty() {
        return;
    }
    let tool = |tool: &crate::models::ToolDefinition| json!({ "name": tool.name, "description": tool.description, "input_schema": tool.input_schema });
    put(
        body,
        "tools",
        Some(request.tools.iter().map(tool).collect::<Vec<_>>()),
    );
    let mut choice = match &request.tool_choice {
        ToolChoice::Auto => json!({ "type": "auto" }),
        ToolChoice::None => json!({ "type": "none" }),
        ToolChoice::Any => json!({ "type": "any" }),
        ToolChoice::Tool(name) => json!({ "type": "tool", "name": name }),
    };
    if request.one_call_at_a_time && request.tool_choice != ToolChoice::None {
        put(&mut choice, "disable_parallel_tool_use", Some(true));
    }
    put(body, "tool_choice", Some(choice));
}

/// None for what this provider must not see: empty words, and thoughts that are another's.
fn block(part: &Part, origin: &Origin) -> Result<Option<Value>, Unfit> {
    Ok(match part {
        Part::Text { text } | Part::Refusal { text } if text.trim().is_empty() => None,
        Part::Text { text } | Part::Refusal { text } => {
            Some(json!({ "type": "text", "text": text }))
        }
        Part::Image(media) => Some(image(media)?),
        Part::Document(media) => Some(document(media)?),
        Part::ToolCall(call) => Some(json!({
            "type": "tool_use",
            "id": call_id(&call.id),
            "name": tool_name(&call.name),
            "input": match &call.arguments {
                Arguments::Parsed(map) => Value::Object(map.clone()),
                Arguments::Raw(text) => json!({ RAW_ARGUMENTS: text }),
            },
        })),
        Part::ToolResult(result) => Some(tool_result(result)?),
        Part::Reasoning(reasoning) if reasoning.origin == *origin => Some(reasoning.data.clone()),
        Part::Reasoning(_) => None,
    })
}

fn tool_result(result: &ToolResult) -> Result<Value, Unfit> {
    let content = result.content.iter().map(|part| match part {
        ResultPart::Text { text } => Ok(json!({ "type": "text", "text": text })),
        ResultPart::Json { value } => Ok(json!({ "type": "text", "text": value.to_string() })),
        ResultPart::Image(media) => image(media),
        ResultPart::Document(media) => document(media),
    });
    let content = content.collect::<Result<Vec<_>, _>>()?;
    let is_empty = |block: &Value| {
        block
            .get("text")
            .and_then(Value::as_str)
            .is_some_and(|text| text.trim().is_empty())
    };
    let content: Vec<_> = content
        .into_iter()
        .filter(|block| !is_empty(block))
        .collect();
    let mut block = json!({ "type": "tool_result", "tool_use_id": call_id(&result.id) });
    put(
        &mut block,
        "content",
        Some(content).filter(|content| !content.is_empty()),
    );
    put(&mut block, "is_error", result.is_error.then_some(true));
    Ok(block)
}

fn image(media: &Media) -> Result<Value, Unfit> {
    Ok(json!({ "type": "image", "source": source(media)? }))
}

fn document(media: &Media) -> Result<Value, Unfit> {
    let source = match as_text(media) {
        Some(text) => json!({ "type": "text", "media_type": "text/plain", "data": text }),
        None => source(media)?,
    };
    let mut block = json!({ "type": "document", "source": source });
    put(&mut block, "title", media.name.clone());
    Ok(block)
}

fn source(media: &Media) -> Result<Value, Unfit> {
    Ok(match carried(media)? {
        Carried::Base64(data) => {
            json!({ "type": "base64", "media_type": media.media_type, "data": data })
        }
        Carried::Url(url) => json!({ "type": "url", "url": url }),
    })
}
