//! Faults in the words of MCP.

use metier_core::{Code, Fault};
use rmcp::{
    ErrorData,
    model::{CallToolResult, ContentBlock, JsonObject, MetaObject},
};
use serde_json::{Value, json};

use super::FAULT;

/// A fault of a request that is no tool call.
pub fn protocol(fault: Fault) -> ErrorData {
    let data = Some(described(&fault));
    let message = said(&fault);
    match fault.code {
        Code::NotFound => ErrorData::resource_not_found(message, data),
        Code::UnknownTool | Code::InvalidArguments | Code::Forbidden => {
            ErrorData::invalid_params(message, data)
        }
        _ => ErrorData::internal_error(message, data),
    }
}

/// A call that failed: a model reads what happened, a program the fault.
pub fn called(fault: Fault) -> Result<CallToolResult, ErrorData> {
    if fault.code == Code::UnknownTool {
        return Err(protocol(fault));
    }
    let text = format!("{}\n[{}]", said(&fault), fault.code);
    let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
    result.meta = Some(meta(FAULT, described(&fault)));
    Ok(result)
}

/// One entry of `_meta`.
pub fn meta(key: &str, value: Value) -> MetaObject {
    let mut object = JsonObject::new();
    object.insert(key.to_owned(), value);
    MetaObject(object)
}

fn said(fault: &Fault) -> String {
    format!("{} {}", fault.message, fault.hint())
}

fn described(fault: &Fault) -> Value {
    json!(fault)
}
