//! Memories, found by words we have taken apart ourselves: no dictionary, no stop words, the same as in SQLite. Blobs, too.

use metier_core::ids::Digest;

use super::{
    PostgresStore,
    error::{column, damaged, parsed},
};
use crate::{
    blobs,
    labels::{tags_from_text, tags_to_text},
    traits::Result,
    types::{Key, Memo, Time},
    words,
};

/// Saves, or replaces.
pub async fn save(store: &PostgresStore, tenant: &str, scope: &Key, memo: &Memo) -> Result<()> {
    let sql = "INSERT INTO memories (tenant, scope, id, text, tags, words, at)
        VALUES ($1, $2, $3, $4, $5, array_to_tsvector($6::text[]), {now})
        ON CONFLICT (tenant, scope, id) DO UPDATE
        SET text = excluded.text, tags = excluded.tags, words = excluded.words, at = excluded.at";
    let (tags, words) = (tags_to_text(&memo.tags), words::of_memo(memo));
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
        &tenant,
        &scope.as_str(),
        &memo.id.as_str(),
        &memo.text,
        &tags,
        &words,
    ];
    store.client.write(sql, &values).await?;
    Ok(())
}

/// Forgets; `false` when there was nothing.
pub async fn forget(store: &PostgresStore, tenant: &str, scope: &Key, id: &Key) -> Result<bool> {
    let sql = "DELETE FROM memories WHERE tenant = $1 AND scope = $2 AND id = $3 RETURNING 1";
    let rows = store
        .client
        .write(sql, &[&tenant, &scope.as_str(), &id.as_str()])
        .await?;
    Ok(!rows.is_empty())
}

/// Finds by words: those with most of them first, then the newest.
pub async fn search(
    store: &PostgresStore,
    tenant: &str,
    scope: &Key,
    query: &str,
    max: usize,
) -> Result<Vec<Memo>> {
    // Letters and digits only, so nothing in them means anything to a `tsquery`.
    let words: Vec<String> = words::of_query(query)
        .iter()
        .map(|word| format!("'{word}':*"))
        .collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let any = words.join(" | ");
    let sql = "SELECT id, text, tags, at FROM memories m
        WHERE tenant = $1 AND scope = $2 AND words @@ $3::text::tsquery
        ORDER BY (SELECT count(*) FROM unnest($4::text[]) AS word WHERE m.words @@ word::tsquery) DESC, at DESC, id LIMIT $5";
    let rows = store
        .client
        .read(
            sql,
            &[&tenant, &scope.as_str(), &any, &words, &(max as i64)],
        )
        .await?;
    let memos = rows.iter().map(|row| {
        let tags = tags_from_text(column(row, 2)?)
            .ok_or_else(|| damaged("a memory's tags are no JSON list"))?;
        Ok(Memo {
            id: parsed(row, 0)?,
            text: column(row, 1)?,
            tags,
            at: Time(column(row, 3)?),
        })
    });
    memos.collect()
}

/// Keeps bytes. Damaged ones are replaced: putting again is how a blob is mended.
pub async fn put_blob(store: &PostgresStore, digest: &Digest, bytes: &[u8]) -> Result<()> {
    blobs::check(digest, bytes)?;
    let sql = "INSERT INTO blobs AS b (digest, bytes) SELECT $1, $2 WHERE {durable}
        ON CONFLICT (digest) DO UPDATE SET bytes = excluded.bytes WHERE b.bytes <> excluded.bytes
        RETURNING 1";
    let rows = store.client.write(sql, &[&digest.to_hex(), &bytes]).await?;
    // Nothing comes back when they were there, or when the server's settings kept them out.
    if rows.is_empty() {
        super::settings::check(&store.client).await
    } else {
        Ok(())
    }
}

/// The bytes, checked.
pub async fn get_blob(store: &PostgresStore, digest: &Digest) -> Result<Option<Vec<u8>>> {
    let rows = store
        .client
        .read(
            "SELECT bytes FROM blobs WHERE digest = $1",
            &[&digest.to_hex()],
        )
        .await?;
    let bytes = rows.first().map(|row| column(row, 0)).transpose()?;
    blobs::verified(digest, bytes)
}
