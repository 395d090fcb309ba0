//! Memories, and finding them by words: FTS5 over words we have taken apart ourselves.

use rusqlite::{Connection, OptionalExtension, params};

use super::{error::parsed, query::not_ours, writer::Tx};
use crate::{
    labels::{tags_from_text, tags_to_text},
    traits::Result,
    types::{Key, Memo, Time},
    words,
};

/// Saves, or replaces.
pub fn save(tx: &Tx<'_>, tenant: &str, scope: &Key, memo: &Memo) -> Result<()> {
    forget(tx, tenant, scope, &memo.id)?;
    let sql = "INSERT INTO memories (tenant, scope, id, text, tags, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING number";
    let tags = tags_to_text(&memo.tags);
    let row = params![
        tenant,
        scope.as_str(),
        memo.id.as_str(),
        memo.text,
        tags,
        tx.now.0
    ];
    let number: i64 = tx
        .conn
        .prepare_cached(sql)?
        .query_row(row, |row| row.get(0))?;
    let mut index = tx
        .conn
        .prepare_cached("INSERT INTO memory_words (rowid, words) VALUES (?1, ?2)")?;
    index.execute(params![number, words::of_memo(memo).join(" ")])?;
    Ok(())
}

/// Forgets; `false` when there was nothing.
pub fn forget(tx: &Tx<'_>, tenant: &str, scope: &Key, id: &Key) -> Result<bool> {
    let sql = "DELETE FROM memories WHERE tenant = ?1 AND scope = ?2 AND id = ?3 RETURNING number";
    let mut delete = tx.conn.prepare_cached(sql)?;
    let row = params![tenant, scope.as_str(), id.as_str()];
    let number: Option<i64> = delete.query_row(row, |row| row.get(0)).optional()?;
    if let Some(number) = number {
        tx.conn
            .prepare_cached("DELETE FROM memory_words WHERE rowid = ?1")?
            .execute([number])?;
    }
    Ok(number.is_some())
}

/// Finds by words, best first.
pub fn search(
    conn: &Connection,
    tenant: &str,
    scope: &Key,
    query: &str,
    max: usize,
) -> Result<Vec<Memo>> {
    let words: Vec<String> = words::of_query(query)
        .iter()
        .map(|word| format!("\"{word}\"*"))
        .collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = conn.prepare_cached(
        "SELECT id, text, tags, at FROM memory_words JOIN memories ON number = memory_words.rowid
         WHERE words MATCH ?1 AND tenant = ?2 AND scope = ?3 ORDER BY rank, at DESC LIMIT ?4",
    )?;
    let bounds = params![words.join(" OR "), tenant, scope.as_str(), max];
    let rows = select.query_map(bounds, |row| {
        let tags = tags_from_text(&row.get::<_, String>(2)?).ok_or_else(|| not_ours(2))?;
        Ok(Memo {
            id: parsed(row, 0)?,
            text: row.get(1)?,
            tags,
            at: Time(row.get(3)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
