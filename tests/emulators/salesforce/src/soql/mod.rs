//! SOQL, the part of it people and models write.
//!
//! `SELECT` fields, relationship fields and aggregates with aliases; `FROM` one object; `WHERE` with
//! comparisons, `LIKE`, `IN`, `NOT`, parentheses and date literals; `GROUP BY`, `HAVING`, `ORDER BY`
//! with `NULLS`, `LIMIT`, `OFFSET`. Left out: sub-queries and semi-joins, `FIELDS()`, `TYPEOF`, `WITH`,
//! `FOR`, aliases of objects; they are `MALFORMED_QUERY` here.
//!
//! Text → [`lexer`] → [`parser`] → [`ast`] → [`plan`](mod@plan) → [`eval`].

pub mod ast;
mod condition;
pub mod error;
pub mod eval;
pub mod lexer;
pub mod parser;
pub mod period;
pub mod plan;
pub mod row;
mod scope;
pub mod test;

pub use error::SoqlError;
pub use eval::Answer;

use crate::calendar::DAY_SECONDS;
use crate::error::ApiError;
use crate::org::Org;

/// Parse and run a query. `now` is in Unix seconds; `version` (`v62.0`) goes into record URLs.
///
/// # Errors
/// What the REST API answers, with the line and a caret under the place.
pub fn query(
    org: &Org,
    text: &str,
    now: i64,
    include_deleted: bool,
    version: &str,
) -> Result<Answer, ApiError> {
    let plan =
        parser::parse(text).and_then(|query| plan::plan(&query, now.div_euclid(DAY_SECONDS)));
    let plan = plan.map_err(|error| error.to_api(text))?;
    Ok(eval::run(&plan, org, include_deleted, version))
}

#[cfg(test)]
mod tests;
