//! Answer rows as JSON that keeps its order: `attributes` first, then what was selected.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value as Json;

use super::plan::Column;
use crate::org::{Kind, Object, Org, Record};

/// A JSON object whose members stay in the order they were put in.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// Anything plain.
    Leaf(Json),
    /// An object.
    Node(Vec<(String, Row)>),
    /// A list.
    List(Vec<Row>),
}

impl Row {
    /// The row of a record: its attributes and these columns.
    #[must_use]
    pub fn of(org: &Org, record: &Record, columns: &[Column], version: &str) -> Self {
        let mut row = vec![attributes(record, version)];
        for column in columns {
            put(org, record, column, 0, version, &mut row);
        }
        Self::Node(row)
    }

    /// The row of a group.
    #[must_use]
    pub fn group(values: Vec<(String, Json)>) -> Self {
        let attributes = Self::Node(vec![(
            "type".to_owned(),
            Self::Leaf(Json::from("AggregateResult")),
        )]);
        let mut row = vec![("attributes".to_owned(), attributes)];
        row.extend(
            values
                .into_iter()
                .map(|(name, value)| (name, Self::Leaf(value))),
        );
        Self::Node(row)
    }

    /// A member of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Node(members) => members
                .iter()
                .find(|(member, _)| member == name)
                .map(|(_, row)| row),
            Self::Leaf(_) | Self::List(_) => None,
        }
    }
}

/// Put one selected column into a row; related records nest and are shared between columns.
fn put(
    org: &Org,
    record: &Record,
    column: &Column,
    depth: usize,
    version: &str,
    row: &mut Vec<(String, Row)>,
) {
    let (Some((reference, target)), Some(relation)) =
        (column.hops.get(depth), column.relations.get(depth))
    else {
        if !row.iter().any(|(name, _)| name == column.field.name) {
            row.push((
                column.field.name.to_owned(),
                Row::Leaf(leaf(record, column)),
            ));
        }
        return;
    };
    let parent = org.follow(target, record.at(*reference));
    let at = row
        .iter()
        .position(|(name, _)| name == relation)
        .unwrap_or_else(|| {
            let empty = parent.map_or(Row::Leaf(Json::Null), |parent| {
                Row::Node(vec![attributes(parent, version)])
            });
            row.push(((*relation).to_owned(), empty));
            row.len() - 1
        });
    if let (Some(parent), Some((_, Row::Node(members)))) = (parent, row.get_mut(at)) {
        put(org, parent, column, depth + 1, version, members);
    }
}

fn leaf(record: &Record, column: &Column) -> Json {
    record
        .at(column.column)
        .to_json(column.field.kind == Kind::Int)
}

/// The `attributes` member every record starts with.
#[must_use]
pub fn attributes(record: &Record, version: &str) -> (String, Row) {
    let Object { name, .. } = record.object;
    let url = format!("/services/data/{version}/sobjects/{name}/{}", record.id());
    let members = vec![
        ("type".to_owned(), Row::Leaf(Json::from(*name))),
        ("url".to_owned(), Row::Leaf(Json::from(url))),
    ];
    ("attributes".to_owned(), Row::Node(members))
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Leaf(json) => json.serialize(serializer),
            Self::Node(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, row) in members {
                    map.serialize_entry(name, row)?;
                }
                map.end()
            }
            Self::List(rows) => rows.serialize(serializer),
        }
    }
}
