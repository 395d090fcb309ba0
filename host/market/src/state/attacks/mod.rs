//! One attack on the market's state each, and each is refused.

mod form;
mod keys;
mod publishers;
mod signatures;
mod skills;

const NAME: &str = "com.acme/salesforce";
