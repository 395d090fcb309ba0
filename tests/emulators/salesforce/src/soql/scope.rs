//! Looking up the names of a query in the schema.

use super::ast::{Expr, Function, Item, Name, Operand, Order, Query};
use super::condition;
use super::error::SoqlError;
use super::plan::{Column, Groups, Key, Output, Result, Shape};
use crate::org::{Kind, Object};

/// How many relationships a name may go through; Salesforce's own.
const MAX_HOPS: usize = 5;

/// The object names are looked up from, and the day it is.
pub(super) struct Scope {
    pub from: &'static Object,
    pub today: i64,
}

impl Scope {
    pub fn shape(&self, query: &Query) -> Result<Shape> {
        if let [
            Item {
                operand: Operand::Aggregate(Function::Count, None, at),
                alias: None,
            },
        ] = &query.select[..]
            && query.group_by.is_empty()
        {
            if let Some(order) = query.order_by.first() {
                return Err(SoqlError::malformed(
                    operand_at(&order.operand, *at),
                    "unexpected token: 'ORDER'",
                ));
            }
            return Ok(Shape::Count);
        }
        let aggregate = query
            .select
            .iter()
            .any(|item| matches!(item.operand, Operand::Aggregate(..)));
        if aggregate || !query.group_by.is_empty() {
            return self.groups(query).map(Shape::Groups);
        }
        if let Some(having) = &query.having {
            return Err(SoqlError::malformed(
                expr_at(having),
                "HAVING needs GROUP BY",
            ));
        }
        let columns: Result<Vec<_>> = query
            .select
            .iter()
            .map(|item| self.plain_item(item))
            .collect();
        let order: Result<Vec<_>> = query
            .order_by
            .iter()
            .map(|order| Ok(key(order, self.plain(&order.operand)?)))
            .collect();
        Ok(Shape::Rows(columns?, order?))
    }

    fn groups(&self, query: &Query) -> Result<Groups> {
        let by: Vec<Column> = query
            .group_by
            .iter()
            .map(|name| self.column(name))
            .collect::<Result<_>>()?;
        let output = |operand: &Operand| self.output(operand, &by);
        let mut unnamed = 0usize;
        let mut outputs = Vec::new();
        for item in &query.select {
            let value = output(&item.operand)?;
            let name = match (&item.alias, &value) {
                (Some(alias), _) => alias.clone(),
                (None, Output::Field(column)) => column.field.name.to_owned(),
                (None, Output::Aggregate(..)) => {
                    unnamed += 1;
                    format!("expr{}", unnamed - 1)
                }
            };
            if outputs
                .iter()
                .any(|(other, _): &(String, Output)| other.eq_ignore_ascii_case(&name))
            {
                return Err(SoqlError::malformed(
                    operand_at(&item.operand, 0),
                    format!("duplicate alias: {name}"),
                ));
            }
            outputs.push((name, value));
        }
        let having = query
            .having
            .as_ref()
            .map(|expr| condition::predicate(expr, self.today, &output))
            .transpose()?;
        let order: Result<Vec<_>> = query
            .order_by
            .iter()
            .map(|order| Ok(key(order, output(&order.operand)?)))
            .collect();
        Ok(Groups {
            outputs,
            by,
            having,
            order: order?,
        })
    }

    /// A value of a group: an aggregate, or a field the group is made by.
    fn output(&self, operand: &Operand, by: &[Column]) -> Result<Output> {
        match operand {
            Operand::Field(name) => {
                let column = self.column(name)?;
                if !by.iter().any(|grouped| same(grouped, &column)) {
                    return Err(SoqlError::malformed(
                        name.at,
                        format!("Field must be grouped or aggregated: {}", name.text),
                    ));
                }
                Ok(Output::Field(column))
            }
            Operand::Aggregate(function, None, _) => Ok(Output::Aggregate(*function, None)),
            Operand::Aggregate(function, Some(name), at) => {
                let column = self.column(name)?;
                let numeric = matches!(function, Function::Sum | Function::Avg);
                if numeric && !column.field.kind.is_number() || column.field.kind == Kind::Boolean {
                    return Err(SoqlError::malformed(
                        *at,
                        format!(
                            "field {} does not support aggregate operator {function:?}",
                            name.text
                        ),
                    ));
                }
                Ok(Output::Aggregate(*function, Some(column)))
            }
        }
    }

    fn plain_item(&self, item: &Item) -> Result<Column> {
        match &item.alias {
            Some(alias) => Err(SoqlError::malformed(
                operand_at(&item.operand, 0),
                format!("only aggregate expressions use field aliasing: '{alias}'"),
            )),
            None => self.plain(&item.operand),
        }
    }

    pub fn plain(&self, operand: &Operand) -> Result<Column> {
        match operand {
            Operand::Field(name) => self.column(name),
            Operand::Aggregate(_, _, at) => Err(SoqlError::malformed(
                *at,
                "aggregate functions are not allowed here",
            )),
        }
    }

    pub fn column(&self, name: &Name) -> Result<Column> {
        let mut parts: Vec<&str> = name.text.split('.').collect();
        // `Account.Name FROM Account` says the object's own name first.
        if parts.len() > 1
            && parts[0].eq_ignore_ascii_case(self.from.name)
            && self.from.relationship(parts[0]).is_none()
        {
            parts.remove(0);
        }
        let last = parts.pop().unwrap_or_default();
        if parts.len() > MAX_HOPS {
            return Err(SoqlError::malformed(
                name.at,
                "the relationship path is longer than 5",
            ));
        }
        let (mut object, mut hops, mut relations) = (self.from, Vec::new(), Vec::new());
        for part in parts {
            let (column, target) = object
                .relationship(part)
                .ok_or_else(|| SoqlError::unknown_relationship(name.at, part))?;
            if let Some(Kind::Reference(_, relation)) =
                object.fields.get(column).map(|field| field.kind)
            {
                relations.push(relation);
            }
            hops.push((column, target));
            object = target;
        }
        let column = object
            .column(last)
            .ok_or_else(|| SoqlError::unknown_column(name.at, last, object.name))?;
        let field = object
            .fields
            .get(column)
            .ok_or_else(|| SoqlError::unknown_column(name.at, last, object.name))?;
        Ok(Column {
            hops,
            relations,
            column,
            field,
        })
    }
}

fn key<K>(order: &Order, operand: K) -> Key<K> {
    Key {
        operand,
        descending: order.descending,
        nulls_last: order.nulls_last,
    }
}

fn same(left: &Column, right: &Column) -> bool {
    left.column == right.column && left.relations == right.relations
}

fn operand_at(operand: &Operand, otherwise: usize) -> usize {
    match operand {
        Operand::Field(name) => name.at,
        Operand::Aggregate(_, _, at) => (*at).max(otherwise),
    }
}

fn expr_at(expr: &Expr) -> usize {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.first().map_or(0, expr_at),
        Expr::Not(part) => expr_at(part),
        Expr::Compare(operand, ..) | Expr::In(operand, ..) => operand_at(operand, 0),
    }
}
