//! Running a plan over the org.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::Value as Json;

use super::ast::Function;
use super::plan::{Column, Groups, Key, Output, Plan, Shape};
use super::row::Row;
use crate::org::{Kind, Org, Record, Value};

/// What a query answers.
#[derive(Debug)]
pub struct Answer {
    /// The number of records, or of groups, or what `COUNT()` counted.
    pub total: usize,
    /// The records; none for `COUNT()`.
    pub rows: Vec<Row>,
}

/// Run `plan`; `include_deleted` is what `queryAll` does, `version` goes into record URLs.
#[must_use]
pub fn run(plan: &Plan, org: &Org, include_deleted: bool, version: &str) -> Answer {
    let records = matching(plan, org, include_deleted);
    match &plan.shape {
        Shape::Count => Answer {
            total: window(records, plan.offset, plan.limit).len(),
            rows: Vec::new(),
        },
        Shape::Rows(columns, order) => {
            let rows = sorted(records, order, |record, column| fetch(org, record, column));
            let rows = window(rows, plan.offset, plan.limit);
            let rows: Vec<_> = rows
                .into_iter()
                .map(|record| Row::of(org, record, columns, version))
                .collect();
            Answer {
                total: rows.len(),
                rows,
            }
        }
        Shape::Groups(groups) => {
            let rows = window(grouped(groups, org, &records), plan.offset, plan.limit);
            Answer {
                total: rows.len(),
                rows,
            }
        }
    }
}

/// The records of a plan's object that pass its filter, in the order they were made.
#[must_use]
pub fn matching<'a>(plan: &Plan, org: &'a Org, include_deleted: bool) -> Vec<&'a Record> {
    let Ok(table) = org.table(plan.from) else {
        return Vec::new();
    };
    table
        .all()
        .filter(|record| include_deleted || !record.is_deleted())
        .filter(|record| {
            plan.filter
                .as_ref()
                .is_none_or(|filter| filter.holds(&|column| fetch(org, record, column)))
        })
        .collect()
}

/// The value of a column, through its relationships; null where they break off.
#[must_use]
pub fn fetch(org: &Org, record: &Record, column: &Column) -> Value {
    let mut record = record;
    for (reference, target) in &column.hops {
        match org.follow(target, record.at(*reference)) {
            Some(parent) => record = parent,
            None => return Value::Null,
        }
    }
    record.at(column.column).clone()
}

fn window<T>(rows: Vec<T>, offset: usize, limit: Option<usize>) -> Vec<T> {
    rows.into_iter()
        .skip(offset)
        .take(limit.unwrap_or(usize::MAX))
        .collect()
}

/// Stable, so that what the keys leave equal stays in the order it was made.
fn sorted<T, K>(rows: Vec<T>, keys: &[Key<K>], value: impl Fn(&T, &K) -> Value) -> Vec<T> {
    if keys.is_empty() {
        return rows;
    }
    let mut keyed: Vec<(Vec<Value>, T)> = rows
        .into_iter()
        .map(|row| {
            (
                keys.iter().map(|key| value(&row, &key.operand)).collect(),
                row,
            )
        })
        .collect();
    keyed.sort_by(|(left, _), (right, _)| {
        keys.iter()
            .zip(left.iter().zip(right))
            .fold(Ordering::Equal, |so_far, (key, (left, right))| {
                so_far.then_with(|| order(key, left, right))
            })
    });
    keyed.into_iter().map(|(_, row)| row).collect()
}

fn order<K>(key: &Key<K>, left: &Value, right: &Value) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (false, false) => {
            let order = left.compare(right).unwrap_or(Ordering::Equal);
            if key.descending {
                order.reverse()
            } else {
                order
            }
        }
        (left_null, _) => {
            if left_null == key.nulls_last {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
    }
}

fn grouped(groups: &Groups, org: &Org, records: &[&Record]) -> Vec<Row> {
    let mut members: Vec<Vec<&Record>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    // Without GROUP BY there is one group, even of nothing.
    if groups.by.is_empty() {
        members.push(records.to_vec());
    } else {
        for record in records {
            let place = *places
                .entry(group_key(groups, org, record))
                .or_insert_with(|| {
                    members.push(Vec::new());
                    members.len() - 1
                });
            members[place].push(record);
        }
    }
    let value = |members: &Vec<&Record>, output: &Output| evaluate(org, members, output);
    members.retain(|members| {
        groups
            .having
            .as_ref()
            .is_none_or(|having| having.holds(&|output| value(members, output)))
    });
    sorted(members, &groups.order, value)
        .iter()
        .map(|members| {
            let values = groups.outputs.iter();
            Row::group(
                values
                    .map(|(name, output)| (name.clone(), group_json(org, members, output)))
                    .collect(),
            )
        })
        .collect()
}

/// Text groups without regard to case, like everything else in SOQL.
fn group_key(groups: &Groups, org: &Org, record: &Record) -> String {
    let values: Vec<Json> = groups
        .by
        .iter()
        .map(|column| fetch(org, record, column).to_json(false))
        .collect();
    Json::Array(values).to_string().to_lowercase()
}

fn group_json(org: &Org, members: &[&Record], output: &Output) -> Json {
    let whole = match output {
        Output::Field(column)
        | Output::Aggregate(Function::Min | Function::Max | Function::Sum, Some(column)) => {
            column.field.kind == Kind::Int
        }
        Output::Aggregate(function, _) => *function != Function::Avg,
    };
    evaluate(org, members, output).to_json(whole)
}

fn evaluate(org: &Org, members: &[&Record], output: &Output) -> Value {
    match output {
        Output::Field(column) => members
            .first()
            .map_or(Value::Null, |record| fetch(org, record, column)),
        Output::Aggregate(_, None) => count(members.len()),
        Output::Aggregate(function, Some(column)) => {
            let values = members.iter().map(|record| fetch(org, record, column));
            aggregate(*function, values.filter(|value| !value.is_null()).collect())
        }
    }
}

/// One aggregate of values that are not null; null of none, except a count.
#[must_use]
pub fn aggregate(function: Function, values: Vec<Value>) -> Value {
    let sum = || values.iter().filter_map(Value::as_number).sum::<f64>();
    match function {
        Function::Count => count(values.len()),
        Function::CountDistinct => {
            let distinct: std::collections::HashSet<_> = values
                .iter()
                .map(|value| value.to_json(false).to_string().to_lowercase())
                .collect();
            count(distinct.len())
        }
        _ if values.is_empty() => Value::Null,
        Function::Sum => Value::Number(sum()),
        Function::Avg => Value::Number(sum() / float(values.len())),
        Function::Min => extreme(values, Ordering::Less),
        Function::Max => extreme(values, Ordering::Greater),
    }
}

fn extreme(values: Vec<Value>, wanted: Ordering) -> Value {
    values
        .into_iter()
        .reduce(|best, value| {
            if value.compare(&best) == Some(wanted) {
                value
            } else {
                best
            }
        })
        .unwrap_or(Value::Null)
}

fn count(number: usize) -> Value {
    Value::Number(float(number))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of records, far below 2^53"
)]
fn float(number: usize) -> f64 {
    number as f64
}
