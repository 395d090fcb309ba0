//! Routes: which model is asked, what it costs, and who is asked when it fails.
//!
//! A run names a [`Route`] instead of a provider: candidates in order, and rules they have to fit. Everything here is a
//! pure function of configuration, prices, health and the time it is given.

mod candidate;
mod money;
mod price;
mod route;

pub use candidate::{Candidate, Feature, Format};
pub use money::{NANOS_PER_DOLLAR, NanoDollars};
pub use price::{Long, MaxPrice, Price, PriceTable};
pub use route::{Needs, Retry, Route};
