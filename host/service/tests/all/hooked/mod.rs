//! Events to endpoints: signed, tried again, given up, and never inwards.

mod endpoint;

mod sent;
mod told;
