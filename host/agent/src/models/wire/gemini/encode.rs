//! A question as `generateContent` has it.

use serde_json::{Map, Value, json};

use super::super::{
    Encoded, RAW_ARGUMENTS, Unfit,
    assemble::OWN_ID,
    json::put,
    media::{Carried, as_text, carried, result_text},
    names::tool_name,
    turns::{Turns, turns},
};
use crate::{
    models::{
        Arguments, Media, Message, ModelRequest, Origin, Part, ResultPart, ToolChoice, ToolResult,
    },
    routes::Candidate,
};

/// The request.
pub fn encode(request: &ModelRequest, candidate: &Candidate) -> Result<Encoded, Unfit> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._@".contains(letter);
    if candidate.model.is_empty() || !candidate.model.chars().all(plain) {
        return Err(Unfit::Url);
    }
    let encoder = Encoder {
        origin: candidate.origin(),
        ids: !candidate.base_url.contains("aiplatform"),
    };
    let Turns { system, turns } = turns(request, "model", |message| encoder.parts(message))?;
    let system: Vec<Value> = system.iter().map(|text| json!({ "text": text })).collect();
    let turn = |(role, parts): &(&str, Vec<Value>)| json!({ "role": role, "parts": parts });
    let contents: Vec<Value> = turns.iter().map(turn).collect();
    let mut body =
        json!({ "contents": contents, "generationConfig": generation(request, candidate) });
    if !system.is_empty() {
        put(
            &mut body,
            "systemInstruction",
            Some(json!({ "parts": system })),
        );
    }
    tools(&mut body, request);
    let operation = if candidate.stream {
        "streamGenerateContent?alt=sse"
    } else {
        "generateContent"
    };
    Ok(Encoded {
        path: format!("/models/{}:{operation}", candidate.model),
        body,
    })
}

fn generation(request: &ModelRequest, candidate: &Candidate) -> Value {
    let mut config =
        json!({ "maxOutputTokens": request.max_tokens.unwrap_or(candidate.max_output) });
    put(&mut config, "temperature", request.temperature);
    put(&mut config, "seed", request.seed);
    put(
        &mut config,
        "stopSequences",
        Some(request.stop.clone()).filter(|stop| !stop.is_empty()),
    );
    if let Some(shape) = &request.response {
        put(&mut config, "responseMimeType", Some("application/json"));
        put(
            &mut config,
            "responseJsonSchema",
            Some(shape.schema.clone()),
        );
    }
    config
}

fn tools(body: &mut Value, request: &ModelRequest) {
    if request.tools.is_empty() {
        return;
    }
    let tool = |tool: &crate::models::ToolDefinition| json!({ "name": tool.name, "description": tool.description, "parametersJsonSchema": tool.input_schema });
    let tools: Vec<Value> = request.tools.iter().map(tool).collect();
    put(
        body,
        "tools",
        Some(json!([{ "functionDeclarations": tools }])),
    );
    let config = match &request.tool_choice {
        ToolChoice::Auto => json!({ "mode": "AUTO" }),
        ToolChoice::None => json!({ "mode": "NONE" }),
        ToolChoice::Any => json!({ "mode": "ANY" }),
        ToolChoice::Tool(name) => json!({ "mode": "ANY", "allowedFunctionNames": [name] }),
    };
    put(
        body,
        "toolConfig",
        Some(json!({ "functionCallingConfig": config })),
    );
}

struct Encoder {
    origin: Origin,
    /// Vertex AI did not know ids of calls for a long time.
    ids: bool,
}

impl Encoder {
    fn parts(&self, message: &Message) -> Result<Vec<Value>, Unfit> {
        let mut parts = Vec::new();
        let mut fields: Option<Map<String, Value>> = None;
        for part in &message.parts {
            if let Part::Reasoning(reasoning) = part {
                if reasoning.origin == self.origin {
                    match reasoning.data.get("next") {
                        Some(Value::Object(next)) => fields = Some(next.clone()),
                        _ => parts.push(reasoning.data.clone()),
                    }
                }
                continue;
            }
            let Some(mut encoded) = self.part(part)? else {
                continue;
            };
            for (key, value) in fields.take().into_iter().flatten() {
                put(&mut encoded, &key, Some(value));
            }
            parts.push(encoded);
        }
        Ok(parts)
    }

    fn part(&self, part: &Part) -> Result<Option<Value>, Unfit> {
        Ok(match part {
            Part::Text { text } | Part::Refusal { text } if text.is_empty() => None,
            Part::Text { text } | Part::Refusal { text } => Some(json!({ "text": text })),
            Part::Image(media) => Some(data(media)?),
            Part::Document(media) => Some(match as_text(media) {
                Some(text) => json!({ "text": text }),
                None => data(media)?,
            }),
            Part::ToolCall(call) => {
                let args = match &call.arguments {
                    Arguments::Parsed(map) => Value::Object(map.clone()),
                    Arguments::Raw(text) => json!({ RAW_ARGUMENTS: text }),
                };
                let mut function = json!({ "name": tool_name(&call.name), "args": args });
                put(&mut function, "id", self.id(&call.id));
                Some(json!({ "functionCall": function }))
            }
            Part::ToolResult(result) => {
                let mut function =
                    json!({ "name": tool_name(&result.name), "response": response(result) });
                put(&mut function, "id", self.id(&result.id));
                Some(json!({ "functionResponse": function }))
            }
            Part::Reasoning(_) => None,
        })
    }

    /// An id we made up was never Gemini's.
    fn id<'i>(&self, id: &'i str) -> Option<&'i str> {
        Some(id).filter(|id| self.ids && !id.starts_with(OWN_ID))
    }
}

/// An object under the keys Gemini documents.
fn response(result: &ToolResult) -> Value {
    match result.content.as_slice() {
        [ResultPart::Json { value }] if !result.is_error => json!({ "output": value }),
        content if result.is_error => json!({ "error": result_text(content, false) }),
        content => json!({ "output": result_text(content, false) }),
    }
}

fn data(media: &Media) -> Result<Value, Unfit> {
    Ok(match carried(media)? {
        Carried::Base64(data) => {
            json!({ "inlineData": { "mimeType": media.media_type, "data": data } })
        }
        Carried::Url(url) => {
            json!({ "fileData": { "mimeType": media.media_type, "fileUri": url } })
        }
    })
}
