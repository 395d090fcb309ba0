//! placeholder
pub mod credentials;
pub mod egress;
pub mod meter;
pub mod values;
