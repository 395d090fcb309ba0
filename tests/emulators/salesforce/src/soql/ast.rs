//! A query as it was written: names are not looked up yet.

use super::period::Period;

/// A whole statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What to answer.
    pub select: Vec<Item>,
    /// The object, and where its name is.
    pub from: Name,
    /// Which records.
    pub filter: Option<Expr>,
    /// What to group by.
    pub group_by: Vec<Name>,
    /// Which groups.
    pub having: Option<Expr>,
    /// In which order.
    pub order_by: Vec<Order>,
    /// How many at most.
    pub limit: Option<usize>,
    /// How many to leave out first.
    pub offset: Option<usize>,
}

/// A dotted name and the byte it starts at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The whole name, for instance `Account.Owner.Name`.
    pub text: String,
    /// The byte it starts at.
    pub at: usize,
}

/// One thing to answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What.
    pub operand: Operand,
    /// Under which name.
    pub alias: Option<String>,
}

/// A field or an aggregate of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A field.
    Field(Name),
    /// An aggregate; only `COUNT()` has no field.
    Aggregate(Function, Option<Name>, usize),
}

/// An aggregate function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// How many (non-null) values.
    Count,
    /// How many different ones.
    CountDistinct,
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

impl Function {
    /// By name, in any case.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "COUNT" => Self::Count,
            "COUNT_DISTINCT" => Self::CountDistinct,
            "SUM" => Self::Sum,
            "AVG" => Self::Avg,
            "MIN" => Self::Min,
            "MAX" => Self::Max,
            _ => return None,
        })
    }
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// All of them.
    And(Vec<Expr>),
    /// Any of them.
    Or(Vec<Expr>),
    /// Not this one.
    Not(Box<Expr>),
    /// `field operator literal`.
    Compare(Operand, Operator, Literal),
    /// `field [NOT] IN (…)`.
    In(Operand, bool, Vec<Literal>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Eq,
    /// `!=` or `<>`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `LIKE`
    Like,
}

/// A value and the byte it starts at.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// The value.
    pub kind: LiteralKind,
    /// The byte it starts at.
    pub at: usize,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum LiteralKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// Quoted text.
    Text(String),
    /// A day.
    Date(i64),
    /// An instant.
    Instant(i64),
    /// A date literal such as `LAST_N_DAYS:30`.
    Period(Period),
}

/// One sort key.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// By what.
    pub operand: Operand,
    /// Largest first.
    pub descending: bool,
    /// Nulls after everything else; the default is before.
    pub nulls_last: bool,
}
