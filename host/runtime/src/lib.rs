//! The sandbox: engine, registry, store, guest call, egress and capabilities.

mod disk;
pub mod capabilities;
pub mod credentials;
pub mod egress;
pub mod meter;
pub mod values;
