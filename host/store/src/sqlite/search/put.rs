//! Adding skills and forgetting them.

use metier_core::ids::SkillName;
use rusqlite::{Connection, OptionalExtension, params};

use super::{marks, mend};
use crate::{
    error::StoreError,
    rules,
    search::{Facet, MAX_ENTRY_WORDS, MAX_FACET_BYTES, MAX_FACETS, SearchEntry},
    traits::Result,
    words,
};

/// Numbers of one standing: far more than skills.
const PER_STANDING: i64 = 1 << 40;

/// The best standing.
const BEST: i64 = 1_000;

/// Stands between facets as they are kept, and between a facet's kind and its value.
const BETWEEN: char = '\u{1f}';

/// Adds a skill, or replaces what is known of it.
pub fn put(conn: &Connection, entry: &SearchEntry) -> Result<()> {
    check(entry)?;
    remove(conn, &entry.name)?;
    let number = next_number(conn, entry.standing)?;
    conn.prepare_cached(
        "INSERT INTO skills (number, name, short, shown, facets) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        number,
        entry.name.as_str(),
        joined(entry.name.short()),
        entry.shown,
        kept(entry)
    ])?;
    let marks: Vec<String> = marks::of_entry(entry).into_iter().collect();
    conn.prepare_cached("INSERT INTO texts (rowid, marked) VALUES (?1, ?2)")?
        .execute(params![number, marks.join(" ")])?;
    let texts = [entry.name.as_str(), &entry.description, &entry.words];
    let mut words = texts.into_iter().flat_map(words::words);
    words.try_for_each(|word| mend::learn(conn, &word))
}

/// Forgets a skill.
pub fn remove(conn: &Connection, name: &SkillName) -> Result<bool> {
    let mut delete = conn.prepare_cached("DELETE FROM skills WHERE name = ?1 RETURNING number")?;
    let number: Option<i64> = delete
        .query_row([name.as_str()], |row| row.get(0))
        .optional()?;
    if let Some(number) = number {
        conn.prepare_cached("DELETE FROM texts WHERE rowid = ?1")?
            .execute([number])?;
    }
    Ok(number.is_some())
}

/// Forgets all.
pub fn clear(conn: &Connection) -> Result<()> {
    conn.execute_batch(
        "DELETE FROM skills; INSERT INTO texts (texts) VALUES ('delete-all'); DELETE FROM shorter; DELETE FROM known;",
    )?;
    Ok(())
}

fn check(entry: &SearchEntry) -> Result<()> {
    let words = entry.description.len() + entry.words.len();
    rules::at_most("bytes of a skill's words", words, MAX_ENTRY_WORDS)?;
    rules::at_most("facets of a skill", entry.facets.len(), MAX_FACETS)?;
    for (_, value) in &entry.facets {
        rules::at_most("bytes of a facet", value.len(), MAX_FACET_BYTES)?;
        if value.contains(BETWEEN) || value.contains('\n') {
            return Err(StoreError::Invalid(
                "a facet has a control character".into(),
            ));
        }
    }
    Ok(())
}

/// The first free number of its standing; the best standing has the lowest numbers.
fn next_number(conn: &Connection, standing: u16) -> Result<i64> {
    let from = (BEST - i64::from(standing).min(BEST)) * PER_STANDING + 1;
    let mut select = conn.prepare_cached(
        "SELECT coalesce(max(number) + 1, ?1) FROM skills WHERE number >= ?1 AND number < ?2",
    )?;
    Ok(select.query_row([from, from + PER_STANDING - 1], |row| row.get(0))?)
}

/// The words of a text, each behind the other.
pub fn joined(text: &str) -> String {
    words::words(text).collect::<Vec<_>>().join(" ")
}

fn kept(entry: &SearchEntry) -> String {
    let facets = entry.facets.iter();
    let lines = facets.map(|(facet, value)| format!("{}{BETWEEN}{value}", facet.name()));
    lines.collect::<Vec<_>>().join("\n")
}

/// The facets of a skill as they were kept.
pub fn facets(kept: &str) -> impl Iterator<Item = (Facet, &str)> {
    kept.lines().filter_map(|line| {
        let (facet, value) = line.split_once(BETWEEN)?;
        Some((Facet::named(facet)?, value))
    })
}
