//! One attack on the market's state each, and each is refused.

mod endings;
mod form;
mod keys;
mod leaving;
mod members;
mod publishers;
mod signatures;
mod skills;
mod two_person;
mod void;
mod without_end;
mod workflows;

const NAME: &str = "com.acme/salesforce";
