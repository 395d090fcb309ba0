//! The way to model providers: an agent's requests, over egress.
//!
//! [`ModelTransport`] sends what the adapters made. Each candidate of the routes file gets a grant of its own, derived from
//! its base URL: that host, that port, `POST`, and the paths its format uses; nothing else can be reached on its behalf,
//! and its credential goes nowhere else. Addresses inside are refused as for skills, except those of this machine where the
//! base URL names it, and the networks the candidate lists.
//!
//! [`LiveModel`] puts others in the place of those that answer; [`LivePace`] is real time and real chance.

mod grant;
mod live;
mod pace;
mod transport;

pub use grant::GrantProblem;
pub use live::LiveModel;
pub use pace::LivePace;
pub use transport::{ModelTransport, egress_for_models};
