//! Who carries deliveries to endpoints.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::Engine;
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use metier_core::{Code, Fault, TenantId};
use metier_store::types::Expect;
use tokio::{sync::Semaphore, task::JoinSet, time::MissedTickBehavior};

use super::{
    outbox::Slot,
    outlet::{Answer, Outlet},
    record::{Attempt, Delivery, Endpoint, endpoint_key, slot_key},
    retry,
};
use crate::{
    audit::{Event as Noted, TriggerChange, What},
    faults::of_store,
    random,
    records::Kept,
    service::Service,
    triggers::{
        record::parts,
        secret::{self, BASE64},
        signature::tag,
    },
};

/// How often it is looked what happened and what is due.
const EVERY: Duration = Duration::from_secs(1);

/// Deliveries to one endpoint at once: one that is slow holds up nobody else.
const PER_ENDPOINT: usize = 4;

/// Deliveries to all endpoints at once.
const AT_ONCE: usize = 64;

/// Deliveries of one endpoint that are taken up in one go.
const IN_ONE_GO: usize = 100;

impl Service {
    /// Sends events through this from now on. The first that is told stays.
    pub fn send_through(&self, outlet: Arc<Outlet>) {
        self.hooks().outlet.get_or_init(|| outlet);
    }

    /// Tells endpoints what happens, on one host at a time, until `shutdown` is ready. What is under way then is sent again elsewhere.
    pub async fn tell_on(self: Arc<Self>, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = std::pin::pin!(shutdown);
        let (mut busy, mut rounds) = (HashSet::new(), JoinSet::new());
        let room = Arc::new(Semaphore::new(AT_ONCE));
        // Not a new second after each round: rounds that end all the time would put it off for ever, and the duty with it.
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                _ = every.tick() => {}
                Some(ended) = rounds.join_next() => {
                    match ended {
                        Ok(endpoint) => { busy.remove(&endpoint); }
                        // Which one it was is not known; none is sent to twice at once for long.
                        Err(error) => {
                            tracing::error!(%error, "a round of deliveries broke off");
                            busy.clear();
                        }
                    }
                    continue;
                }
            }
            match self.due_if_ours().await {
                Ok((now, endpoints)) => {
                    for endpoint in endpoints {
                        if busy.insert(endpoint.clone()) {
                            let (service, room) = (self.clone(), room.clone());
                            rounds.spawn(async move {
                                service.drain(&endpoint, now, &room).await;
                                endpoint
                            });
                        }
                    }
                }
                Err(fault) => {
                    tracing::warn!(%fault, "no endpoint is told anything now; it is tried again");
                }
            }
        }
        rounds.shutdown().await;
        self.hooks().duty.give_up().await;
    }

    async fn due_if_ours(&self) -> Result<(u64, Vec<String>), Fault> {
        if self.hooks().outlet.get().is_none() || !self.hooks().duty.is_ours().await? {
            return Ok((0, Vec::new()));
        }
        let now = self.store().now().await.map_err(|error| of_store(&error))?;
        let now = u64::try_from(now.0 / 1000).unwrap_or(0);
        Ok((now, self.due_endpoints(now).await?))
    }

    /// Puts what happened into outboxes and sends everything that is due at `now`, in milliseconds since 1970, once.
    ///
    /// # Errors
    /// The store's. What does not arrive is no error.
    pub async fn tell(&self, now: u64) -> Result<(), Fault> {
        let room = Semaphore::new(AT_ONCE);
        for endpoint in self.due_endpoints(now).await? {
            self.drain(&endpoint, now, &room).await;
        }
        Ok(())
    }

    async fn due_endpoints(&self, now: u64) -> Result<Vec<String>, Fault> {
        let hooks = self.hooks();
        hooks.deliveries.look().await?;
        self.look_at_runs().await?;
        let all = hooks.endpoints.below("").into_iter();
        let due = all.filter(|(key, kept)| {
            let is_open = parts(key).is_some_and(|(tenant, _)| self.directory().is_open(&tenant));
            is_open && kept.value.enabled && self.outbox(key).iter().any(|slot| is_due(slot, now))
        });
        Ok(due.map(|(key, _)| key).collect())
    }

    /// Sends what is due to one endpoint.
    async fn drain(&self, endpoint: &str, now: u64, room: &Semaphore) {
        let (Some(outlet), Some((tenant, name))) = (self.hooks().outlet.get(), parts(endpoint))
        else {
            return;
        };
        let mut due = self.outbox(endpoint);
        due.retain(|slot| is_due(slot, now));
        due.sort_unstable_by_key(|(_, kept)| (kept.value.next, kept.value.at));
        due.truncate(IN_ONE_GO);
        let began = Instant::now();
        let sent = futures::stream::iter(due).for_each_concurrent(PER_ENDPOINT, |slot| async {
            let Ok(_permit) = room.acquire().await else {
                return;
            };
            // What waited for its turn is signed as of now.
            let now = now + u64::try_from(began.elapsed().as_millis()).unwrap_or(0);
            // It may have been switched off, taken away or given another secret meanwhile.
            let Some(kept) = self.hooks().endpoints.get(endpoint).filter(|kept| kept.value.enabled) else {
                return;
            };
            let answer = self.attempt(outlet, &tenant, &kept.value, &slot.1.value, now).await;
            let ended = self.ended(&tenant, name, &kept, slot, answer, now).await;
            if let Err(fault) = ended {
                tracing::warn!(endpoint, %fault, "what came of a delivery is not noted; it is sent again");
            }
        });
        sent.await;
    }

    async fn attempt(
        &self,
        outlet: &Outlet,
        tenant: &TenantId,
        endpoint: &Endpoint,
        delivery: &Delivery,
        now: u64,
    ) -> Result<Answer, Fault> {
        let texts = endpoint.secret.open(self.seal(), tenant, &endpoint.id, now);
        let headers = headers(
            &texts,
            &delivery.event,
            now / 1000,
            delivery.body.as_bytes(),
        );
        let headers =
            headers.ok_or_else(|| Fault::new(Code::HostInternal, "It cannot be signed."))?;
        let body = delivery.body.clone().into();
        outlet.send(tenant, &endpoint.url, headers, body).await
    }

    async fn ended(
        &self,
        tenant: &TenantId,
        name: &str,
        endpoint: &Kept<Endpoint>,
        (slot, kept): Slot,
        answer: Result<Answer, Fault>,
        now: u64,
    ) -> Result<(), Fault> {
        let key = endpoint_key(tenant, name);
        let (entry, expect) = (slot_key(&key, slot), Expect::Rev(kept.rev));
        let deliveries = &self.hooks().deliveries;
        let (status, asked, why) = match answer {
            Ok(answer) if (200..300).contains(&answer.status) => {
                return deliveries.remove(&entry, expect).await;
            }
            Ok(answer) => {
                let why = format!("The endpoint answered {}.", answer.status);
                (Some(answer.status), answer.asked, why)
            }
            Err(fault) => (None, None, fault.message),
        };
        let before = &*kept.value;
        let attempts = before.attempts + 1;
        let is_gone = status == Some(410);
        let chance = random::bytes::<2>().map_or(0, u16::from_be_bytes);
        let wait = retry::wait(attempts, asked, chance).filter(|_| !is_gone);
        let after = Delivery {
            attempts,
            next: wait.map_or(before.next, |wait| now.saturating_add(wait)),
            dead: wait.is_none(),
            last: Some(Attempt {
                at: now,
                status,
                why,
            }),
            ..before.clone()
        };
        deliveries.put(&entry, expect, &after).await?;
        if after.dead {
            self.note_delivery(tenant, name, &after.event, "dead");
            self.trim_dead(&key).await?;
        }
        match is_gone {
            true => self.gone(tenant, name, endpoint).await,
            false => Ok(()),
        }
    }

    /// An endpoint says that it is there no more.
    async fn gone(
        &self,
        tenant: &TenantId,
        name: &str,
        kept: &Kept<Endpoint>,
    ) -> Result<(), Fault> {
        let off = Endpoint {
            enabled: false,
            disabled_why: Some("It answered 410, which says that it is gone.".to_owned()),
            ..(*kept.value).clone()
        };
        let key = endpoint_key(tenant, name);
        let put = self
            .hooks()
            .endpoints
            .put(&key, Expect::Rev(kept.rev), &off)
            .await;
        let what = What::Webhook {
            change: TriggerChange::Disabled,
            endpoint: name,
        };
        match put {
            // Somebody has just changed it, and knows better.
            Err(fault) if fault.code == Code::Conflict => return Ok(()),
            put => put?,
        }
        self.notes().note(&Noted {
            what,
            tenant: Some(tenant),
            principal: None,
            request: None,
        });
        Ok(())
    }
}

fn is_due(slot: &Slot, now: u64) -> bool {
    let delivery = &slot.1.value;
    !delivery.dead && delivery.next <= now
}

/// What Standard Webhooks want to see: signed with each secret that counts.
fn headers(texts: &[String], id: &str, time: u64, body: &[u8]) -> Option<HeaderMap> {
    let time = time.to_string();
    let parts = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    let signatures: Option<Vec<String>> = texts
        .iter()
        .map(|text| {
            let key = secret::standard(text)?;
            Some(format!("v1,{}", BASE64.encode(tag(&key, &parts))))
        })
        .collect();
    let signatures = signatures.filter(|signatures| !signatures.is_empty())?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("webhook-id", HeaderValue::from_str(id).ok()?);
    headers.insert("webhook-timestamp", HeaderValue::from_str(&time).ok()?);
    let signatures = HeaderValue::from_str(&signatures.join(" ")).ok()?;
    headers.insert("webhook-signature", signatures);
    Some(headers)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::headers;
    use crate::triggers::signature::{Message, Scheme, check};

    #[test]
    fn what_is_sent_is_what_is_accepted_under_either_secret() {
        let secrets = [
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(),
            "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        ];
        let body = br#"{"test": 2432232314}"#;
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let headers = headers(&secrets, id, 1_614_265_330, body).unwrap();
        let told = headers["webhook-signature"].to_str().unwrap();
        // As in the documentation of Standard Webhooks.
        assert!(told.starts_with("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,"));
        let message = Message {
            headers: &headers,
            body,
        };
        for secret in &secrets {
            let keys = [Scheme::Standard.key(secret).unwrap()];
            let checked = check(Scheme::Standard, &keys, message, 1_614_265_330);
            assert_eq!(checked, Ok(Some(id.to_owned())));
        }
        assert!(super::headers(&[], id, 0, body).is_none());
    }
}
