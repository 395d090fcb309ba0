//! Whether a skill costs more.

use metier_core::{
    Price,
    manifest::price::{Tariff, Trial},
};

use super::{Class, Part, Reason};

/// What an update does to the price. Another unit is always another price: nobody can say which of two costs more.
pub(super) fn compare(old: &Price, new: &Price) -> Option<Reason> {
    if old == new {
        return None;
    }
    let dearer = match (old, new) {
        (_, Price::Free) => false,
        (Price::Free, Price::Paid(_)) => true,
        (Price::Paid(old), Price::Paid(new)) => is_dearer(old, new),
    };
    let words = format!("the price was: {}; it is: {}", old.words(), new.words());
    Some(match dearer {
        true => Reason::wider(Class::ReconsentPrice, Part::Price, words),
        false => Reason::narrower(Part::Price, words),
    })
}

fn is_dearer(old: &Tariff, new: &Tariff) -> bool {
    let cap = match (old.monthly_cap, new.monthly_cap) {
        (Some(_), None) => true,
        (Some(old), Some(new)) => new > old,
        (None, _) => false,
    };
    let trial = match (old.trial, new.trial) {
        (None, _) => false,
        (Some(Trial::Calls(old)), Some(Trial::Calls(new))) => new < old,
        (Some(Trial::Days(old)), Some(Trial::Days(new))) => new < old,
        // Taken away, or of another kind: who counted on calls is not helped by days.
        (Some(_), _) => true,
    };
    new.bill_on != old.bill_on || new.nano_dollars > old.nano_dollars || cap || trial
}
