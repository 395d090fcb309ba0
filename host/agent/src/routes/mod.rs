//! Routes: which model is asked, what it costs, and who is asked when it fails.
//!
//! A run names a [`Route`] instead of a provider: candidates in order, and rules they have to fit. Everything here is a
//! pure function of configuration, prices, health and the time it is given.

mod bound;
mod candidate;
mod config;
mod health;
mod price;
mod route;
mod select;
mod wait;

pub use bound::FRAME_TOKENS;
pub use candidate::{Candidate, Feature, Format};
pub use config::{PriceFile, RouteSpec, Routes, RoutesError};
pub use health::{Breaker, Condition, FAILURES_TO_REST, FIRST_REST_MS, Health, LONGEST_REST_MS};
pub use metier_core::money::{NANOS_PER_DOLLAR, NanoDollars};
pub use price::{Long, MaxPrice, Price, PriceTable};
pub use route::{Needs, Retry, Route};
pub use select::{Circumstances, LeftOut, Selection, select};

/// The prices that come with Metier, as a file's text: public list prices, dated. Whoever has others writes a file.
pub const LIST_PRICES: &str = include_str!("../../prices.toml");
