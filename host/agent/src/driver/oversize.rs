//! Answers too large for a conversation: kept as a file, with a preview in their place.

use metier_core::{Artifact, TenantId};
use serde_json::json;

use super::ports::{ToolEnd, Tools};

/// Cuts `end` down to `limit` bytes. An answer that cannot be kept is cut all the same, and says so.
pub(super) async fn cut(
    tools: &dyn Tools,
    tenant: &TenantId,
    tool: &str,
    limit: usize,
    end: ToolEnd,
) -> ToolEnd {
    let ToolEnd {
        result: Ok(value),
        mut artifacts,
        price,
    } = end
    else {
        return end;
    };
    if value.len() <= limit {
        return ToolEnd {
            result: Ok(value),
            artifacts,
            price,
        };
    }
    let name = format!("{tool}.json");
    let kept = tools
        .keep(
            tenant,
            &name,
            "application/json",
            value.clone().into_bytes(),
        )
        .await;
    let note = match &kept {
        Ok(file) => whole(&value, file),
        Err(fault) => format!(
            "The answer has {} bytes and was cut; the rest could not be kept: {}",
            value.len(),
            fault.message
        ),
    };
    artifacts.extend(kept);
    let preview = &value[..value.floor_char_boundary(limit / 2)];
    ToolEnd {
        result: Ok(json!({ "note": note, "beginning": preview }).to_string()),
        artifacts,
        price,
    }
}

fn whole(value: &str, file: &Artifact) -> String {
    format!(
        "The answer has {} bytes, too many to show. It is kept whole as the file {}; ask for less, or hand the file to a tool that reads it.",
        value.len(),
        file.digest
    )
}
