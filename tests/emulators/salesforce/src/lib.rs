//! A Salesforce org on loopback.

pub mod calendar;
pub mod clock;
pub mod error;
pub mod id;
pub mod org;
pub mod random;
pub mod soql;
