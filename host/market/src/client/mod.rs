//! What asks a market: for skills to install, and to publish them.
//!
//! # What is believed
//! The trust root that somebody said yes to ([`meet`], [`trust`]), and what follows from it. The log is followed: it may only grow
//! ([`Client::advance`]). A version is fetched with its receipt and verified against the log as it was seen ([`Client::fetch`]); the index is
//! a convenience. What a namespace's keys go back to is remembered, and keys that begin anew are refused until somebody looked
//! ([`FirstKey`]). Every answer has a largest size and a longest time; nothing of one that is refused is kept.
//!
//! # Requests
//! The log and the revocation list once for each command, and two for each version with a warm index: the receipt and the component. Many
//! skills at once ([`Client::indexes`], [`Client::fetch_all`]).
//!
//! Without any, a file with its receipt is held against what this machine knows ([`vouch`]).
//!
//! [`Http`] is the way: [`Network`] to a market, [`Directory`] to a mirror on a disk ([`Client::mirror`]), [`Carried`] to one in a
//! registry ([`Client::mirror_to`]).
//!
//! *Architecture invariant*: nothing here asks a person or reads the environment; where things are kept is said by the caller.

mod account;
mod catalog;
mod error;
mod fetch;
mod http;
mod hyper;
mod installed;
mod kept;
mod known;
mod many;
mod market;
mod mirror;
mod namespace_keys;
mod oci;
mod publish;
mod queue;
mod registry;
mod seen;
#[cfg(test)]
mod tests;

pub use self::{
    account::{ToProve, Token},
    catalog::{Ask, WARM},
    error::ClientError,
    fetch::{Fetched, MAX_COMPONENT},
    http::{Answer, Broken, DOWNLOAD, Http, PATIENCE, Pieces, Request},
    hyper::Network,
    installed::{check_revoked, revoked_line},
    kept::{Held, Kept, write_file},
    known::{Known, Vouched, vouch},
    market::{Client, ROOT_FILE, ROOT_PATH, Stranger, fingerprint, meet, trust, trusted},
    mirror::{Directory, Mirrored},
    oci::Image,
    publish::{Published, Publishing},
    registry::Carried,
    seen::FirstKey,
};
