//! What requests and answers about triggers carry.

use std::collections::BTreeMap;

use metier_service::{
    Caller,
    directory::now,
    triggers::{
        due::Missed,
        manage::{NewHook, upcoming},
        receive::PER_SECOND,
        record::{Cron, Hook, Overlap, Shape, Start, Ticked, Trigger, When},
        signature::Scheme,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    api::{moment, named},
    problem::Problem,
};

/// Missed ticks that are made up for, unless it is said.
const MISSED: u32 = 10;

/// What becomes of ticks that were missed.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MissedTicks)]
pub enum MissedBody {
    /// Nothing.
    Skip,
    /// The last of them starts a run.
    #[default]
    Last,
    /// All of them do, the newest `missed_limit`.
    All,
}

/// What becomes of a tick while the run of the one before goes on.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OverlappingTicks)]
pub enum OverlapBody {
    /// It starts another.
    Allow,
    /// Nothing.
    #[default]
    Skip,
}

/// How messages are signed.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignatureScheme)]
pub enum SchemeBody {
    /// Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    Standard,
    /// GitHub: `x-hub-signature-256`.
    Github,
    /// Slack: `x-slack-signature`.
    Slack,
    /// Stripe: `stripe-signature`.
    Stripe,
}

/// At which times a trigger starts a run.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CronTrigger)]
pub struct CronBody {
    /// `minute hour day-of-month month day-of-week`, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
    pub schedule: String,
    /// The time zone it is meant in, by its IANA name; UTC when absent.
    #[serde(default = "utc")]
    pub zone: String,
    /// What becomes of ticks that were missed.
    #[serde(default)]
    pub missed: MissedBody,
    /// How many of them at most, where all are made up for: 1 to 100, or 10.
    #[serde(default = "missed_limit")]
    #[schema(minimum = 1, maximum = 100)]
    pub missed_limit: u32,
    /// What becomes of a tick while the run of the one before goes on.
    #[serde(default)]
    pub overlap: OverlapBody,
    /// Under which key of the input the tick's time is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_key: Option<String>,
}

fn utc() -> String {
    "UTC".to_owned()
}

const fn missed_limit() -> u32 {
    MISSED
}

const fn per_second() -> u32 {
    PER_SECOND
}

/// What a webhook takes, and what it makes of it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRequest {
    /// How messages are signed.
    pub scheme: SchemeBody,
    /// With what: the text that the other side shows. One is made where it is absent, for `standard` and `github`.
    #[serde(default)]
    pub secret: Option<String>,
    /// What is made of a message; the whole body is `event` of the input when absent.
    #[serde(default = "whole")]
    pub shape: MessageShape,
    /// Messages a second that are taken; 10 when absent.
    #[serde(default = "per_second")]
    #[schema(minimum = 1, maximum = 1000)]
    pub per_second: u32,
}

/// How a message becomes an input.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageShape {
    /// Under which key of the input the whole body is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_key: Option<String>,
    /// Keys of the input, with where in the body their values are: JSON pointers.
    #[serde(default)]
    pub pointers: BTreeMap<String, String>,
    /// Keys of the input, with the headers that are their values. Signatures do not cover them.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

fn whole() -> MessageShape {
    MessageShape {
        body_key: Some("event".to_owned()),
        ..MessageShape::default()
    }
}

/// A trigger that is to be made: with `cron` or with `webhook`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TriggerRequest {
    /// What it is called; it is in the address of a webhook.
    pub name: String,
    /// The agent or chain it starts.
    pub agent: String,
    /// Its version; the current one when absent.
    #[serde(default)]
    pub version: Option<String>,
    /// The conversation its runs continue, where the agent keeps sessions.
    #[serde(default)]
    pub session: Option<String>,
    /// What each run is given, an object; what comes is added.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub input: Map<String, Value>,
    /// Whether it starts anything yet.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// At which times.
    #[serde(default)]
    pub cron: Option<CronBody>,
    /// When something is sent.
    #[serde(default)]
    pub webhook: Option<WebhookRequest>,
}

const fn yes() -> bool {
    true
}

/// What is to be otherwise; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TriggerChange {
    /// Whether it starts anything.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// The agent or chain it starts, with its version, session and input.
    #[serde(default)]
    pub start: Option<RunStart>,
    /// At which times, for one that has some.
    #[serde(default)]
    pub cron: Option<CronBody>,
    /// What is made of a message, for a webhook.
    #[serde(default)]
    pub shape: Option<MessageShape>,
    /// Messages a second, for a webhook.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000)]
    pub per_second: Option<u32>,
}

/// What a trigger starts.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunStart {
    /// The agent or chain.
    pub agent: String,
    /// Its version; the current one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The conversation its runs continue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// What each run is given, an object; what comes is added.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub input: Map<String, Value>,
}

/// Another secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRotation {
    /// The text that the other side shows; one is made where it is absent.
    #[serde(default)]
    pub secret: Option<String>,
    /// How many seconds the one before counts still; a day when absent.
    #[serde(default)]
    pub overlap: Option<u64>,
}

/// A webhook, without its secret.
#[derive(Serialize, ToSchema)]
pub struct Webhook {
    /// How messages are signed.
    pub scheme: SchemeBody,
    /// Where they are sent, below the service's own address.
    pub path: String,
    /// What is made of them.
    pub shape: MessageShape,
    /// How many a second are taken.
    pub per_second: u32,
}

/// What starts runs by itself.
#[derive(Serialize, ToSchema)]
#[schema(as = Trigger)]
pub struct TriggerBody {
    /// What it is called.
    pub name: String,
    /// Whether it starts anything.
    pub enabled: bool,
    /// What it starts.
    pub start: RunStart,
    /// At which times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cron: Option<CronBody>,
    /// When something is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created: String,
    /// When it is next due, up to five times.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
    /// What became of the last tick.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<LastTick>,
}

/// What became of a tick.
#[derive(Serialize, ToSchema)]
pub struct LastTick {
    /// When it was due.
    pub tick: String,
    /// `started`, `overlapped`, `missed` or `failed`.
    pub outcome: String,
    /// The last run that was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Why nothing was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A trigger with the secret of its webhook, which is shown this once.
#[derive(Serialize, ToSchema)]
pub struct TriggerMade {
    /// As it is.
    #[serde(flatten)]
    pub trigger: TriggerBody,
    /// The secret, where it was made here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl TriggerBody {
    pub fn of(caller: &Caller, name: &str, trigger: &Trigger, ticked: Option<&Ticked>) -> Self {
        let (cron, webhook) = match &trigger.when {
            When::Cron(cron) => (Some(CronBody::of(cron)), None),
            When::Webhook(hook) => (None, Some(Webhook::of(caller, name, hook))),
        };
        let start = &trigger.start;
        let next = upcoming(trigger, now()).into_iter().map(moment::of_millis);
        TriggerBody {
            name: name.to_owned(),
            enabled: trigger.enabled,
            start: RunStart {
                agent: start.agent.as_str().to_owned(),
                version: start.version.clone(),
                session: start.session.as_ref().map(|name| name.as_str().to_owned()),
                input: start.input.as_object().cloned().unwrap_or_default(),
            },
            cron,
            webhook,
            created_by: trigger.by.to_string(),
            created: moment::of_millis(trigger.created),
            next: next.collect(),
            last: ticked.map(|ticked| LastTick {
                tick: moment::of_millis(ticked.last),
                outcome: ticked.outcome.as_str().to_owned(),
                run: ticked.run.clone(),
                why: ticked.why.clone(),
            }),
        }
    }
}

impl CronBody {
    pub fn of(cron: &Cron) -> Self {
        CronBody {
            schedule: cron.schedule.clone(),
            zone: cron.zone.clone(),
            missed: match cron.missed {
                Missed::Skip => MissedBody::Skip,
                Missed::Last => MissedBody::Last,
                Missed::All => MissedBody::All,
            },
            missed_limit: cron.missed_limit,
            overlap: match cron.overlap {
                Overlap::Allow => OverlapBody::Allow,
                Overlap::Skip => OverlapBody::Skip,
            },
            time_key: cron.time_key.clone(),
        }
    }

    pub fn meant(self) -> Cron {
        Cron {
            schedule: self.schedule,
            zone: self.zone,
            missed: match self.missed {
                MissedBody::Skip => Missed::Skip,
                MissedBody::Last => Missed::Last,
                MissedBody::All => Missed::All,
            },
            missed_limit: self.missed_limit,
            overlap: match self.overlap {
                OverlapBody::Allow => Overlap::Allow,
                OverlapBody::Skip => Overlap::Skip,
            },
            time_key: self.time_key,
        }
    }
}

impl Webhook {
    pub fn of(caller: &Caller, name: &str, hook: &Hook) -> Self {
        Webhook {
            scheme: match hook.scheme {
                Scheme::Standard => SchemeBody::Standard,
                Scheme::Github => SchemeBody::Github,
                Scheme::Slack => SchemeBody::Slack,
                Scheme::Stripe => SchemeBody::Stripe,
            },
            path: format!("/hooks/in/{}/{name}", caller.tenant),
            shape: MessageShape {
                body_key: hook.shape.body_key.clone(),
                pointers: hook.shape.pointers.clone(),
                headers: hook.shape.headers.clone(),
            },
            per_second: hook.per_second,
        }
    }
}

impl WebhookRequest {
    pub fn meant(self) -> NewHook {
        NewHook {
            scheme: match self.scheme {
                SchemeBody::Standard => Scheme::Standard,
                SchemeBody::Github => Scheme::Github,
                SchemeBody::Slack => Scheme::Slack,
                SchemeBody::Stripe => Scheme::Stripe,
            },
            secret: self.secret,
            shape: self.shape.meant(),
            per_second: self.per_second,
        }
    }
}

impl MessageShape {
    pub fn meant(self) -> Shape {
        Shape {
            body_key: self.body_key,
            pointers: self.pointers,
            headers: self.headers,
        }
    }
}

impl RunStart {
    pub fn meant(self) -> Result<Start, Problem> {
        Ok(Start {
            agent: named(&self.agent)?,
            version: self.version,
            session: self.session.as_deref().map(named).transpose()?,
            input: Value::Object(self.input),
        })
    }
}
