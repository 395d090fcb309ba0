//! Making, changing and taking away endpoints, and what was given up.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use metier_agent::definition::Name;
use metier_core::{Code, Fault, ids::shown};
use metier_store::types::Expect;

use super::{
    event::{Event, Kind},
    outlet::{Reachable, address},
    record::{Delivery, Endpoint, endpoint_key, slot_key},
};
use crate::{
    audit::{TriggerChange, What},
    directory::now,
    identity::{Caller, Right},
    random,
    records::Kept,
    service::Service,
    triggers::secret::{self, Sealed},
};

/// Most endpoints of a tenant: an event is written down for each.
pub const MAX_ENDPOINTS: usize = 50;

/// An endpoint that is to be made.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// Where.
    pub url: String,
    /// Which events; all when empty.
    pub events: BTreeSet<Kind>,
    /// What deliveries are signed with; made when absent.
    pub secret: Option<String>,
}

/// What is to be otherwise; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct EndpointChanges {
    /// Where.
    pub url: Option<String>,
    /// Which events; all when empty.
    pub events: Option<BTreeSet<Kind>>,
    /// Whether anything is sent.
    pub enabled: Option<bool>,
}

/// How an outbox stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What is still tried.
    pub pending: usize,
    /// What was given up.
    pub dead: usize,
}

impl Service {
    /// The tenant's endpoints, by name.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn all_endpoints(&self, caller: &Caller) -> Result<Vec<(String, Arc<Endpoint>)>, Fault> {
        self.needs(caller, Right::Operate)?;
        let below = self
            .hooks()
            .endpoints
            .below(&endpoint_key(&caller.tenant, ""));
        let all = below.into_iter().map(|(name, kept)| (name, kept.value));
        Ok(all.collect())
    }

    /// One of them. Its URL may hold a token, so that it is not for everybody to see.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub fn endpoint(&self, caller: &Caller, name: &str) -> Result<Arc<Endpoint>, Fault> {
        self.needs(caller, Right::Operate)?;
        Ok(self.kept_endpoint(caller, name)?.value)
    }

    /// How the outbox of one of them stands.
    ///
    /// # Errors
    /// As [`Service::endpoint`], or the store's.
    pub async fn standing(&self, caller: &Caller, name: &str) -> Result<Standing, Fault> {
        let all = self.all_deliveries(caller, name).await?;
        let dead = all.iter().filter(|delivery| delivery.dead).count();
        Ok(Standing {
            pending: all.len() - dead,
            dead,
        })
    }

    /// Makes one. It hears of runs that begin from now on, and of what happens from now on in those under way. Also its secret's text, where we
    /// made it: it is shown this once.
    ///
    /// # Errors
    /// `forbidden`; `invalid-arguments` for a URL that nothing can be sent to; `conflict` when there is one of that name.
    pub async fn make_endpoint(
        &self,
        caller: &Caller,
        name: &Name,
        new: NewEndpoint,
    ) -> Result<(Arc<Endpoint>, Option<String>), Fault> {
        self.needs(caller, Right::Operate)?;
        address(&new.url, &self.reachable())?;
        if self
            .hooks()
            .endpoints
            .below(&endpoint_key(&caller.tenant, ""))
            .len()
            >= MAX_ENDPOINTS
        {
            let message = format!("A tenant has at most {MAX_ENDPOINTS} endpoints.");
            return Err(Fault::new(Code::InvalidArguments, message));
        }
        let (text, shown) = secret_of(new.secret)?;
        let id = random::name()?;
        let endpoint = Endpoint {
            secret: Sealed::of(self.seal(), &caller.tenant, &id, &text)?,
            id,
            url: new.url,
            events: new.events,
            enabled: true,
            disabled_why: None,
            by: caller.principal.clone(),
            created: now(),
        };
        let key = endpoint_key(&caller.tenant, name.as_str());
        // What a former endpoint of this name left behind is not the new one's.
        self.hooks().deliveries.look().await?;
        if self.hooks().endpoints.get(&key).is_none() {
            self.empty_outbox(&key).await?;
        }
        self.hooks()
            .endpoints
            .put(&key, Expect::Absent, &endpoint)
            .await?;
        self.note_endpoint(caller, TriggerChange::Made, name.as_str());
        self.follow_live(&caller.tenant).await?;
        Ok((Arc::new(endpoint), shown))
    }

    /// Changes one. One that is switched on again is sent what waited, and hears of runs that are under way from here on.
    ///
    /// # Errors
    /// As [`Service::make_endpoint`].
    pub async fn change_endpoint(
        &self,
        caller: &Caller,
        name: &str,
        changes: EndpointChanges,
    ) -> Result<Arc<Endpoint>, Fault> {
        self.needs(caller, Right::Operate)?;
        let kept = self.kept_endpoint(caller, name)?;
        let mut after = (*kept.value).clone();
        if let Some(url) = changes.url {
            address(&url, &self.reachable())?;
            after.url = url;
        }
        after.events = changes.events.unwrap_or(after.events);
        after.enabled = changes.enabled.unwrap_or(after.enabled);
        if after.enabled {
            after.disabled_why = None;
        }
        let change = match (kept.value.enabled, after.enabled) {
            (false, true) => TriggerChange::Enabled,
            (true, false) => TriggerChange::Disabled,
            _ => TriggerChange::Replaced,
        };
        let changed = self
            .put_endpoint(caller, name, &kept, after, change)
            .await?;
        if change == TriggerChange::Enabled {
            self.follow_live(&caller.tenant).await?;
        }
        Ok(changed)
    }

    /// Gives one another secret; for `overlap` longer deliveries are signed with the one it has, too.
    ///
    /// # Errors
    /// As [`Service::make_endpoint`].
    pub async fn rotate_endpoint(
        &self,
        caller: &Caller,
        name: &str,
        given: Option<String>,
        overlap: Duration,
    ) -> Result<(Arc<Endpoint>, Option<String>), Fault> {
        self.needs(caller, Right::Operate)?;
        let kept = self.kept_endpoint(caller, name)?;
        let (text, shown) = secret_of(given)?;
        let mut after = (*kept.value).clone();
        let sealed = Sealed::of(self.seal(), &caller.tenant, &after.id, &text)?;
        let overlap = u64::try_from(overlap.as_millis()).unwrap_or(u64::MAX);
        after.secret = after.secret.followed(sealed, now().saturating_add(overlap));
        let change = TriggerChange::Rotated;
        let rotated = self
            .put_endpoint(caller, name, &kept, after, change)
            .await?;
        Ok((rotated, shown))
    }

    /// Takes one away, with what was on its way there.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub async fn remove_endpoint(&self, caller: &Caller, name: &str) -> Result<(), Fault> {
        self.needs(caller, Right::Operate)?;
        let kept = self.kept_endpoint(caller, name)?;
        let key = endpoint_key(&caller.tenant, name);
        self.hooks()
            .endpoints
            .remove(&key, Expect::Rev(kept.rev))
            .await?;
        self.note_endpoint(caller, TriggerChange::Removed, name);
        self.hooks().deliveries.look().await?;
        self.empty_outbox(&key).await
    }

    /// Sends one something, to see whether it arrives. The event's id.
    ///
    /// # Errors
    /// As [`Service::endpoint`]; `conflict` for one that is switched off.
    pub async fn test_endpoint(&self, caller: &Caller, name: &str) -> Result<String, Fault> {
        self.needs(caller, Right::Operate)?;
        let kept = self.kept_endpoint(caller, name)?;
        if !kept.value.enabled {
            let message = format!("The endpoint `{name}` is switched off.");
            return Err(Fault::new(Code::Conflict, message).with_hint("Switch it on first."));
        }
        self.hooks().deliveries.look().await?;
        let event = Event::test(&caller.tenant, name, &random::name()?, now());
        self.enqueue_for(&caller.tenant, name, &event).await?;
        Ok(event.id)
    }

    /// What is on its way to one, and what was given up, the newest event first.
    ///
    /// # Errors
    /// As [`Service::endpoint`], or the store's.
    pub async fn all_deliveries(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<Vec<Arc<Delivery>>, Fault> {
        self.needs(caller, Right::Operate)?;
        self.kept_endpoint(caller, name)?;
        self.hooks().deliveries.look().await?;
        let slots = self.outbox(&endpoint_key(&caller.tenant, name));
        let mut all: Vec<_> = slots.into_iter().map(|(_, kept)| kept.value).collect();
        all.sort_by_key(|delivery| std::cmp::Reverse(delivery.at));
        Ok(all)
    }

    /// Tries an event again at once, as if it had never been tried.
    ///
    /// # Errors
    /// As [`Service::endpoint`]; `not-found` for what is neither on its way nor given up.
    pub async fn redeliver(&self, caller: &Caller, name: &str, event: &str) -> Result<(), Fault> {
        self.needs(caller, Right::Operate)?;
        self.kept_endpoint(caller, name)?;
        self.hooks().deliveries.look().await?;
        let key = endpoint_key(&caller.tenant, name);
        let mut slots = self.outbox(&key).into_iter();
        let found = slots.find(|(_, kept)| kept.value.event == event);
        let (slot, kept) = found.ok_or_else(|| {
            let message = format!("There is no delivery of `{}` there.", shown(event));
            Fault::new(Code::NotFound, message)
        })?;
        let again = Delivery {
            attempts: 0,
            next: 0,
            dead: false,
            ..(*kept.value).clone()
        };
        let entry = slot_key(&key, slot);
        self.hooks()
            .deliveries
            .put(&entry, Expect::Rev(kept.rev), &again)
            .await?;
        self.note_delivery(&caller.tenant, name, event, "redelivered");
        Ok(())
    }

    fn reachable(&self) -> Reachable {
        let outlet = self.hooks().outlet.get();
        outlet.map_or_else(Reachable::default, |outlet| outlet.reachable().clone())
    }

    fn kept_endpoint(&self, caller: &Caller, name: &str) -> Result<Kept<Endpoint>, Fault> {
        let found = self
            .hooks()
            .endpoints
            .get(&endpoint_key(&caller.tenant, name));
        found.ok_or_else(|| {
            let message = format!("There is no endpoint `{}`.", shown(name));
            Fault::new(Code::NotFound, message)
        })
    }

    async fn put_endpoint(
        &self,
        caller: &Caller,
        name: &str,
        before: &Kept<Endpoint>,
        after: Endpoint,
        change: TriggerChange,
    ) -> Result<Arc<Endpoint>, Fault> {
        let key = endpoint_key(&caller.tenant, name);
        let expect = Expect::Rev(before.rev);
        self.hooks().endpoints.put(&key, expect, &after).await?;
        self.note_endpoint(caller, change, name);
        Ok(Arc::new(after))
    }

    fn note_endpoint(&self, caller: &Caller, change: TriggerChange, endpoint: &str) {
        self.note(caller, What::Webhook { change, endpoint });
    }
}

/// The secret's text, and the same to be shown where we made it.
fn secret_of(given: Option<String>) -> Result<(String, Option<String>), Fault> {
    match given {
        Some(text) => {
            secret::check(&text, true)?;
            Ok((text, None))
        }
        None => {
            let text = secret::new()?;
            Ok((text.clone(), Some(text)))
        }
    }
}
