//! What came of a call: an answer or a fault, what it used, and one audit record.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use metier_core::{Artifact, AuditRecord, Call, Code, Denial, Effect, Fault, NanoDollars, Usage};
use tokio::time::error::Elapsed;
use wasmtime::{Store, Trap};

use crate::audit::Audit;
use crate::capabilities::log::LogLine;
use crate::context::CallContext;
use crate::diagnosis;
use crate::guest::GuestError;
use crate::store::cpu::CpuClock;
use crate::store::limiter::Exceeded;
use crate::store::{CallState, CpuExceeded};
use crate::text;
use crate::values::SkillError;

/// Most of a guest's own words that are repeated in a fault, in characters.
const MAX_WORDS: usize = 2_000;

/// Everything a surface needs to answer its client.
#[derive(Debug)]
pub struct Outcome {
    /// The tool's answer as JSON text, or why there is none.
    pub result: Result<String, Fault>,
    /// What the call used, whether it succeeded or not.
    pub usage: Usage,
    /// What its publisher asks for it, before trial and cap.
    pub price: NanoDollars,
    /// Files it handed back.
    pub artifacts: Vec<Artifact>,
    /// What it was refused on the way.
    pub denials: Vec<Denial>,
    /// What it logged, as far as the grant keeps it.
    pub log: Vec<LogLine>,
    /// What it wrote to its standard output and error.
    pub stdio: String,
}

/// Writes the one audit record of a call, also when the caller goes away.
pub(crate) struct Recorder {
    audit: Arc<dyn Audit>,
    record: Option<AuditRecord>,
    clock: Arc<CpuClock>,
    context: Option<Arc<CallContext>>,
    left: Left,
}

/// What remains of a store once its guest is gone.
#[derive(Default)]
struct Left {
    memory_peak: u64,
    artifacts: Vec<Artifact>,
    log: Vec<LogLine>,
    stdio: String,
}

impl Recorder {
    pub(crate) fn new(audit: Arc<dyn Audit>, call: &Call, clock: Arc<CpuClock>) -> Recorder {
        Recorder {
            audit,
            record: Some(record(call)),
            clock,
            context: None,
            left: Left::default(),
        }
    }

    /// The call was accepted: from here on its meter counts.
    pub(crate) fn begin(&mut self, context: Arc<CallContext>) {
        if let Some(record) = &mut self.record {
            record.skill = context.skill().manifest().name().cloned();
            record.effect = context
                .skill()
                .tool(record.tool.as_str())
                .map_or(Effect::default(), |tool| tool.info.effect);
        }
        self.context = Some(context);
    }

    /// The guest is done: keep what it left.
    pub(crate) fn end(&mut self, store: &mut Store<CallState>) {
        let state = store.data_mut();
        let (log, stdio) = state.capabilities.log.take();
        self.left = Left {
            memory_peak: state.limiter.peak(),
            artifacts: state.capabilities.artifacts.take(),
            log,
            stdio,
        };
    }

    /// The call ended this way.
    pub(crate) fn finish(mut self, result: Result<String, Fault>) -> Outcome {
        let usage = self.usage();
        let denials = self
            .context
            .as_ref()
            .map(|context| context.take_denials())
            .unwrap_or_default();
        let result = result.map_err(|fault| as_refused(fault, &denials));
        let price = self.write(result.as_ref().err().cloned(), &usage);
        let Left {
            artifacts,
            log,
            stdio,
            ..
        } = std::mem::take(&mut self.left);
        let result = result.map_err(|fault| diagnosis::with_last_words(fault, &stdio));
        Outcome {
            result,
            usage,
            price,
            artifacts,
            denials,
            log,
            stdio,
        }
    }

    fn usage(&self) -> Usage {
        let mut usage = self
            .context
            .as_ref()
            .map(|context| context.meter().usage())
            .unwrap_or_default();
        usage.wall = self.clock.origin().elapsed();
        usage.cpu = self.clock.spent();
        usage.memory_peak_bytes = self.left.memory_peak;
        usage
    }

    fn write(&mut self, fault: Option<Fault>, usage: &Usage) -> NanoDollars {
        let Some(mut record) = self.record.take() else {
            return NanoDollars::default();
        };
        record.price = match &fault {
            None => self.price(record.effect, usage),
            Some(_) => NanoDollars::default(),
        };
        record.fault = fault;
        record.usage = usage.clone();
        self.audit.call(&record);
        record.price
    }

    fn price(&self, effect: Effect, usage: &Usage) -> NanoDollars {
        let context = self.context.as_ref();
        context.map_or_else(NanoDollars::default, |context| {
            let manifest = context.skill().manifest();
            manifest.pricing.of_call(effect, usage)
        })
    }
}

fn record(call: &Call) -> AuditRecord {
    AuditRecord {
        started_unix_ms: unix_ms(),
        call: call.id.clone(),
        within: call.within.clone(),
        tenant: call.tenant.clone(),
        principal: call.principal.clone(),
        skill: None,
        digest: call.skill,
        tool: call.tool.clone(),
        effect: Effect::default(),
        fault: None,
        usage: Usage::default(),
        price: NanoDollars::default(),
    }
}

fn unix_ms() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// The future was dropped: the caller went away.
impl Drop for Recorder {
    fn drop(&mut self) {
        if self.record.is_some() {
            let usage = self.usage();
            let fault = match std::thread::panicking() {
                true => Fault::new(
                    Code::HostInternal,
                    "The host failed in the middle of the call.",
                ),
                false => Fault::new(
                    Code::Cancelled,
                    "The caller went away before the call had ended.",
                ),
            };
            self.write(Some(fault), &usage);
        }
    }
}

/// A skill that passes on why it was refused speaks of the host's own decision: the caller gets that, with its code, its blame
/// and its remedy, and not the skill's reading of it.
fn as_refused(fault: Fault, denials: &[Denial]) -> Fault {
    let passed_on = denials
        .iter()
        .rev()
        .find(|denial| fault.message.contains(denial.message()));
    passed_on.map_or(fault, |denial| denial.clone().into())
}

/// Turn whatever ended the guest into an answer or a fault.
pub(crate) fn judge<T>(
    ended: Result<Result<T, GuestError>, Elapsed>,
    store: &Store<CallState>,
) -> Result<T, Fault> {
    let exceeded = store.data().limiter.exceeded();
    match ended {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(fault(error, exceeded)),
        Err(_) => Err(too_late(&store.data().call)),
    }
}

/// Whose time was it? A caller's own deadline is the caller's; the limit is for the skill to keep.
fn too_late(call: &CallContext) -> Fault {
    let limit = call.installed().limits().wall;
    match call.call().deadline.filter(|deadline| *deadline <= limit) {
        Some(deadline) => {
            let message = format!(
                "The call took longer than the {} its caller allowed.",
                seconds(deadline)
            );
            Fault::new(Code::DeadlineExceeded, message)
        }
        None => {
            let message = format!(
                "The skill took longer than the {} a call may take.",
                seconds(limit)
            );
            Fault::new(Code::SkillWallExceeded, message)
        }
    }
}

fn fault(error: GuestError, exceeded: Option<Exceeded>) -> Fault {
    match error {
        GuestError::Answered(error) => answered(error),
        GuestError::AnsweredOther(json) => Fault::new(
            Code::SkillInternal,
            format!("The skill answered with an error: {}", words(&json)),
        ),
        GuestError::Start(error) => {
            let what = "The skill did not start";
            let fault = stopped(Code::SkillStartFailed, what, &error, exceeded);
            diagnosis::with_backtrace(fault, &error)
        }
        GuestError::Stopped(error) => {
            let what = "The skill was stopped";
            let fault = stopped(Code::SkillTrap, what, &error, exceeded);
            diagnosis::with_backtrace(fault, &error)
        }
        GuestError::TooLarge(limit) => Fault::new(
            Code::SkillResultTooLarge,
            format!("The answer is larger than the {limit} bytes a call may return."),
        ),
        GuestError::NotJson(why) => Fault::new(
            Code::SkillInvalidResult,
            format!("The skill promised JSON and answered with something else: {why}."),
        ),
    }
}

fn stopped(
    default: Code,
    what: &str,
    error: &wasmtime::Error,
    exceeded: Option<Exceeded>,
) -> Fault {
    if error.downcast_ref::<CpuExceeded>().is_some() {
        return Fault::new(
            Code::SkillCpuExceeded,
            "The skill used up the CPU time of the call.",
        );
    }
    match exceeded {
        Some(Exceeded::Memory) => {
            return Fault::new(
                Code::SkillMemoryExceeded,
                "The skill needed more memory than it may have.",
            );
        }
        Some(Exceeded::Table) => {
            return Fault::new(
                Code::SkillTableExceeded,
                "The skill needed larger tables than it may have.",
            );
        }
        None => {}
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => Fault::new(
            Code::SkillStackExceeded,
            "The skill's recursion is too deep.",
        ),
        Some(trap) => Fault::new(default, format!("{what}: {trap}.")),
        None => Fault::new(
            default,
            format!("{what}: {}.", words(&error.root_cause().to_string())),
        ),
    }
}

fn answered(error: SkillError) -> Fault {
    let code = match &error {
        SkillError::InvalidInput(_) => Code::InvalidArguments,
        SkillError::Unauthorized(_) => Code::UpstreamUnauthorized,
        SkillError::Denied(_) => Code::UpstreamDenied,
        SkillError::NotFound(_) => Code::NotFound,
        SkillError::Conflict(_) => Code::Conflict,
        SkillError::RateLimited { .. } => Code::UpstreamRateLimited,
        SkillError::Unavailable(_) => Code::UpstreamUnavailable,
        SkillError::Internal(_) => Code::SkillInternal,
    };
    let fault = Fault::new(code, words(error.message()));
    match error {
        SkillError::RateLimited {
            retry_after_seconds: Some(seconds),
            ..
        } => fault.with_retry_after(Duration::from_secs(u64::from(seconds))),
        _ => fault,
    }
}

fn words(text: &str) -> String {
    text::one_line(text, MAX_WORDS)
}

fn seconds(wall: Duration) -> String {
    format!("{} s", wall.as_secs_f64())
}
