//! Typing mistakes: the nearest word that some skill has.
//!
//! Two words that differ by a letter too many, missing, wrong or swapped have something in common once a letter is left out of
//! each. So every word is kept by what is left of it without one letter, and long ones without two; a word nobody has is taken
//! apart alike, and what has a rest in common is compared.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension};

use super::marks::Place;
use crate::traits::Result;

/// Letters of a word below which a mistake makes another word of it.
const SHORTEST: usize = 3;

/// Letters of a word from which two mistakes are mended.
const LONG: usize = 8;

/// Letters of the longest word that is mended.
const LONGEST: usize = 32;

/// Letters at the beginning of which two are left out: a long word's end is told apart by comparing.
const BEGINNING: usize = 8;

/// Words that are compared.
const MAX_COMPARED: usize = 64;

/// Makes a word one that mistakes are mended to.
pub fn learn(conn: &Connection, word: &str) -> Result<()> {
    let length = word.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Ok(());
    }
    let mut insert = conn.prepare_cached("INSERT OR IGNORE INTO known (word) VALUES (?1)")?;
    if insert.execute([word])? == 0 {
        return Ok(());
    }
    let mut insert =
        conn.prepare_cached("INSERT OR IGNORE INTO shorter (rest, word) VALUES (?1, ?2)")?;
    for rest in rests(word) {
        insert.execute([rest.as_str(), word])?;
    }
    Ok(())
}

/// The word some skill has that is nearest; the more frequent of two. Nothing where none is near.
pub fn nearest(conn: &Connection, word: &str) -> Result<Option<String>> {
    let length = word.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Ok(None);
    }
    let most = if length >= LONG { 2 } else { 1 };
    let mut best: Option<(usize, i64, String)> = None;
    for candidate in candidates(conn, word)? {
        let distance = strsim::damerau_levenshtein(word, &candidate);
        if distance > most {
            continue;
        }
        // Words of skills that are gone are still known here.
        let Some(skills) = skills_with(conn, &candidate)? else {
            continue;
        };
        let better = best
            .as_ref()
            .is_none_or(|(least, most_skills, _)| (distance, -skills) < (*least, -*most_skills));
        if better {
            best = Some((distance, skills, candidate));
        }
    }
    Ok(best.map(|(_, _, word)| word))
}

/// How many skills have the word; nothing where none has it.
fn skills_with(conn: &Connection, word: &str) -> Result<Option<i64>> {
    let mut select = conn.prepare_cached("SELECT doc FROM vocabulary WHERE term = ?1")?;
    let word = Place::Anywhere.of(word);
    Ok(select.query_row([word], |row| row.get(0)).optional()?)
}

/// Whether some skill has the word, or one that begins so.
pub fn is_there(conn: &Connection, word: &str, as_beginning: bool) -> Result<bool> {
    if skills_with(conn, word)?.is_some() {
        return Ok(true);
    }
    if !as_beginning {
        return Ok(false);
    }
    let mut select =
        conn.prepare_cached("SELECT 1 FROM vocabulary WHERE term >= ?1 AND term < ?2 LIMIT 1")?;
    let word = Place::Anywhere.of(word);
    let behind = format!("{word}{}", char::MAX);
    Ok(select.exists([word, behind])?)
}

fn candidates(conn: &Connection, word: &str) -> Result<BTreeSet<String>> {
    let mut select = conn.prepare_cached("SELECT word FROM shorter WHERE rest = ?1 LIMIT ?2")?;
    let mut found = BTreeSet::new();
    for rest in rests(word) {
        let words = select.query_map((rest, MAX_COMPARED), |row| row.get(0))?;
        for word in words {
            found.insert(word?);
        }
        if found.len() >= MAX_COMPARED {
            break;
        }
    }
    Ok(found)
}

/// The word itself, and what is left without one letter; without two of its beginning, where it is long.
fn rests(word: &str) -> BTreeSet<String> {
    let letters: Vec<char> = word.chars().collect();
    let without = |letters: &[char], place: usize| {
        let mut rest = letters.to_vec();
        rest.remove(place);
        rest
    };
    let mut rests = BTreeSet::from([letters.clone()]);
    for place in 0..letters.len() {
        let rest = without(&letters, place);
        if letters.len() >= LONG - 1 && place < BEGINNING {
            for second in place..rest.len().min(BEGINNING) {
                rests.insert(without(&rest, second));
            }
        }
        rests.insert(rest);
    }
    rests
        .into_iter()
        .map(|letters| letters.into_iter().collect())
        .collect()
}
