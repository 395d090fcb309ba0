//! Whether a skill asks for more resources.
//!
//! A limit that is not asked for is the operator's ceiling ([`metier_core::Limits::effective`]): leaving one out is asking for all there is.

use metier_core::{LimitsAsk, manifest::words};

use super::super::{Class, Part, Reason};

pub(super) fn compare(old: &LimitsAsk, new: &LimitsAsk) -> Vec<Reason> {
    let change = |(name, order): (&'static str, Order)| {
        let [before, after] = [old, new].map(|limits| said(limits, name));
        let words = format!("its limit of {name} was {before}, and is {after}");
        let reason = match order {
            Order::Same => return None,
            Order::Wider => Reason::wider(Class::Reconsent, Part::Limits, words),
            Order::Narrower => Reason::narrower(Part::Limits, words),
        };
        Some(reason.with(vec![
            format!("- {name} = {before}"),
            format!("+ {name} = {after}"),
        ]))
    };
    orders(old, new).into_iter().filter_map(change).collect()
}

enum Order {
    Same,
    Wider,
    Narrower,
}

fn order<T: Ord>(old: Option<T>, new: Option<T>) -> Order {
    match (old, new) {
        (None, None) => Order::Same,
        (Some(old), Some(new)) if old == new => Order::Same,
        (Some(_), None) => Order::Wider,
        (Some(old), Some(new)) if new > old => Order::Wider,
        _ => Order::Narrower,
    }
}

fn orders(old: &LimitsAsk, new: &LimitsAsk) -> [(&'static str, Order); 10] {
    [
        ("memory", order(old.memory, new.memory)),
        (
            "table-elements",
            order(old.table_elements, new.table_elements),
        ),
        ("cpu", order(old.cpu, new.cpu)),
        ("wall", order(old.wall, new.wall)),
        ("log-bytes", order(old.log_bytes, new.log_bytes)),
        (
            "artifact-bytes",
            order(old.artifact_bytes, new.artifact_bytes),
        ),
        ("requests", order(old.requests, new.requests)),
        ("request-bytes", order(old.request_bytes, new.request_bytes)),
        (
            "response-bytes",
            order(old.response_bytes, new.response_bytes),
        ),
        ("result-bytes", order(old.result_bytes, new.result_bytes)),
    ]
}

fn said(limits: &LimitsAsk, name: &str) -> String {
    let all = words::limits(limits);
    let found = all.into_iter().find(|(known, _)| *known == name);
    found.map_or_else(
        || "whatever the operator allows".to_owned(),
        |(_, value)| value,
    )
}
