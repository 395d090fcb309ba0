//! What is to be sent, kept until it arrived or was given up.
//!
//! An endpoint's outbox has so many places, each an entry of the catalog that is used again when it is free. What is under an id is there
//! once. An outbox that is full loses its oldest dead letter first, and then what comes.

use metier_core::{Code, Fault, TenantId};
use metier_store::types::Expect;

use super::{
    event::Event,
    record::{Delivery, endpoint_key, slot_key},
};
use crate::{
    audit::{Event as Noted, What},
    records::Kept,
    service::Service,
};

/// Places of one endpoint's outbox, dead letters included.
pub const MAX_OUTBOX: usize = 5_000;

/// Dead letters of one endpoint that are kept: the newest.
pub const MAX_DEAD: usize = 1_000;

/// One place in use: which, and what is there.
pub(super) type Slot = (usize, Kept<Delivery>);

impl Service {
    /// What is in an endpoint's outbox, by place.
    pub(super) fn outbox(&self, endpoint: &str) -> Vec<Slot> {
        let below = self.hooks().deliveries.below(&format!("{endpoint}/"));
        let read = |(slot, kept): (String, Kept<Delivery>)| Some((slot.parse().ok()?, kept));
        let mut slots: Vec<Slot> = below.into_iter().filter_map(read).collect();
        slots.sort_unstable_by_key(|(slot, _)| *slot);
        slots
    }

    /// Puts an event into the outboxes of all endpoints of a tenant that want it. It is durable when this returns.
    pub(super) async fn enqueue(&self, tenant: &TenantId, event: &Event) -> Result<(), Fault> {
        let endpoints = self.hooks().endpoints.below(&endpoint_key(tenant, ""));
        for (name, kept) in endpoints {
            if kept.value.wants(event.kind) {
                self.enqueue_for(tenant, &name, event).await?;
            }
        }
        Ok(())
    }

    /// Puts an event into one outbox.
    pub(super) async fn enqueue_for(
        &self,
        tenant: &TenantId,
        name: &str,
        event: &Event,
    ) -> Result<(), Fault> {
        let endpoint = endpoint_key(tenant, name);
        let delivery = Delivery {
            event: event.id.clone(),
            kind: event.kind,
            body: event.body.clone(),
            at: event.at,
            attempts: 0,
            next: 0,
            dead: false,
            last: None,
        };
        // Whoever else puts something there takes the same place at most once.
        loop {
            let slots = self.outbox(&endpoint);
            if slots.iter().any(|(_, kept)| kept.value.event == event.id) {
                return Ok(());
            }
            let Some((slot, expect)) = place(&slots) else {
                tracing::error!(%tenant, endpoint = name, event = event.id, "the outbox is full, and an event is dropped");
                self.note_delivery(tenant, name, &event.id, "dropped");
                return Ok(());
            };
            let deliveries = &self.hooks().deliveries;
            match deliveries
                .put(&slot_key(&endpoint, slot), expect, &delivery)
                .await
            {
                Err(fault) if fault.code == Code::Conflict => {}
                put => return put,
            }
        }
    }

    /// Forgets all that is in an outbox.
    pub(super) async fn empty_outbox(&self, endpoint: &str) -> Result<(), Fault> {
        for (slot, _) in self.outbox(endpoint) {
            let entry = slot_key(endpoint, slot);
            self.hooks().deliveries.remove(&entry, Expect::Any).await?;
        }
        Ok(())
    }

    /// Keeps the newest dead letters of an endpoint.
    pub(super) async fn trim_dead(&self, endpoint: &str) -> Result<(), Fault> {
        for (slot, kept) in surplus(self.outbox(endpoint)) {
            let entry = slot_key(endpoint, slot);
            self.hooks()
                .deliveries
                .remove(&entry, Expect::Rev(kept.rev))
                .await?;
        }
        Ok(())
    }

    /// Writes down what became of an event that did not simply arrive.
    pub(super) fn note_delivery(&self, tenant: &TenantId, name: &str, event: &str, outcome: &str) {
        let what = What::Delivery {
            endpoint: name,
            event,
            outcome,
        };
        self.notes().note(&Noted {
            what,
            tenant: Some(tenant),
            principal: None,
            request: None,
        });
    }
}

/// The first free place, or the one of the oldest dead letter.
fn place(slots: &[Slot]) -> Option<(usize, Expect)> {
    let mut taken = slots.iter().map(|(slot, _)| *slot).enumerate();
    let free = taken
        .find(|(place, slot)| place != slot)
        .map_or(slots.len(), |(place, _)| place);
    if free < MAX_OUTBOX {
        return Some((free, Expect::Absent));
    }
    let dead = slots.iter().filter(|(_, kept)| kept.value.dead);
    let oldest = dead.min_by_key(|(_, kept)| kept.value.at)?;
    Some((oldest.0, Expect::Rev(oldest.1.rev)))
}

/// Dead letters beyond the newest that are kept.
fn surplus(slots: Vec<Slot>) -> impl Iterator<Item = Slot> {
    let mut dead = slots;
    dead.retain(|(_, kept)| kept.value.dead);
    dead.sort_unstable_by_key(|(_, kept)| std::cmp::Reverse(kept.value.at));
    dead.into_iter().skip(MAX_DEAD)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use metier_store::types::{Expect, Rev};

    use super::{MAX_DEAD, MAX_OUTBOX, Slot, place, surplus};
    use crate::{
        hooks::{event::Kind, record::Delivery},
        records::Kept,
    };

    /// A place in use since then.
    fn slot(slot: usize, at: u64, dead: bool) -> Slot {
        let delivery = Delivery {
            event: format!("evt_{slot}"),
            kind: Kind::Test,
            body: "{}".into(),
            at,
            attempts: 0,
            next: 0,
            dead,
            last: None,
        };
        let kept = Kept {
            rev: Rev(slot as u64 + 1),
            value: Arc::new(delivery),
        };
        (slot, kept)
    }

    #[test]
    fn the_first_free_place_is_taken_again() {
        let at = |slots: &[usize]| {
            let slots: Vec<Slot> = slots.iter().map(|number| slot(*number, 0, false)).collect();
            place(&slots)
        };
        assert_eq!(at(&[]), Some((0, Expect::Absent)));
        assert_eq!(at(&[0, 1, 2]), Some((3, Expect::Absent)));
        assert_eq!(at(&[0, 2, 3]), Some((1, Expect::Absent)));
        assert_eq!(at(&[1]), Some((0, Expect::Absent)));
    }

    #[test]
    fn a_full_outbox_loses_its_oldest_dead_letter_and_then_what_comes() {
        let full = |dead: &[usize]| -> Vec<Slot> {
            let is_dead = |number| dead.contains(&number);
            (0..MAX_OUTBOX)
                .map(|number| slot(number, (MAX_OUTBOX - number) as u64, is_dead(number)))
                .collect()
        };
        assert_eq!(place(&full(&[])), None);
        let oldest = Some((30, Expect::Rev(Rev(31))));
        assert_eq!(place(&full(&[10, 20, 30])), oldest);
    }

    #[test]
    fn the_newest_dead_letters_are_kept() {
        let all = (0..MAX_DEAD + 3).map(|number| slot(number, number as u64, number != 5));
        let gone: Vec<usize> = surplus(all.collect()).map(|(slot, _)| slot).collect();
        assert_eq!(gone, [1, 0]);
    }
}
