//! The rows: what a conformance skill is checked against.

mod expect;
mod faults;
mod limits;
mod output;
mod storage;
mod system;
mod tools;
mod values;
mod web;

use std::future::Future;
use std::pin::Pin;

use crate::scene::Scene;

/// Nothing when the row holds, otherwise what went wrong.
pub type Checked = Result<(), String>;

/// A check under way.
pub type Checking<'a> = Pin<Box<dyn Future<Output = Checked> + Send + 'a>>;

/// One thing a skill must be able to do.
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// What it checks, in one sentence.
    pub what: &'static str,
    /// The check.
    pub check: for<'a> fn(&'a Scene) -> Checking<'a>,
}

/// A row from an `async fn(&Scene) -> Checked`.
macro_rules! row {
    ($name:literal, $what:literal, $check:path) => {
        $crate::rows::Row {
            name: $name,
            what: $what,
            check: |scene| Box::pin($check(scene)),
        }
    };
}
use row;

/// All rows, in the order they are printed.
pub fn all() -> impl Iterator<Item = &'static Row> {
    let groups: [&'static [Row]; 8] = [
        tools::ROWS,
        values::ROWS,
        web::ROWS,
        storage::ROWS,
        output::ROWS,
        faults::ROWS,
        limits::ROWS,
        system::ROWS,
    ];
    groups.into_iter().flatten()
}
