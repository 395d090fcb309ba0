//! Both stores keep one contract; the directory also stands crashes, damage and neighbours.
#![expect(clippy::unwrap_used, reason = "tests")]

mod call;
mod conformance;
mod directory;
mod label;

use metier_core::ids::{Digest, TenantId};

use super::*;

fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

fn acme() -> TenantId {
    tenant("acme")
}

/// More than any buffer, and no two blocks alike.
fn large() -> Vec<u8> {
    (0..200_000_u32).flat_map(u32::to_le_bytes).collect()
}

async fn put(store: &dyn ArtifactStore, tenant: &TenantId, bytes: &[u8]) -> Blob {
    let mut writer = store.begin(tenant).await.unwrap();
    writer.write(bytes.to_vec()).await.unwrap();
    writer.finish().await.unwrap()
}

async fn read(
    store: &dyn ArtifactStore,
    tenant: &TenantId,
    digest: &Digest,
) -> Result<Option<Vec<u8>>, ArtifactError> {
    let Some(mut reader) = store.open(tenant, digest).await? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next().await? {
        assert!(!piece.is_empty());
        bytes.extend(piece);
    }
    assert_eq!(reader.size(), bytes.len() as u64);
    Ok(Some(bytes))
}
