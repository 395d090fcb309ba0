//! Limits with room above what was used.
//!
//! A limit that is as tight as one recording fails the next larger page, and one that is never reached protects from nothing. So
//! each is a multiple of the most that any call used, rounded up, never above what the calls ran within; where that is the
//! default, nothing is written.

use std::time::Duration;

use metier_core::{ByteSize, Limits, Manifest, Span, Usage, limits::LimitsAsk};

/// How the numbers come about, for people.
pub const HOW: &str = "Room above the most any call used: memory twice, cpu ten times, the rest four times; rounded up.";

/// Memory grows with what is worked on, and its first part is the language's own.
const MEMORY_TIMES: u64 = 2;
/// Other machines are slower, and this one may be idle.
const CPU_TIMES: u32 = 10;
/// More pages, longer ones.
const OTHER_TIMES: u64 = 4;

/// Least memory: two pages of the smallest guest's growth say nothing about its next.
const LEAST_MEMORY: u64 = 4 << 20;
/// Least of other bytes: an error page of a service is larger than a good answer.
const LEAST_BYTES: u64 = 64 << 10;
/// Least log: a line for each thing that goes wrong.
const LEAST_LOG: u64 = 4 << 10;
/// Least requests: one that is tried again.
const LEAST_REQUESTS: u32 = 4;

/// The most any one call used of each thing.
#[derive(Clone, Debug, Default)]
pub struct Peak {
    /// What the host counts.
    pub usage: Usage,
    /// Bytes of the answer.
    pub answer_bytes: u64,
}

impl Peak {
    /// At least this much as well.
    pub(super) fn raise(&mut self, usage: &Usage, answer: Option<&str>) {
        let most = &mut self.usage;
        most.wall = most.wall.max(usage.wall);
        most.cpu = most.cpu.max(usage.cpu);
        most.memory_peak_bytes = most.memory_peak_bytes.max(usage.memory_peak_bytes);
        most.requests = most.requests.max(usage.requests);
        most.request_bytes = most.request_bytes.max(usage.request_bytes);
        most.response_bytes = most.response_bytes.max(usage.response_bytes);
        most.log_bytes = most.log_bytes.max(usage.log_bytes);
        most.artifact_bytes = most.artifact_bytes.max(usage.artifact_bytes);
        let answer = answer.map_or(0, |answer| answer.len() as u64);
        self.answer_bytes = self.answer_bytes.max(answer);
    }
}

/// One line.
struct Line {
    key: &'static str,
    value: String,
    /// Why it is that.
    why: String,
    /// A grant has to say it too: without that, the default is the ceiling.
    above_default: bool,
}

/// The `[limits]` of a manifest, if there is something to say.
pub(super) fn manifest(was: &Manifest, peak: &Peak, host: &Limits) -> Option<String> {
    section(&lines(was, peak, host), |_| true)
}

/// The `[limits]` of a grant: those the skill needs more of than the default.
pub(super) fn grant(was: &Manifest, peak: &Peak, host: &Limits) -> Option<String> {
    section(&lines(was, peak, host), |line| line.above_default)
}

fn section(lines: &[Line], wanted: impl Fn(&Line) -> bool) -> Option<String> {
    let written = lines.iter().filter(|line| wanted(line));
    let written: Vec<String> = written
        .map(|line| format!("{} = {}  # {}", line.key, line.value, line.why))
        .collect();
    (!written.is_empty()).then(|| format!("# {HOW}\n[limits]\n{}", written.join("\n")))
}

fn lines(was: &Manifest, peak: &Peak, host: &Limits) -> Vec<Line> {
    let within = Limits::effective(host, &was.limits, &was.limits);
    let default = Limits::default();
    let most = &peak.usage;
    let other = |key, used, within, default| {
        bytes(key, used, (OTHER_TIMES, LEAST_BYTES), (within, default))
    };
    let counted = [
        bytes(
            "memory",
            most.memory_peak_bytes,
            (MEMORY_TIMES, LEAST_MEMORY),
            (within.memory_bytes, default.memory_bytes),
        ),
        cpu(most.cpu, (within.cpu, default.cpu)),
        bytes(
            "log-bytes",
            most.log_bytes,
            (OTHER_TIMES, LEAST_LOG),
            (within.log_bytes, default.log_bytes),
        ),
        other(
            "artifact-bytes",
            most.artifact_bytes,
            within.artifact_bytes,
            default.artifact_bytes,
        ),
        requests(most.requests, (within.requests, default.requests)),
        other(
            "request-bytes",
            most.request_bytes,
            within.request_bytes,
            default.request_bytes,
        ),
        other(
            "response-bytes",
            most.response_bytes,
            within.response_bytes,
            default.response_bytes,
        ),
        other(
            "result-bytes",
            peak.answer_bytes,
            within.result_bytes,
            default.result_bytes,
        ),
    ];
    let kept = kept(&was.limits, &default);
    counted.into_iter().flatten().chain(kept).collect()
}

fn bytes(
    key: &'static str,
    used: u64,
    (times, least): (u64, u64),
    (within, default): (u64, u64),
) -> Option<Line> {
    let room = used.saturating_mul(times).max(least);
    let room = room.checked_next_power_of_two().unwrap_or(room).min(within);
    (used > 0 && room != default).then(|| Line {
        key,
        value: format!("\"{}\"", ByteSize(room)),
        why: format!("the most used was {}", ByteSize(used)),
        above_default: room > default,
    })
}

fn cpu(used: Duration, (within, default): (Duration, Duration)) -> Option<Line> {
    let room = used.saturating_mul(CPU_TIMES).as_secs_f64().ceil().max(1.0);
    let room = Duration::try_from_secs_f64(room)
        .unwrap_or(within)
        .min(within);
    (!used.is_zero() && room != default).then(|| Line {
        key: "cpu",
        value: format!("\"{}\"", Span(room)),
        why: format!("the most used was {} ms", used.as_millis().max(1)),
        above_default: room > default,
    })
}

fn requests(used: u32, (within, default): (u32, u32)) -> Option<Line> {
    let times = u32::try_from(OTHER_TIMES).unwrap_or(u32::MAX);
    let room = used.saturating_mul(times).max(LEAST_REQUESTS).min(within);
    (used > 0 && room != default).then(|| Line {
        key: "requests",
        value: room.to_string(),
        why: format!("the most used was {used}"),
        above_default: room > default,
    })
}

/// What a recording cannot tell, as it was: it answers at once, and nobody counts elements of tables.
fn kept(was: &LimitsAsk, default: &Limits) -> Vec<Line> {
    let wall = was.wall.map(|wall| Line {
        key: "wall",
        value: format!("\"{wall}\""),
        why: "as it was: a recording answers at once".to_owned(),
        above_default: wall.duration() > default.wall,
    });
    let table = was.table_elements.map(|elements| Line {
        key: "table-elements",
        value: elements.to_string(),
        why: "as it was: they are not counted".to_owned(),
        above_default: elements > default.table_elements,
    });
    wall.into_iter().chain(table).collect()
}
