//! Resources: the files of skills, and files that tools handed back.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use metier_core::{Code, Digest, Fault};
use metier_service::files::of_artifact;
use rmcp::{
    ErrorData,
    model::{
        ListResourceTemplatesResult, ListResourcesResult, MetaObject, PaginatedRequestParams,
        ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
    },
};
use serde_json::json;

use super::{errors::protocol, handler::Asked, page::page, skills};

/// What an artifact's address begins with; its digest follows.
const ARTIFACTS: &str = "metier://artifacts/";

/// Largest artifact that is read over MCP, in bytes: an answer is one JSON text, in memory whole.
const MAX_READ: u64 = 8 << 20;

/// Where an artifact is read.
pub fn artifact_uri(digest: &Digest) -> String {
    format!("{ARTIFACTS}{digest}")
}

pub async fn list(
    asked: &Asked,
    request: Option<PaginatedRequestParams>,
) -> Result<ListResourcesResult, ErrorData> {
    let all = skills::resources(asked).await?;
    let (resources, next) = page(all, request, |resource: &Resource| &resource.uri)?;
    let mut result = ListResourcesResult::with_all_items(resources);
    result.next_cursor = next;
    Ok(result)
}

pub fn templates() -> ListResourceTemplatesResult {
    let artifacts = ResourceTemplate::new(format!("{ARTIFACTS}{{digest}}"), "artifacts")
        .with_title("Files that tools handed back")
        .with_description("By the digest of their bytes, `sha256:` and 64 hexadecimal digits.");
    ListResourceTemplatesResult::with_all_items(vec![artifacts])
}

pub async fn read(asked: &Asked, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let found = match uri.strip_prefix(ARTIFACTS) {
        Some(digest) => artifact(asked, uri, digest).await,
        None => skills::read(asked, uri).await,
    };
    let contents = found.map_err(protocol)?.ok_or_else(|| nothing(uri))?;
    Ok(ReadResourceResult::new(vec![contents]))
}

/// What there is not, whosever it may be.
fn nothing(uri: &str) -> ErrorData {
    let message = format!(
        "There is no resource `{}`. `resources/list` and `skills/list` say which there are.",
        metier_core::ids::shown(uri)
    );
    ErrorData::resource_not_found(message, Some(json!({"uri": uri})))
}

async fn artifact(
    asked: &Asked,
    uri: &str,
    digest: &str,
) -> Result<Option<ResourceContents>, Fault> {
    let Ok(digest) = digest.parse::<Digest>() else {
        return Ok(None);
    };
    let mut reader = match asked.service.file(&asked.caller, &digest).await {
        Err(fault) if fault.code == Code::NotFound => return Ok(None),
        opened => opened?,
    };
    let size = reader.size();
    if size > MAX_READ {
        let message = format!("The file has {size} bytes; over MCP at most {MAX_READ} are read.");
        return Err(Fault::new(Code::InvalidArguments, message)
            .with_hint("Read it from `/api/v1/artifacts/DIGEST`, in ranges."));
    }
    let mut bytes = Vec::new();
    let failed = |error| of_artifact(&error);
    while let Some(piece) = reader.next().await.map_err(failed)? {
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(contents(uri, &bytes, None, None)))
}

/// Bytes as text where they are, and in Base64 where not.
pub fn contents(
    uri: &str,
    bytes: &[u8],
    mime_type: Option<String>,
    meta: Option<MetaObject>,
) -> ResourceContents {
    let uri = uri.to_owned();
    match std::str::from_utf8(bytes) {
        Ok(text) => ResourceContents::TextResourceContents {
            uri,
            mime_type,
            text: text.to_owned(),
            meta,
        },
        Err(_) => ResourceContents::BlobResourceContents {
            uri,
            mime_type,
            blob: STANDARD.encode(bytes),
            meta,
        },
    }
}
