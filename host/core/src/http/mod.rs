//! How addresses are written, matched and refused: URLs, patterns, methods and IP addresses.
//!
//! The one rule behind it all: **what is matched is what is sent.** A [`CanonicalUrl`] has a single spelling; patterns
//! look at its decoded parts; the request that leaves carries exactly its text.

mod address;
mod host;
mod host_pattern;
mod method;
mod path_pattern;
mod raw;
mod scheme;
mod url;

#[cfg(test)]
mod tests;

pub use address::{AddressClass, AddressPolicy, AddressRefused};
pub use host::{Host, InvalidHost};
pub use host_pattern::{HostPattern, InvalidHostPattern};
pub use method::{InvalidMethod, Method, MethodSet};
pub use path_pattern::{InvalidPathPattern, PathPattern};
pub use scheme::{InvalidScheme, Scheme};
pub use url::{CanonicalUrl, MAX_URL_BYTES, UrlError};
