//! Who vouches for the skills of this host, and what was revoked since.
//!
//! A component is loaded when, and only when, this host knows why it may be: a market it trusts vouches for it, by a receipt that is verified
//! before every load, or somebody installed it and said that nobody has to. Both are kept by the component's digest.
//!
//! Every market's revocation list is looked at three times a minute. What it names is called no more from then on, by whichever host has
//! seen it: the list is in the store. A list that is too old to be relied on is said so, loudly, and is what [`Stale`] says it is.

mod lists;
mod record;
mod revoking;
mod settings;
mod vouching;

pub use lists::{HttpLists, ListSource, Standing};
pub use record::{Facts, KeptList, Known, Vouched, Why};
pub use revoking::{Affected, ListStatus, Revocations};
pub use settings::{Market, Running, Settings, Stale, Unsigned};
pub use vouching::{Vouches, Vouching};
