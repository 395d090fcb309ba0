//! Conditions on single values: SOQL's comparison rules, apart from any record.

use std::cmp::Ordering;

use super::ast::Operator;
use crate::calendar::DAY_SECONDS;
use crate::org::Value;

/// A condition over operands of type `K`.
#[derive(Clone, Debug)]
pub enum Predicate<K> {
    /// All of them.
    And(Vec<Predicate<K>>),
    /// Any of them.
    Or(Vec<Predicate<K>>),
    /// Not this one.
    Not(Box<Predicate<K>>),
    /// The operand's value passes.
    Test(K, Test),
}

impl<K> Predicate<K> {
    /// Whether it holds, `value` giving each operand's value.
    pub fn holds(&self, value: &impl Fn(&K) -> Value) -> bool {
        match self {
            Self::And(all) => all.iter().all(|one| one.holds(value)),
            Self::Or(any) => any.iter().any(|one| one.holds(value)),
            Self::Not(one) => !one.holds(value),
            Self::Test(operand, test) => test.passes(&value(operand)),
        }
    }
}

/// A condition on one value.
#[derive(Clone, Debug)]
pub enum Test {
    /// Compared with a value. Only `=` and `!=` hold for nulls.
    Compare(Operator, Value),
    /// `LIKE` this pattern.
    Like(String),
    /// One of these; `true` for none of these.
    In(Vec<Value>, bool),
    /// Compared with a range of days, the second exclusive.
    Days(Operator, i64, i64),
}

impl Test {
    /// Whether `value` passes.
    #[must_use]
    pub fn passes(&self, value: &Value) -> bool {
        match self {
            Self::Compare(operator, wanted) => compare(*operator, value, wanted),
            Self::Like(pattern) => value.as_text().is_some_and(|text| like(text, pattern)),
            Self::In(values, negated) => {
                values
                    .iter()
                    .any(|one| value.compare(one) == Some(Ordering::Equal))
                    != *negated
            }
            Self::Days(operator, first, past) => in_days(*operator, value, *first, *past),
        }
    }
}

fn compare(operator: Operator, value: &Value, wanted: &Value) -> bool {
    let order = value.compare(wanted);
    match operator {
        Operator::Eq => order == Some(Ordering::Equal),
        Operator::Ne => order != Some(Ordering::Equal),
        _ if value.is_null() => false,
        Operator::Lt => order == Some(Ordering::Less),
        Operator::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Operator::Gt => order == Some(Ordering::Greater),
        Operator::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Like => false,
    }
}

fn in_days(operator: Operator, value: &Value, first: i64, past: i64) -> bool {
    let day = match value {
        Value::Date(day) => *day,
        Value::Instant(instant) => instant.div_euclid(DAY_SECONDS),
        _ => return operator == Operator::Ne,
    };
    match operator {
        Operator::Eq => (first..past).contains(&day),
        Operator::Ne => !(first..past).contains(&day),
        Operator::Lt => day < first,
        Operator::Le => day < past,
        Operator::Gt => day >= past,
        Operator::Ge => day >= first,
        Operator::Like => false,
    }
}

/// SOQL's `LIKE`: `%` is any run, `_` any one character, `\` makes the next one plain, case is
/// ignored. Linear in the text for each `%`, whatever the pattern: it only ever backs up to the
/// last `%`.
#[must_use]
pub fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let pattern = like_parts(pattern);
    let (mut at, mut part) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(part) {
            Some(Part::Any) => {
                part += 1;
                retry = Some((part, at));
            }
            Some(Part::One) => (at, part) = (at + 1, part + 1),
            Some(Part::Char(char)) if *char == text[at] => (at, part) = (at + 1, part + 1),
            _ => match retry {
                Some((after, from)) => {
                    (at, part) = (from + 1, after);
                    retry = Some((after, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[part..].iter().all(|rest| matches!(rest, Part::Any))
}

enum Part {
    Any,
    One,
    Char(char),
}

fn like_parts(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars().flat_map(char::to_lowercase);
    while let Some(char) = chars.next() {
        parts.push(match char {
            '%' => Part::Any,
            '_' => Part::One,
            '\\' => Part::Char(chars.next().unwrap_or('\\')),
            _ => Part::Char(char),
        });
    }
    parts
}
