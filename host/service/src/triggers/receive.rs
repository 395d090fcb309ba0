//! What others send, from its bytes to a run.
//!
//! To strangers nothing is told: a name that nobody has and a signature that is wrong are answered alike, and take alike. What comes
//! twice starts one run: a message is known by its id, which is the idempotency key of its run. GitHub does not sign its ids, so there the same
//! body under another id is a message that was taken and sent again, and is refused.

use std::time::Instant;

use http::HeaderMap;
use metier_core::{Code, Digest, Fault, TenantId, ids::shown};
use metier_store::{
    StoreError,
    types::{Expect, Key, Kind, RunId},
};
use serde_json::Value;

use super::{
    record::{Hook, Trigger, When, key},
    signature::{Message, Scheme, Unsigned, check, delivery},
    ticker::passes,
};
use crate::{
    agents::StartRequest,
    audit::{Event, What},
    faults::of_store,
    identity::Caller,
    limits::Rate,
    once::REMEMBERED,
    records::{Kept, name},
    service::Service,
};

/// Largest message, in bytes.
pub const MAX_BODY: usize = 512 << 10;

/// Messages of one webhook a second, unless it says otherwise.
pub const PER_SECOND: u32 = 10;

/// Something that came for a webhook.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// For whose, as the path says.
    pub tenant: &'a str,
    /// For which, as the path says.
    pub name: &'a str,
    /// Headers and body.
    pub message: Message<'a>,
    /// Whether it says that it is JSON.
    pub is_json: bool,
    /// Milliseconds since 1970.
    pub now: u64,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// A run: this one also when it was sent before.
    Run(RunId),
    /// Slack wants to hear this again before it sends anything.
    Challenge(String),
    /// It starts nothing: GitHub says that it will send.
    Nothing,
}

/// Whose a message is.
struct Found {
    tenant: TenantId,
    kept: Kept<Trigger>,
}

impl Service {
    /// Takes in a message.
    ///
    /// # Errors
    /// `not-found`, with the same words whoever is not known; to who is: `rate-limited`, `request-refused` for what is not JSON,
    /// `invalid-arguments`, `conflict`, or the host's.
    pub async fn receive(&self, incoming: Incoming<'_>) -> Result<Receipt, Fault> {
        let found = self.webhook(incoming);
        let signed = self.signed(found.as_ref(), incoming);
        let (found, told) = match (found, signed) {
            (Some(found), Ok(told)) => (found, told),
            (found, Ok(_)) => return Err(self.turned_away(found.as_ref(), incoming, "unknown")),
            (found, Err(why)) => {
                return Err(self.turned_away(found.as_ref(), incoming, why.as_str()));
            }
        };
        let When::Webhook(hook) = &found.kept.value.when else {
            return Err(stranger());
        };
        self.within_rate(&found, hook, incoming)?;
        if !incoming.is_json {
            return Err(Fault::new(Code::RequestRefused, "The message is no JSON.")
                .with_hint("Send it with the content type `application/json`."));
        }
        let body: Value = serde_json::from_slice(incoming.message.body)
            .map_err(|_| Fault::new(Code::InvalidArguments, "The message is no JSON."))?;
        if let Some(receipt) = greeting(hook.scheme, &body, incoming.message.headers) {
            return Ok(receipt);
        }
        let delivery = delivery(hook.scheme, told, incoming.message, &body);
        if hook.scheme == Scheme::Github
            && self.was_under_another(&found, incoming, &delivery).await?
        {
            return Err(self.turned_away(Some(&found), incoming, "replayed"));
        }
        self.started(&found, hook, incoming, &body, &delivery).await
    }

    fn webhook(&self, incoming: Incoming<'_>) -> Option<Found> {
        let tenant: TenantId = incoming.tenant.parse().ok()?;
        let kept = self.triggers().all.get(&key(&tenant, incoming.name))?;
        let is_webhook = matches!(kept.value.when, When::Webhook(_));
        let is_open = kept.value.enabled && is_webhook && self.directory().is_open(&tenant);
        is_open.then_some(Found { tenant, kept })
    }

    /// Under keys that nobody has where there is no such webhook, so that it takes as long.
    fn signed(
        &self,
        found: Option<&Found>,
        incoming: Incoming<'_>,
    ) -> Result<Option<String>, Unsigned> {
        let seconds = incoming.now / 1000;
        let hook = found.and_then(|found| match &found.kept.value.when {
            When::Webhook(hook) => Some((found, hook)),
            When::Cron(_) => None,
        });
        let Some((found, hook)) = hook else {
            let scheme = Scheme::guessed(incoming.message.headers);
            let nobodys = crate::random::bytes::<32>().map(|bytes| vec![bytes.to_vec()]);
            let nobodys = nobodys.unwrap_or_default();
            return check(scheme, &nobodys, incoming.message, seconds);
        };
        let texts = hook.secret.open(
            self.seal(),
            &found.tenant,
            &found.kept.value.id,
            incoming.now,
        );
        let keys = texts.iter().filter_map(|text| hook.scheme.key(text));
        let keys: Vec<Vec<u8>> = keys.collect();
        check(hook.scheme, &keys, incoming.message, seconds)
    }

    fn within_rate(&self, found: &Found, hook: &Hook, incoming: Incoming<'_>) -> Result<(), Fault> {
        let subject = key(&found.tenant, incoming.name);
        let per_second = hook.per_second;
        let rate = Rate {
            per_second,
            burst: per_second.saturating_mul(2),
        };
        let taken = self.triggers().rates.take(&subject, rate, Instant::now());
        taken.map_err(|wait| {
            let message = format!("The webhook takes {per_second} messages a second.");
            let fault = Fault::new(Code::RateLimited, message).with_retry_after(wait);
            self.note_refused_message(Some(found), incoming, "rate-limited");
            fault
        })
    }

    /// The same body under another id: whoever took a message can send it again, as its id is not signed.
    async fn was_under_another(
        &self,
        found: &Found,
        incoming: Incoming<'_>,
        delivery: &str,
    ) -> Result<bool, Fault> {
        let body = Digest::of(incoming.message.body).to_hex();
        let named = format!("{}\n{body}", found.kept.value.id);
        let entry: Key = name(&Digest::of(named.as_bytes()).to_hex())?;
        let kind: Kind = name("hook-seen")?;
        let value = Some(delivery.as_bytes());
        let put = self
            .store()
            .put(&kind, &entry, Expect::Absent, value, Some(REMEMBERED));
        match put.await {
            Ok(_) => return Ok(false),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(of_store(&error)),
        }
        let first = self.store().get(&kind, &entry).await;
        let first = first.map_err(|error| of_store(&error))?;
        let first = first.and_then(|entry| entry.value);
        Ok(first.is_some_and(|first| first != delivery.as_bytes()))
    }

    async fn started(
        &self,
        found: &Found,
        hook: &Hook,
        incoming: Incoming<'_>,
        body: &Value,
        delivery: &str,
    ) -> Result<Receipt, Fault> {
        let trigger = &found.kept.value;
        let caller = trigger
            .caller(&found.tenant, incoming.name)
            .ok_or_else(stranger)?;
        let request = StartRequest {
            agent: trigger.start.agent.clone(),
            version: trigger.start.version.clone(),
            input: hook
                .shape
                .input(&trigger.start.input, body, incoming.message.headers),
            session: trigger.start.session.clone(),
            idempotency_key: Some(format!("{}/{delivery}", trigger.id)),
        };
        let started = self.start_once(&caller, &request, true).await;
        let noted = started.as_ref().map(ToString::to_string);
        let noted = noted.as_ref().map(String::as_str).map_err(|fault| *fault);
        let outcome = match started {
            Ok(_) => "started",
            Err(_) => "failed",
        };
        self.note_fired(
            &found.tenant,
            incoming.name,
            trigger,
            outcome,
            None,
            Some(noted),
        );
        started.map(Receipt::Run).map_err(|fault| {
            tracing::warn!(tenant = %found.tenant, trigger = incoming.name, code = %fault.code, "a webhook starts nothing");
            told(fault)
        })
    }

    /// Starts a run, or says which one was started for the same request.
    pub(super) async fn start_once(
        &self,
        caller: &Caller,
        request: &StartRequest,
        is_from_outside: bool,
    ) -> Result<RunId, Fault> {
        let first = self.begin(caller, request.clone(), is_from_outside).await;
        let begun = match first {
            // Another host is just starting it.
            Err(fault) if fault.code == Code::Conflict => {
                self.begin(caller, request.clone(), is_from_outside).await
            }
            first => first,
        };
        Ok(begun?.run)
    }

    fn turned_away(&self, found: Option<&Found>, incoming: Incoming<'_>, why: &str) -> Fault {
        self.note_refused_message(found, incoming, why);
        stranger()
    }

    /// A flood that is refused is not to become a flood of records.
    fn note_refused_message(&self, found: Option<&Found>, incoming: Incoming<'_>, why: &str) {
        let Some(left_out) = self.triggers().refused.take(incoming.now) else {
            return;
        };
        let name = shown(incoming.name);
        let what = What::Fired {
            trigger: &name,
            outcome: why,
            tick: None,
            run: None,
            code: Some(match why {
                "rate-limited" => Code::RateLimited,
                _ => Code::Unauthenticated,
            }),
            left_out,
        };
        self.notes().note(&Event {
            what,
            tenant: found.map(|found| &found.tenant),
            principal: None,
            request: None,
        });
    }
}

/// What a service sends before it sends anything else.
fn greeting(scheme: Scheme, body: &Value, headers: &HeaderMap) -> Option<Receipt> {
    match scheme {
        Scheme::Slack if body["type"] == "url_verification" => {
            let challenge = body["challenge"].as_str()?;
            Some(Receipt::Challenge(challenge.to_owned()))
        }
        Scheme::Github
            if headers
                .get("x-github-event")
                .is_some_and(|event| event == "ping") =>
        {
            Some(Receipt::Nothing)
        }
        _ => None,
    }
}

/// What everybody hears who is not known.
fn stranger() -> Fault {
    Fault::new(Code::NotFound, "There is no webhook here that takes this message.")
        .with_hint("Look at the address, the secret and the signature; an operator sees the reason in the audit trail.")
}

/// What a sender hears: what went wrong inside is not its affair.
fn told(fault: Fault) -> Fault {
    let kept = match fault.code {
        code if passes(code) => Fault::new(code, "The message cannot be taken now."),
        Code::InvalidArguments | Code::ExpressionFailed => Fault::new(
            Code::InvalidArguments,
            "The message does not fit what it starts.",
        ),
        _ => Fault::new(Code::Conflict, "What the message starts cannot be started."),
    };
    let kept = kept.with_hint("An operator of the service can see why.");
    match fault.retry_after {
        Some(wait) => kept.with_retry_after(wait),
        None => kept,
    }
}
