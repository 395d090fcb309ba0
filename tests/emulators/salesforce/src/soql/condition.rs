//! Conditions with typed operands: whether a literal fits a field, and what it is then.

use super::ast::{Expr, Function, Literal, LiteralKind, Operand, Operator};
use super::error::SoqlError;
use super::plan::{Column, Output, Result};
use super::test::{Predicate, Test};
use crate::id;
use crate::org::{Kind, Value};

/// Give every comparison of `expr` its operand and a value of the operand's type; `today` gives date
/// literals their days.
///
/// # Errors
/// `INVALID_FIELD` where a literal does not fit, and those of `operand`.
pub(super) fn predicate<K: Typed>(
    expr: &Expr,
    today: i64,
    operand: &impl Fn(&Operand) -> Result<K>,
) -> Result<Predicate<K>> {
    let all = |parts: &[Expr]| {
        parts
            .iter()
            .map(|part| predicate(part, today, operand))
            .collect::<Result<Vec<_>>>()
    };
    Ok(match expr {
        Expr::And(parts) => Predicate::And(all(parts)?),
        Expr::Or(parts) => Predicate::Or(all(parts)?),
        Expr::Not(part) => Predicate::Not(Box::new(predicate(part, today, operand)?)),
        Expr::Compare(left, operator, literal) => {
            let left = operand(left)?;
            filterable(&left, literal.at)?;
            let test = test(&left, *operator, literal, today)?;
            Predicate::Test(left, test)
        }
        Expr::In(left, negated, literals) => {
            let left = operand(left)?;
            filterable(&left, literals.first().map_or(0, |literal| literal.at))?;
            let values = literals
                .iter()
                .map(|literal| value(left.name(), left.kind(), literal));
            let test = Test::In(values.collect::<Result<_>>()?, *negated);
            Predicate::Test(left, test)
        }
    })
}

fn filterable(operand: &impl Typed, at: usize) -> Result<()> {
    if operand.kind() == Kind::LongText {
        let name = operand.name();
        return Err(SoqlError::field(
            at,
            format!("field '{name}' can not be filtered in a query call"),
        ));
    }
    Ok(())
}

fn test(operand: &impl Typed, operator: Operator, literal: &Literal, today: i64) -> Result<Test> {
    let (name, kind) = (operand.name(), operand.kind());
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
            let (first, past) = period.days(today);
            Ok(Test::Days(operator, first, past))
        }
        _ => Ok(Test::Compare(operator, value(name, kind, literal)?)),
    }
}

/// An operand that knows what it holds.
pub(super) trait Typed {
    /// What it holds.
    fn kind(&self) -> Kind;
    /// How errors call it.
    fn name(&self) -> &str;
}

impl Typed for Column {
    fn kind(&self) -> Kind {
        self.field.kind
    }

    fn name(&self) -> &str {
        self.field.name
    }
}

impl Typed for Output {
    fn kind(&self) -> Kind {
        match self {
            Self::Field(column) | Self::Aggregate(Function::Min | Function::Max, Some(column)) => {
                column.kind()
            }
            Self::Aggregate(Function::Sum | Function::Avg, _) => Kind::Double,
            Self::Aggregate(..) => Kind::Int,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Field(column) | Self::Aggregate(_, Some(column)) => column.name(),
            Self::Aggregate(_, None) => "COUNT",
        }
    }
}

/// A literal as a value of this kind.
fn value(name: &str, kind: Kind, literal: &Literal) -> Result<Value> {
    Ok(match (&literal.kind, kind) {
        (LiteralKind::Null, _) => Value::Null,
        (LiteralKind::Bool(value), Kind::Boolean) => Value::Bool(*value),
        (LiteralKind::Number(value), kind) if kind.is_number() => Value::Number(*value),
        (LiteralKind::Date(value), Kind::Date) => Value::Date(*value),
        (LiteralKind::Instant(value), Kind::DateTime) => Value::Instant(*value),
        (LiteralKind::Text(text), Kind::Id | Kind::Reference(..)) => {
            Value::Text(id::normalise(text).ok_or_else(|| SoqlError {
                code: "INVALID_QUERY_FILTER_OPERATOR",
                message: format!("invalid ID field: {text}"),
                at: Some(literal.at),
            })?)
        }
        (LiteralKind::Text(text), kind) if kind.is_textual() => Value::text(text),
        (given, kind) => return Err(mismatch(name, kind, given, literal.at)),
    })
}

fn mismatch(name: &str, kind: Kind, given: &LiteralKind, at: usize) -> SoqlError {
    let quotes = match given {
        LiteralKind::Text(_) => " and should not be enclosed in quotes",
        _ if kind.is_textual() => " and should be enclosed in quotes",
        _ => "",
    };
    let kind = if kind.is_textual() {
        "string"
    } else if kind.is_number() {
        "double"
    } else {
        kind.name()
    };
    let kind = if kind == "datetime" { "dateTime" } else { kind };
    SoqlError::field(
        at,
        format!("value of filter criterion for field '{name}' must be of type {kind}{quotes}"),
    )
}
