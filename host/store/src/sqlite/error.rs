//! From SQLite's errors to what a caller does about them.

use std::{fmt, str::FromStr, sync::Arc};

use rusqlite::{
    Error, ErrorCode, Row,
    types::{FromSqlError, Type},
};

use crate::error::{Refusal, StoreError};

/// An error of a statement inside a transaction: it is rolled back, so nothing was applied.
impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => damaged(&error),
            Some(_) => StoreError::Unavailable(Arc::new(error)),
            // A column that does not hold what we wrote there.
            None if matches!(
                error,
                Error::FromSqlConversionFailure(..) | Error::InvalidColumnType(..)
            ) =>
            {
                damaged(&error)
            }
            None => StoreError::Unavailable(Arc::new(error)),
        }
    }
}

fn damaged(error: &Error) -> StoreError {
    let refusal = Refusal::Damaged {
        path: "the store".into(),
        what: error.to_string(),
    };
    StoreError::Refused(refusal)
}

/// An error of `COMMIT`. A full disk undoes the transaction; after anything else its pages may or may not be in the log.
pub fn of_commit(error: Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            error.into()
        }
        _ => StoreError::Unknown(Arc::new(error)),
    }
}

/// A column as one of our types.
pub fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: FromStr<Err: fmt::Display>,
{
    let text = row.get_ref(column)?.as_str()?;
    text.parse().map_err(|error: T::Err| {
        let error = FromSqlError::Other(error.to_string().into());
        Error::FromSqlConversionFailure(column, Type::Text, error.into())
    })
}

/// A column as one of our types, or nothing.
pub fn parsed_or_none<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T: FromStr<Err: fmt::Display>,
{
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => parsed(row, column).map(Some),
    }
}
