//! Finding skills.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
};

use rusqlite::{Connection, params};

use super::{
    marks::{self, Place},
    mend, put,
};
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

/// One more than are ranked, to know whether there are more.
const LIMIT: usize = MAX_RANKED + 1;

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
        let nearest = match mend::is_there(conn, word, is_last)? {
            true => None,
            false => mend::nearest(conn, word)?,
        };
        was_mended |= nearest.is_some();
        looked_for.push(nearest.unwrap_or_else(|| word.clone()));
    }
    Ok((looked_for, was_mended))
}

/// The numbers of skills that fit, the best first; one more than are ranked where there are more.
///
/// First those whose short name is what was typed, then those with all words in the name, with one of them there, with all in
/// the description, with all anywhere. Among these the better standing is first: to repeat a word gains nothing.
fn ranked(conn: &Connection, words: &[String], query: &SearchQuery) -> Result<Vec<i64>> {
    let facets = facets_of(query);
    let mut found = Ranked::default();
    if words.is_empty() {
        match facets.is_empty() {
            true => found.all(conn)?,
            false => found.matching(conn, &facets)?,
        }
        return Ok(found.numbers);
    }
    let everywhere = all(words, Place::Anywhere);
    let tiers = [
        all(words, Place::Name),
        format!("({}) AND {everywhere}", any(words, Place::Name)),
        all(words, Place::Description),
        everywhere,
    ];
    found.named(conn, words, &facets)?;
    for tier in tiers {
        let narrowed = match facets.is_empty() {
            true => tier,
            false => format!("{tier} AND {facets}"),
        };
        found.matching(conn, &narrowed)?;
    }
    Ok(found.numbers)
}

/// Skills in their order, each once.
#[derive(Default)]
struct Ranked {
    numbers: Vec<i64>,
    seen: HashSet<i64>,
}

impl Ranked {
    /// Adds what an expression of FTS5 finds.
    fn matching(&mut self, conn: &Connection, expression: &str) -> Result<()> {
        if self.is_full() {
            return Ok(());
        }
        let sql = "SELECT rowid FROM texts WHERE texts MATCH ?1 ORDER BY rowid LIMIT ?2";
        // What was found before is found again.
        let limit = LIMIT + self.numbers.len();
        let mut select = conn.prepare_cached(sql)?;
        let mut rows = select.query(params![expression, limit])?;
        while let Some(row) = rows.next()? {
            self.add(row.get(0)?);
        }
        Ok(())
    }

    /// Adds skills whose short name is exactly these words, where they have the facets.
    fn named(&mut self, conn: &Connection, words: &[String], facets: &str) -> Result<()> {
        let sql = "SELECT number FROM skills WHERE short = ?1 ORDER BY number LIMIT ?2";
        let mut select = conn.prepare_cached(sql)?;
        let mut has =
            conn.prepare_cached("SELECT 1 FROM texts WHERE texts MATCH ?1 AND rowid = ?2")?;
        let mut rows = select.query(params![words.join(" "), LIMIT])?;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            if facets.is_empty() || has.exists(params![facets, number])? {
                self.add(number);
            }
        }
        Ok(())
    }

    /// Adds the best standing.
    fn all(&mut self, conn: &Connection) -> Result<()> {
        let mut select =
            conn.prepare_cached("SELECT number FROM skills ORDER BY number LIMIT ?1")?;
        let mut rows = select.query([LIMIT])?;
        while let Some(row) = rows.next()? {
            self.add(row.get(0)?);
        }
        Ok(())
    }

    fn add(&mut self, number: i64) {
        if !self.is_full() && self.seen.insert(number) {
            self.numbers.push(number);
        }
    }

    fn is_full(&self) -> bool {
        self.numbers.len() >= LIMIT
    }
}

/// Words and facets as FTS5 reads them. Words are letters and digits, and facets are hexadecimal: nothing in them is an operator.
fn all(words: &[String], place: Place) -> String {
    let parts: Vec<String> = terms(words, place).collect();
    format!("({})", parts.join(" AND "))
}

fn any(words: &[String], place: Place) -> String {
    terms(words, place).collect::<Vec<_>>().join(" OR ")
}

/// The last word may be the beginning of one.
fn terms(words: &[String], place: Place) -> impl Iterator<Item = String> {
    let last = words.len().saturating_sub(1);
    words.iter().enumerate().map(move |(number, word)| {
        let star = if number == last { "*" } else { "" };
        format!("\"{}\"{star}", place.of(word))
    })
}

fn facets_of(query: &SearchQuery) -> String {
    let mut by_kind: BTreeMap<Facet, Vec<String>> = BTreeMap::new();
    for (kind, value) in &query.facets {
        let word = format!("\"{}\"", marks::facet(*kind, value));
        by_kind.entry(*kind).or_default().push(word);
    }
    let kinds = by_kind.values();
    let kinds: Vec<String> = kinds
        .map(|values| format!("({})", values.join(" OR ")))
        .collect();
    kinds.join(" AND ")
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
