//! Resources: the files of skills, and files that tools handed back.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use metier_core::{Code, Digest, Fault};
use metier_service::Right;
use rmcp::{
    ErrorData,
    model::{
        ListResourceTemplatesResult, ListResourcesResult, MetaObject, PaginatedRequestParams,
        ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
    },
};

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
    let contents = match uri.strip_prefix(ARTIFACTS) {
        Some(digest) => artifact(asked, uri, digest).await.map_err(protocol)?,
        None => skills::read(asked, uri).await?,
    };
    Ok(ReadResourceResult::new(vec![contents]))
}

/// What there is not, whosever it may be.
pub fn nothing(uri: &str) -> Fault {
    let message = format!("There is no resource `{}`.", metier_core::ids::shown(uri));
    Fault::new(Code::NotFound, message)
        .with_hint("`resources/list` and `skills/list` say which there are.")
}

async fn artifact(asked: &Asked, uri: &str, digest: &str) -> Result<ResourceContents, Fault> {
    asked.caller.needs(Right::See)?;
    let digest: Digest = digest.parse().map_err(|_| nothing(uri))?;
    let store = asked.service.artifacts();
    let failed = |error: metier_runtime::capabilities::artifacts::ArtifactError| {
        Fault::new(Code::StorageUnavailable, error.to_string())
    };
    let opened = store.open(&asked.caller.tenant, &digest).await;
    let mut reader = opened.map_err(failed)?.ok_or_else(|| nothing(uri))?;
    if reader.size() > MAX_READ {
        let message = format!(
            "The file has {} bytes; over MCP at most {MAX_READ} are read.",
            reader.size()
        );
        return Err(Fault::new(Code::InvalidArguments, message)
            .with_hint("Read it from `/api/v1/artifacts/DIGEST`, in ranges."));
    }
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next().await.map_err(failed)? {
        bytes.extend_from_slice(&piece);
    }
    Ok(contents(uri, &bytes, None, None))
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
