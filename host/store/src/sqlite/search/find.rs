//! Finding skills.

use std::{cmp::Reverse, collections::BTreeMap};

use rusqlite::{Connection, params};

use super::{mend, put};
use crate::{
    rules,
    search::{
        Facet, Found, Hit, MAX_HITS, MAX_QUERY_BYTES, MAX_QUERY_FACETS, MAX_QUERY_WORDS,
        MAX_RANKED, SearchQuery,
    },
    sqlite::error::parsed,
    traits::Result,
    words,
};

/// Values told of one facet.
const MAX_VALUES: usize = 20;

/// How much a word counts in a name, a description and elsewhere; in a facet it does not.
const WEIGHTS: &str = "10.0, 4.0, 1.0, 0.0";

/// Finds skills.
pub fn find(conn: &Connection, query: &SearchQuery) -> Result<Found> {
    rules::at_most("facets of a query", query.facets.len(), MAX_QUERY_FACETS)?;
    rules::at_most("hits", query.max, MAX_HITS)?;
    let asked = asked(&query.text);
    let (looked_for, was_mended) = mended(conn, &asked)?;
    let numbers = ranked(conn, &looked_for, query)?;
    let ranked = numbers.get(..MAX_RANKED).unwrap_or(&numbers);
    let page = ranked.iter().skip(query.skip).take(query.max);
    Ok(Found {
        hits: page
            .map(|number| hit(conn, *number))
            .collect::<Result<_>>()?,
        total: ranked.len(),
        is_cut: numbers.len() > MAX_RANKED,
        corrected: was_mended.then(|| looked_for.join(" ")),
        facets: counted(conn, ranked)?,
    })
}

/// The words of a query, each once.
fn asked(text: &str) -> Vec<String> {
    let mut end = text.len().min(MAX_QUERY_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut asked: Vec<String> = Vec::new();
    for word in words::words(text.get(..end).unwrap_or_default()) {
        if !asked.contains(&word) && asked.len() < MAX_QUERY_WORDS {
            asked.push(word);
        }
    }
    asked
}

/// The words with those that nobody has replaced by the nearest that somebody has.
fn mended(conn: &Connection, asked: &[String]) -> Result<(Vec<String>, bool)> {
    let mut was_mended = false;
    let mut looked_for = Vec::new();
    for (place, word) in asked.iter().enumerate() {
        let is_last = place + 1 == asked.len();
        let nearest = match is_there(conn, word, is_last)? {
            true => None,
            false => mend::nearest(conn, word)?,
        };
        was_mended |= nearest.is_some();
        looked_for.push(nearest.unwrap_or_else(|| word.clone()));
    }
    Ok((looked_for, was_mended))
}

fn is_there(conn: &Connection, word: &str, as_beginning: bool) -> Result<bool> {
    if mend::skills_with(conn, word)?.is_some() {
        return Ok(true);
    }
    if !as_beginning {
        return Ok(false);
    }
    let mut select = conn.prepare_cached("SELECT 1 FROM texts WHERE texts MATCH ?1 LIMIT 1")?;
    Ok(select.exists([format!("{{name description words}}: \"{word}\"*")])?)
}

/// The numbers of skills that fit, the best first; one more than are ranked where there are more.
fn ranked(conn: &Connection, words: &[String], query: &SearchQuery) -> Result<Vec<i64>> {
    let expression = expression(words, query);
    let limit = MAX_RANKED + 1;
    if expression.is_empty() {
        let mut select =
            conn.prepare_cached("SELECT number FROM skills ORDER BY number LIMIT ?1")?;
        let numbers = select.query_map([limit], |row| row.get(0))?;
        return Ok(numbers.collect::<rusqlite::Result<_>>()?);
    }
    // Without words there is nothing to compare by but standing. `+` keeps FTS5 from sorting all that fit before the limit.
    let sql = match words.is_empty() {
        true => {
            "SELECT rowid, 0.0 FROM texts WHERE texts MATCH ?1 ORDER BY rowid LIMIT ?2".to_owned()
        }
        false => format!(
            "SELECT rowid, bm25(texts, {WEIGHTS}) FROM texts WHERE texts MATCH ?1 ORDER BY rowid LIMIT ?2"
        ),
    };
    let mut select = conn.prepare_cached(&sql)?;
    let scored = select.query_map(params![expression, limit], |row| {
        Ok((row.get::<_, f64>(1)?, row.get::<_, i64>(0)?))
    })?;
    let mut scored = scored.collect::<rusqlite::Result<Vec<_>>>()?;
    let last = (scored.len() > MAX_RANKED).then(|| scored.pop()).flatten();
    scored.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    scored.extend(last);
    Ok(scored.into_iter().map(|(_, number)| number).collect())
}

/// The same as FTS5 reads it. Words are letters and digits, and facets are hexadecimal: nothing in them is an operator.
fn expression(words: &[String], query: &SearchQuery) -> String {
    let mut parts: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(place, word)| {
            let star = if place + 1 == words.len() { "*" } else { "" };
            format!("{{name description words}}: \"{word}\"{star}")
        })
        .collect();
    let mut by_kind: BTreeMap<Facet, Vec<String>> = BTreeMap::new();
    for (facet, value) in &query.facets {
        let word = put::facet_word(*facet, value);
        by_kind
            .entry(*facet)
            .or_default()
            .push(format!("\"{word}\""));
    }
    for values in by_kind.values() {
        parts.push(format!("facets: ({})", values.join(" OR ")));
    }
    parts.join(" AND ")
}

fn hit(conn: &Connection, number: i64) -> Result<Hit> {
    let mut select = conn.prepare_cached("SELECT name, shown FROM skills WHERE number = ?1")?;
    let hit = select.query_row([number], |row| {
        Ok(Hit {
            name: parsed(row, 0)?,
            shown: row.get(1)?,
        })
    });
    Ok(hit?)
}

/// What these can be chosen by, the most frequent first.
fn counted(conn: &Connection, numbers: &[i64]) -> Result<BTreeMap<Facet, Vec<(String, usize)>>> {
    let mut select = conn.prepare_cached("SELECT facets FROM skills WHERE number = ?1")?;
    let mut counts: BTreeMap<(Facet, String), usize> = BTreeMap::new();
    for number in numbers {
        let kept: String = select.query_row([number], |row| row.get(0))?;
        for (facet, value) in put::facets(&kept) {
            *counts.entry((facet, value.to_owned())).or_default() += 1;
        }
    }
    let mut by_kind: BTreeMap<Facet, Vec<(String, usize)>> = BTreeMap::new();
    for ((facet, value), count) in counts {
        by_kind.entry(facet).or_default().push((value, count));
    }
    for values in by_kind.values_mut() {
        values.sort_by_key(|(_, count)| Reverse(*count));
        values.truncate(MAX_VALUES);
    }
    Ok(by_kind)
}
