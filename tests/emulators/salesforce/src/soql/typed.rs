//! What a name in a query holds, what a literal becomes for it, and the words for a name that is none.

use super::ast::{Function, Literal, LiteralKind, Name};
use super::error::SoqlError;
use super::plan::{Column, Output, Result};
use crate::id;
use crate::org::{Kind, Object, Value};

/// An operand that knows what it holds.
pub(super) trait Typed {
    fn kind(&self) -> Kind;
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
pub(super) fn value(name: &str, kind: Kind, literal: &Literal) -> Result<Value> {
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

pub(super) fn unknown_column(name: &Name, field: &str, object: &Object) -> SoqlError {
    SoqlError::field(
        name.at,
        format!(
            "No such column '{field}' on entity '{}'. If you are attempting to use a custom field, be sure to append \
             the '__c' after the custom field name. Please reference your WSDL or the describe call for the \
             appropriate names.",
            object.name
        ),
    )
}

pub(super) fn unknown_relationship(name: &Name, part: &str) -> SoqlError {
    SoqlError::field(
        name.at,
        format!(
            "Didn't understand relationship '{part}' in field path. If you are attempting to use a custom \
             relationship, be sure to append the '__r' after the custom relationship name. Please reference your \
             WSDL or the describe call for the appropriate names."
        ),
    )
}
