//! Tools as MCP describes them.

use std::sync::Arc;

use metier_core::Effect;
use metier_service::Listed;
use rmcp::{
    ErrorData,
    model::{JsonObject, ListToolsResult, PaginatedRequestParams, Tool, ToolAnnotations},
};
use serde_json::Value;

use super::{agents, errors::protocol, handler::Asked, page::page};

pub async fn list(
    asked: &Asked,
    request: Option<PaginatedRequestParams>,
) -> Result<ListToolsResult, ErrorData> {
    let listed = asked.service.tools(&asked.caller).await;
    let mut tools: Vec<Tool> = listed.map_err(protocol)?.into_iter().map(tool).collect();
    tools.extend(agents::tools(asked).await.map_err(protocol)?);
    let (tools, next) = page(tools, request, |tool: &Tool| &tool.name)?;
    let mut result = ListToolsResult::with_all_items(tools);
    result.next_cursor = next;
    Ok(result)
}

fn tool(listed: Listed) -> Tool {
    let info = listed.info;
    // Clients want words; a component that was never packed has none.
    let described = match info.description.is_empty() {
        true => format!("Calls `{}`.", listed.name),
        false => info.description,
    };
    let mut tool = Tool::new(listed.wire_name, described, object(info.input_schema));
    tool.title = info.title;
    let output = info.output_schema.filter(is_of_objects);
    tool.output_schema = output.map(object);
    tool.with_annotations(annotations(info.effect))
}

/// What a client may rely on when it asks a person, or does not. What a skill reaches is not said: any may reach out.
pub fn annotations(effect: Effect) -> ToolAnnotations {
    ToolAnnotations::new()
        .read_only(effect == Effect::Read)
        .destructive(effect == Effect::Destructive)
        .idempotent(matches!(effect, Effect::Read | Effect::Idempotent))
        .open_world(true)
}

/// Structured content is an object, so only its schema is told.
pub fn is_of_objects(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object")
}

/// A schema as rmcp has it.
pub fn object(schema: Value) -> Arc<JsonObject> {
    match schema {
        Value::Object(schema) => Arc::new(schema),
        // The loader takes no other input schema.
        _ => Arc::default(),
    }
}

#[cfg(test)]
mod tests {
    use metier_core::Effect;

    use super::annotations;

    #[test]
    fn every_effect_has_all_four_annotations() {
        let told = Effect::ALL.map(|effect| {
            let told = annotations(effect);
            [
                told.read_only_hint,
                told.destructive_hint,
                told.idempotent_hint,
                told.open_world_hint,
            ]
            .map(|hint| hint.map_or('?', |hint| if hint { '1' } else { '0' }))
            .iter()
            .collect::<String>()
        });
        assert_eq!(told, ["1011", "0011", "0001", "0101"]);
    }
}
