//! From PostgreSQL's errors to what a caller does about them.

use std::{fmt, str::FromStr, sync::Arc};

use tokio_postgres::{Error, Row, error::SqlState, types::FromSql};

use crate::{
    error::{Refusal, StoreError},
    labels,
    traits::Result,
    types::{ChainHash, Labels},
};

/// An error of a statement that writes and was sent.
///
/// What the server refused was rolled back. A server that went away, or said that it is going away, may have committed before.
pub fn of_write(error: Error) -> StoreError {
    let may_be_applied = match error.code() {
        Some(code) => {
            let connection = code.code().starts_with("08");
            let leaving = [
                SqlState::ADMIN_SHUTDOWN,
                SqlState::CRASH_SHUTDOWN,
                SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN,
            ];
            connection || leaving.contains(code)
        }
        None => true,
    };
    if may_be_applied {
        StoreError::Unknown(Arc::new(error))
    } else {
        StoreError::Unavailable(Arc::new(error))
    }
}

/// An error before anything could be written, or of a statement that only reads.
pub fn of_read(error: Error) -> StoreError {
    StoreError::Unavailable(Arc::new(error))
}

/// Whether the server rolled back for another's sake: trying again is all there is to do.
pub fn is_transient(error: &Error) -> bool {
    let code = error.code();
    [
        &SqlState::T_R_DEADLOCK_DETECTED,
        &SqlState::T_R_SERIALIZATION_FAILURE,
    ]
    .iter()
    .any(|state| code == Some(state))
}

/// Whether the error is of this kind.
pub fn is(error: &Error, state: &SqlState) -> bool {
    error.code() == Some(state)
}

/// Something that is not what we wrote.
pub fn damaged(what: impl fmt::Display) -> StoreError {
    let refusal = Refusal::Damaged {
        path: "the database".into(),
        what: what.to_string(),
    };
    StoreError::Refused(refusal)
}

/// A column.
pub fn column<'r, T: FromSql<'r>>(row: &'r Row, index: usize) -> Result<T> {
    row.try_get(index).map_err(damaged)
}

/// A column as one of our types.
pub fn parsed<T: FromStr<Err: fmt::Display>>(row: &Row, index: usize) -> Result<T> {
    column::<&str>(row, index)?.parse().map_err(damaged)
}

/// A column as one of our types, or nothing.
pub fn parsed_or_none<T: FromStr<Err: fmt::Display>>(row: &Row, index: usize) -> Result<Option<T>> {
    let text: Option<&str> = column(row, index)?;
    text.map(|text| text.parse().map_err(damaged)).transpose()
}

/// A column with a hash.
pub fn hash(row: &Row, index: usize) -> Result<ChainHash> {
    column::<&[u8]>(row, index)?.try_into().map_err(damaged)
}

/// A column with labels.
pub fn labels_of(row: &Row, index: usize) -> Result<Labels> {
    labels::from_text(column(row, index)?)
        .ok_or_else(|| damaged("a run's labels are no JSON object"))
}
