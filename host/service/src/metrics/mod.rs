//! What happens, in numbers: counted where it happens, told where somebody asks.
//!
//! Names are those of OpenTelemetry's conventions as Prometheus writes them, and `metier_…` for what has none. Labels are routes, skills, tools,
//! models, codes and states, never ids, keys or what somebody wrote; a family has at most [`MAX_SERIES`] of their combinations, and what comes
//! after is counted together under `_other`. A tenant is a label only where [`Settings::tenants`] says so.
//!
//! Counting takes a lock that is shared and no allocation beyond one short text. [`Metrics::text`] writes everything down.

mod family;
mod histogram;
mod text;
mod watched;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use metier_core::{Code, Digest, SkillName, TenantId, ToolName};

pub use family::MAX_SERIES;
pub use text::{Format, Process, Standing};
pub use watched::{Asked, Followed};
use {
    family::{Count, Family},
    histogram::Histogram,
};

/// Digits of the digest by which a skill without a name is called.
const DIGITS: usize = 12;

/// What is told, beyond what always is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// Whether calls and refusals have the tenant as a label. For services with few tenants.
    pub tenants: bool,
    /// The version of the program.
    pub version: &'static str,
    /// What the process takes, for who can find out.
    pub process: Option<fn() -> Option<Process>>,
}

/// The counts of one process. Everything starts at nothing with it.
pub struct Metrics {
    settings: Settings,
    requests: Family<Histogram>,
    calls: Family<Histogram>,
    questions: Family<Histogram>,
    tokens: Family<Histogram>,
    cost: Family<Count>,
    runs_started: Family<Count>,
    runs_ended: Family<Count>,
    refused: Family<Count>,
    connections: Arc<AtomicUsize>,
    /// Answers that are being streamed, beside others under way.
    under_way: AtomicUsize,
}

/// A question to a model, answered or not.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The provider, as the conventions call it.
    pub provider: &'a str,
    /// The model that was asked for.
    pub model: &'a str,
    /// How long it took.
    pub took: Duration,
    /// Tokens in and out, or why there was no answer.
    pub result: Result<(u64, u64), Code>,
    /// What it cost, in 10⁻⁹ US dollars.
    pub nano_dollars: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics::new(Settings::default())
    }
}

impl Metrics {
    /// Nothing has happened yet.
    pub fn new(settings: Settings) -> Self {
        let with_tenant = |names: &[&'static str]| -> Vec<&'static str> {
            let tenant = settings.tenants.then_some("tenant");
            names.iter().copied().chain(tenant).collect()
        };
        let asked = [
            "gen_ai_operation_name",
            "gen_ai_provider_name",
            "gen_ai_request_model",
        ];
        let also = |name: &'static str| asked.iter().copied().chain([name]).collect();
        Metrics {
            settings,
            requests: Family::new(
                vec![
                    "http_request_method",
                    "http_route",
                    "http_response_status_code",
                ],
                Histogram::seconds,
            ),
            calls: Family::new(with_tenant(&["skill", "tool", "code"]), Histogram::seconds),
            questions: Family::new(also("error_type"), Histogram::long_seconds),
            tokens: Family::new(also("gen_ai_token_type"), Histogram::tokens),
            cost: Family::new(asked[1..].to_vec(), Count::default),
            runs_started: Family::new(vec!["kind"], Count::default),
            runs_ended: Family::new(vec!["state"], Count::default),
            refused: Family::new(with_tenant(&["limit"]), Count::default),
            connections: Arc::default(),
            under_way: AtomicUsize::new(0),
        }
    }

    /// A request was answered; a stream, to its end. `route` is a template, nothing where none fits.
    /// No status, where the client went away before there was one.
    pub fn request(&self, method: &str, route: &str, status: Option<u16>, took: Duration) {
        let digits = status.map(digits).unwrap_or_default();
        let status = std::str::from_utf8(&digits).unwrap_or_default();
        let status = status.trim_matches('\0');
        self.requests.with(&[method, route, status]).record(took);
    }

    /// A request is under way as long as this is held.
    pub fn begin_request(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Relaxed);
        UnderWay(self.clone())
    }

    /// A skill's tool was called, and this came of it.
    pub fn called(
        &self,
        tenant: &TenantId,
        name: Option<&SkillName>,
        digest: &Digest,
        tool: &ToolName,
        result: Result<&str, Code>,
        began: Instant,
    ) {
        // One without a manifest has no name.
        let short = || digest.to_hex().chars().take(DIGITS).collect::<String>();
        let skill = name.map_or_else(short, |name| name.as_str().to_owned());
        let code = result.map_or_else(Code::as_str, |_| "ok");
        self.call(tenant, &skill, tool.as_str(), code, began.elapsed());
    }

    /// A call was refused before it was known which tool is meant, or that it may be called.
    pub fn call_refused(&self, tenant: &TenantId, code: Code, began: Instant) {
        self.call(tenant, "", "", code.as_str(), began.elapsed());
    }

    /// A tool was called. `code` is `ok`, or that of the fault.
    pub fn call(&self, tenant: &TenantId, skill: &str, tool: &str, code: &str, took: Duration) {
        let all = [skill, tool, code, tenant.as_str()];
        self.calls.with(self.labels(&all)).record(took);
    }

    /// A model was asked.
    pub fn question(&self, question: &Question<'_>) {
        let Question {
            provider, model, ..
        } = *question;
        let error = question.result.err().map_or("", Code::as_str);
        self.questions
            .with(&["chat", provider, model, error])
            .record(question.took);
        if let Ok((input, output)) = question.result {
            for (kind, count) in [("input", input), ("output", output)] {
                let tokens = self.tokens.with(&["chat", provider, model, kind]);
                tokens.add(count);
            }
        }
        self.cost
            .with(&[provider, model])
            .add(question.nano_dollars);
    }

    /// A run began: an `agent` or a `chain`.
    pub fn run_started(&self, kind: &str) {
        self.runs_started.with(&[kind]).add(1);
    }

    /// A run ended so.
    pub fn run_ended(&self, state: &str) {
        self.runs_ended.with(&[state]).add(1);
    }

    /// Somebody was refused by a limit.
    pub fn refused(&self, tenant: &TenantId, limit: &str) {
        let all = [limit, tenant.as_str()];
        self.refused.with(self.labels(&all)).add(1);
    }

    /// How many connections are open, counted by whoever accepts them.
    pub fn connections(&self) -> &Arc<AtomicUsize> {
        &self.connections
    }

    /// All labels, or all but the tenant, which is the last.
    fn labels<'a, 'b>(&self, all: &'a [&'b str]) -> &'a [&'b str] {
        match self.settings.tenants {
            true => all,
            false => &all[..all.len() - 1],
        }
    }
}

/// Three of them, without asking the allocator.
fn digits(status: u16) -> [u8; 3] {
    let digit = |place: u16| b'0' + u8::try_from(status / place % 10).unwrap_or_default();
    [digit(100), digit(10), digit(1)]
}

/// A request under way.
pub struct UnderWay(Arc<Metrics>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests;
