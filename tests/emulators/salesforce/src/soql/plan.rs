//! A query whose names are looked up: what evaluation needs, and the errors only a schema can find.

use super::ast::{
    Expr, Function, Item, Literal, LiteralKind, Name, Operand, Operator, Order, Query,
};
use super::error::SoqlError;
use super::test::{Predicate, Test};
use super::typed::{Typed, unknown_column, unknown_relationship, value};
use crate::org::{Field, Kind, Object};

/// The largest `OFFSET`; Salesforce's own.
const MAX_OFFSET: usize = 2_000;

/// How many relationships a name may go through; Salesforce's own.
const MAX_HOPS: usize = 5;

pub(super) type Result<T> = std::result::Result<T, SoqlError>;

/// A field, and the way to it.
#[derive(Clone, Debug)]
pub struct Column {
    /// The reference columns to go through and what each leads to.
    pub hops: Vec<(usize, &'static Object)>,
    /// The relationship names of the hops, as the schema spells them.
    pub relations: Vec<&'static str>,
    /// The position in the last object.
    pub column: usize,
    /// The field there.
    pub field: &'static Field,
}

/// What one output value is.
#[derive(Clone, Debug)]
pub enum Output {
    /// A field.
    Field(Column),
    /// An aggregate; none counts records.
    Aggregate(Function, Option<Column>),
}

/// A query that can be run.
#[derive(Debug)]
pub struct Plan {
    /// The object.
    pub from: &'static Object,
    /// Which records.
    pub filter: Option<Predicate<Column>>,
    /// How to answer.
    pub shape: Shape,
    /// How many at most.
    pub limit: Option<usize>,
    /// How many to leave out.
    pub offset: usize,
}

/// The three kinds of answer.
#[derive(Debug)]
pub enum Shape {
    /// `SELECT COUNT()`: only a number.
    Count,
    /// Records.
    Rows(Vec<Column>, Vec<Key<Column>>),
    /// Groups of records.
    Groups(Groups),
}

/// A grouped answer.
#[derive(Debug)]
pub struct Groups {
    /// Names and values to answer.
    pub outputs: Vec<(String, Output)>,
    /// What to group by; nothing makes one group of everything.
    pub by: Vec<Column>,
    /// Which groups.
    pub having: Option<Predicate<Output>>,
    /// In which order.
    pub order: Vec<Key<Output>>,
}

/// One sort key.
#[derive(Clone, Debug)]
pub struct Key<K> {
    /// By what.
    pub operand: K,
    /// Largest first.
    pub descending: bool,
    /// Nulls last.
    pub nulls_last: bool,
}

/// Look up every name of `query`; `today` gives date literals their days.
///
/// # Errors
/// `INVALID_TYPE`, `INVALID_FIELD`, `MALFORMED_QUERY`, `NUMBER_OUTSIDE_VALID_RANGE`.
pub fn plan(query: &Query, today: i64) -> Result<Plan> {
    let from = Object::find(&query.from.text)
        .ok_or_else(|| SoqlError::unknown_object(query.from.at, &query.from.text))?;
    let scope = Scope { from, today };
    let filter = query
        .filter
        .as_ref()
        .map(|expr| scope.predicate(expr, &|operand| scope.plain(operand)));
    let offset = query.offset.unwrap_or(0);
    if offset > MAX_OFFSET {
        return Err(SoqlError::range(format!(
            "Maximum SOQL offset allowed is {MAX_OFFSET}"
        )));
    }
    Ok(Plan {
        from,
        filter: filter.transpose()?,
        shape: scope.shape(query)?,
        limit: query.limit,
        offset,
    })
}

struct Scope {
    from: &'static Object,
    today: i64,
}

impl Scope {
    fn shape(&self, query: &Query) -> Result<Shape> {
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
            .map(|expr| self.predicate(expr, &output))
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

    fn plain(&self, operand: &Operand) -> Result<Column> {
        match operand {
            Operand::Field(name) => self.column(name),
            Operand::Aggregate(_, _, at) => Err(SoqlError::malformed(
                *at,
                "aggregate functions are not allowed here",
            )),
        }
    }

    fn column(&self, name: &Name) -> Result<Column> {
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
                .ok_or_else(|| unknown_relationship(name, part))?;
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
            .ok_or_else(|| unknown_column(name, last, object))?;
        let field = object
            .fields
            .get(column)
            .ok_or_else(|| unknown_column(name, last, object))?;
        Ok(Column {
            hops,
            relations,
            column,
            field,
        })
    }

    fn predicate<K: Typed>(
        &self,
        expr: &Expr,
        operand: &impl Fn(&Operand) -> Result<K>,
    ) -> Result<Predicate<K>> {
        let all = |parts: &[Expr]| {
            parts
                .iter()
                .map(|part| self.predicate(part, operand))
                .collect::<Result<Vec<_>>>()
        };
        Ok(match expr {
            Expr::And(parts) => Predicate::And(all(parts)?),
            Expr::Or(parts) => Predicate::Or(all(parts)?),
            Expr::Not(part) => Predicate::Not(Box::new(self.predicate(part, operand)?)),
            Expr::Compare(left, operator, literal) => {
                let left = operand(left)?;
                let test = self.test(left.name(), left.kind(), *operator, literal)?;
                Predicate::Test(left, test)
            }
            Expr::In(left, negated, literals) => {
                let left = operand(left)?;
                let values = literals
                    .iter()
                    .map(|literal| value(left.name(), left.kind(), literal));
                let test = Test::In(values.collect::<Result<_>>()?, *negated);
                Predicate::Test(left, test)
            }
        })
    }

    fn test(&self, name: &str, kind: Kind, operator: Operator, literal: &Literal) -> Result<Test> {
        if kind == Kind::LongText {
            return Err(SoqlError::field(
                literal.at,
                format!("field '{name}' can not be filtered in a query call"),
            ));
        }
        if operator == Operator::Like {
            return match &literal.kind {
                LiteralKind::Text(pattern) if kind.is_textual() => Ok(Test::Like(pattern.clone())),
                _ => Err(SoqlError::field(
                    literal.at,
                    "invalid operator on field: LIKE needs text",
                )),
            };
        }
        if kind == Kind::Boolean && !matches!(operator, Operator::Eq | Operator::Ne) {
            return Err(SoqlError::field(
                literal.at,
                "invalid operator on boolean field",
            ));
        }
        match literal.kind {
            LiteralKind::Period(period) if matches!(kind, Kind::Date | Kind::DateTime) => {
                let (first, past) = period.days(self.today);
                Ok(Test::Days(operator, first, past))
            }
            _ => Ok(Test::Compare(operator, value(name, kind, literal)?)),
        }
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

/// Look up fields of an object by name, as `GET …/sobjects/Account/{id}?fields=` gives them.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn columns(object: &'static Object, names: &[&str]) -> Result<Vec<Column>> {
    let scope = Scope {
        from: object,
        today: 0,
    };
    let column = |name: &&str| {
        scope.column(&Name {
            text: name.trim().to_owned(),
            at: 0,
        })
    };
    let columns = names.iter().map(column).collect::<Result<Vec<_>>>();
    // There is no query to point into.
    columns.map_err(|error| SoqlError { at: None, ..error })
}
