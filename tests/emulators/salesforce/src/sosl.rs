//! SOSL: `FIND {words} IN ALL FIELDS RETURNING Account(Id, Name WHERE … LIMIT 5), Contact LIMIT 20`.
//!
//! A search is words that must all occur in a record's searched fields, `OR` between alternatives,
//! `"quoted phrases"`, and the wildcards `*` and `?` inside a word. Case is ignored.

use crate::calendar::DAY_SECONDS;
use crate::error::ApiError;
use crate::org::{Kind, OBJECTS, Object, Org, Record};
use crate::soql::ast::{Item, Name, Operand, Query};
use crate::soql::error::SoqlError;
use crate::soql::eval;
use crate::soql::parser::Parser;
use crate::soql::plan::{self, Plan, Shape};
use crate::soql::row::Row;
use crate::soql::test::like;

/// The most records a search answers; Salesforce's own.
const MAX_RESULTS: usize = 2_000;

/// The fewest characters, wildcards aside, a search term must have; Salesforce's own.
const MIN_TERM: usize = 2;

/// Which fields are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Every text field.
    All,
    /// `Name`, and a case's subject.
    Name,
    /// E-mail addresses.
    Email,
    /// Telephone numbers.
    Phone,
}

impl Group {
    fn contains(self, name: &str, kind: Kind) -> bool {
        match self {
            Self::All => kind.is_textual() && !matches!(kind, Kind::Id | Kind::Reference(..)),
            Self::Name => matches!(name, "Name" | "Subject"),
            Self::Email => kind == Kind::Email,
            Self::Phone => kind == Kind::Phone,
        }
    }
}

/// A search that can be run.
#[derive(Debug)]
pub struct Search {
    /// Any of these; each is words and phrases that must all occur.
    alternatives: Vec<Vec<Vec<String>>>,
    group: Group,
    returning: Vec<Plan>,
    limit: usize,
}

/// Parse and run a search.
///
/// # Errors
/// `MALFORMED_SEARCH`, and what the `RETURNING` clauses may get wrong.
pub fn search(org: &Org, text: &str, now: i64, version: &str) -> Result<Vec<Row>, ApiError> {
    Ok(parse(text, now)?.run(org, version))
}

fn parse(text: &str, now: i64) -> Result<Search, ApiError> {
    let rest = keyword(text.trim_start(), "FIND")
        .ok_or_else(|| malformed("expecting FIND"))?
        .trim_start();
    let rest = rest
        .strip_prefix('{')
        .ok_or_else(|| malformed("expecting a left brace, found nothing like it"))?;
    let end =
        closing_brace(rest).ok_or_else(|| malformed("expecting a right brace, found '<EOF>'"))?;
    let (find, rest) = (&rest[..end], &rest[end + 1..]);
    let to_api = |error: SoqlError| error.to_api(rest);
    let mut parser = Parser::new(rest).map_err(to_api)?;
    let group = group(&mut parser).map_err(to_api)?;
    let returning = returning(&mut parser, now).map_err(to_api)?;
    let limit = if parser.accept_word("LIMIT") {
        parser.count().map_err(to_api)?
    } else {
        MAX_RESULTS
    };
    if parser.peek().at < rest.len() {
        return Err(to_api(parser.unexpected()));
    }
    Ok(Search {
        alternatives: terms(find)?,
        group,
        returning,
        limit: limit.min(MAX_RESULTS),
    })
}

impl Search {
    fn run(&self, org: &Org, version: &str) -> Vec<Row> {
        let mut rows = Vec::new();
        for plan in &self.returning {
            let Shape::Rows(columns, _) = &plan.shape else {
                continue;
            };
            let found = eval::matching(plan, org, false)
                .into_iter()
                .filter(|record| self.matches(record));
            let window = found
                .skip(plan.offset)
                .take(plan.limit.unwrap_or(usize::MAX));
            rows.extend(window.map(|record| Row::of(org, record, columns, version)));
        }
        rows.truncate(self.limit);
        rows
    }

    fn matches(&self, record: &Record) -> bool {
        let words = record
            .object
            .fields
            .iter()
            .enumerate()
            .filter(|(_, field)| self.group.contains(field.name, field.kind))
            .filter_map(|(column, _)| record.at(column).as_text())
            .map(words_of)
            .collect::<Vec<_>>();
        self.alternatives.iter().any(|all| {
            all.iter()
                .all(|phrase| words.iter().any(|words| contains_phrase(words, phrase)))
        })
    }
}

fn contains_phrase(words: &[String], phrase: &[String]) -> bool {
    words.windows(phrase.len()).any(|window| {
        window
            .iter()
            .zip(phrase)
            .all(|(word, wanted)| like(word, wanted))
    })
}

/// Runs of letters and digits.
fn words_of(text: &str) -> Vec<String> {
    text.split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The search text as alternatives of phrases of `LIKE` patterns.
fn terms(find: &str) -> Result<Vec<Vec<Vec<String>>>, ApiError> {
    let plain: String = find.replace('\\', "");
    if plain.chars().filter(|char| char.is_alphanumeric()).count() < MIN_TERM {
        return Err(malformed("search term must be longer than one character"));
    }
    let mut alternatives = vec![Vec::new()];
    for (at, part) in plain.split('"').enumerate() {
        // Every second part stood between quotes.
        if at % 2 == 1 {
            push(&mut alternatives, words_of(part));
            continue;
        }
        for word in part.split_whitespace() {
            match word {
                "OR" => alternatives.push(Vec::new()),
                "AND" => {}
                _ => push(&mut alternatives, patterns(word)),
            }
        }
    }
    alternatives.retain(|all| !all.is_empty());
    if alternatives.is_empty() {
        Err(malformed("nothing to search for"))
    } else {
        Ok(alternatives)
    }
}

fn push(alternatives: &mut [Vec<Vec<String>>], phrase: Vec<String>) {
    if let (Some(last), false) = (alternatives.last_mut(), phrase.is_empty()) {
        last.push(phrase);
    }
}

/// `jo*n-paul` is the phrase `jo%n paul`.
fn patterns(word: &str) -> Vec<String> {
    word.split(|char: char| !char.is_alphanumeric() && char != '*' && char != '?')
        .filter(|part| !part.is_empty())
        .map(|part| part.replace('*', "%").replace('?', "_"))
        .collect()
}

fn group(parser: &mut Parser) -> Result<Group, SoqlError> {
    if !parser.accept_word("IN") {
        return Ok(Group::All);
    }
    let name = parser.name()?;
    parser.expect_word("FIELDS")?;
    match name.text.to_ascii_uppercase().as_str() {
        "ALL" | "SIDEBAR" => Ok(Group::All),
        "NAME" => Ok(Group::Name),
        "EMAIL" => Ok(Group::Email),
        "PHONE" => Ok(Group::Phone),
        _ => Err(SoqlError {
            code: "MALFORMED_SEARCH",
            message: format!("unexpected token: {}", name.text),
            at: Some(name.at),
        }),
    }
}

fn returning(parser: &mut Parser, now: i64) -> Result<Vec<Plan>, SoqlError> {
    let today = now.div_euclid(DAY_SECONDS);
    if parser.accept_word("RETURNING") {
        let queries = parser.list(returning_one)?;
        return queries
            .iter()
            .map(|query| plan::plan(query, today))
            .collect();
    }
    OBJECTS
        .iter()
        .filter(|object| object.writable)
        .map(|object| plan::plan(&ids_of(object), today))
        .collect()
}

fn returning_one(parser: &mut Parser) -> Result<Query, SoqlError> {
    let from = parser.name()?;
    if !parser.accept_symbol("(") {
        return Ok(query(vec![id_item()], from));
    }
    let fields = parser.list(|parser| {
        Ok(Item {
            operand: Operand::Field(parser.name()?),
            alias: None,
        })
    })?;
    let query = parser.clauses(fields, from)?;
    parser.expect_symbol(")")?;
    Ok(query)
}

fn ids_of(object: &Object) -> Query {
    query(
        vec![id_item()],
        Name {
            text: object.name.to_owned(),
            at: 0,
        },
    )
}

fn id_item() -> Item {
    Item {
        operand: Operand::Field(Name {
            text: "Id".to_owned(),
            at: 0,
        }),
        alias: None,
    }
}

fn query(select: Vec<Item>, from: Name) -> Query {
    Query {
        select,
        from,
        filter: None,
        group_by: Vec::new(),
        having: None,
        order_by: Vec::new(),
        limit: None,
        offset: None,
    }
}

/// The first brace that is not escaped.
fn closing_brace(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, char)| {
        let closes = char == '}' && !escaped;
        escaped = char == '\\' && !escaped;
        closes.then_some(at)
    })
}

fn keyword<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| &text[word.len()..])
}

fn malformed(message: &str) -> ApiError {
    ApiError::bad("MALFORMED_SEARCH", message)
}

#[cfg(test)]
mod tests;
