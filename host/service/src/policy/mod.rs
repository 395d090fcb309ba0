//! Which tools may be called by whom with what, as a tenant's operator writes it in Cedar.
//!
//! A tenant without a policy set has what its keys' roles and its grants say. One that has a set needs a `permit` beside that: Cedar
//! denies what nothing permits, and a `forbid` is stronger than any `permit`. A policy takes nothing that a grant did not give first.
//!
//! ```cedar
//! @id("reading")
//! permit (principal, action == Metier::Action::"call", resource) when { resource.effect == "read" };
//!
//! @id("small-refunds")
//! permit (principal, action, resource == Metier::Tool::"shop.refund")
//! when { principal.role == "operator" && context.arguments has cents && context.arguments.cents <= 5000 };
//! ```
//!
//! `metier.cedarschema` beside this file says what there is. Text is checked against it when it is put. Only what is inside
//! `context.arguments` cannot be known then: ask for it with `has` first, for a policy that cannot be evaluated denies the call.
//!
//! Arguments are the call's JSON: texts, booleans, lists and objects as they are; whole numbers as longs; numbers with up to four digits
//! behind the point as decimals. Other numbers are texts of their digits, so that comparing them is an error and no silent hole; null
//! is as good as absent. A name that stands twice in an object denies.
//!
//! In the mode `log-only` every decision is written down and nothing is denied.

mod arguments;
mod asked;
mod check;
mod compiled;
mod examples;
mod policies;
mod service;

#[cfg(test)]
mod tests;

pub use asked::{Asked, RUN_ROLE, Surface};
pub use compiled::{Compiled, MAX_DEPTH, MAX_MARKS, MAX_POLICIES, MAX_TEXT, Mistake, Verdict};
pub use examples::{Checked, Report, run_examples};
pub use policies::{Mode, Policies, Policy};
