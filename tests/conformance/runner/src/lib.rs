//! The rows every language's conformance skill is checked against.
//!
//! A [`Row`](rows::Row) is one sentence and one check that calls the skill through the real host. What a language cannot
//! do is a [`Differs`](languages::Differs) entry of its [`Language`](languages::Language): the row must then fail, and say
//! exactly what the entry says. [`run()`](report::run) gives the [`Report`](report::Report); [`stage()`](stage::stage) puts
//! a language's folder together with what all languages share.
//!
//! *Architecture invariant*: a row only sees what any caller sees: answers, faults, audit records, the service it asked.

pub mod languages;
pub mod report;
pub mod rows;
pub mod scene;
pub mod stage;
