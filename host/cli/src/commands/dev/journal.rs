//! What is printed while the tools are served: one line for each thing that happens, as it happens.
//!
//! It writes on the call's own path: when nobody reads the terminal, calls wait.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use metier_core::{
    AuditRecord, EgressRecord,
    audit::EgressOutcome,
    call::Call,
    http::{CanonicalUrl, Method},
    ids::CallId,
};
use metier_runtime::{
    audit::{Audit, Observer},
    capabilities::log::LogLine,
    outcome::Outcome,
    registry::Installed,
};
use metier_server::dev::Watcher;
use serde::Serialize;
use serde_json::{Value, json};

use super::serving;
use crate::{
    commands::call::{answer, footer},
    details,
    errors::Failure,
    printer::{Format, Printer},
    render::duration,
    terminal::Paint,
    text,
};

/// Prints.
pub struct Journal {
    printer: Printer,
    address: SocketAddr,
    serving: RwLock<Option<Arc<Installed>>>,
}

impl Journal {
    /// Nothing happened yet.
    pub fn new(printer: Printer, address: SocketAddr) -> Journal {
        Journal {
            printer,
            address,
            serving: RwLock::new(None),
        }
    }

    /// A build begins.
    pub fn building(&self) {
        self.human(|paint| paint.faint("building"));
        self.json(json!({"kind": "building"}));
    }

    /// This is served from now on.
    pub fn serving(&self, installed: &Arc<Installed>, withheld: bool) {
        self.human(|paint| serving::human(installed, self.address, withheld, paint));
        self.json(serving::json(installed, self.address, withheld));
        *self.serving.write().unwrap_or_else(PoisonError::into_inner) = Some(installed.clone());
    }

    /// The build failed.
    pub fn failed(&self, failure: &Failure, last_good: bool) {
        if self.printer.format == Format::Human {
            failure.tell(&self.printer);
        }
        self.human(|paint| {
            paint.faint(match last_good {
                true => "the last good build is still served; waiting for a change",
                false => "nothing is served; waiting for a change",
            })
        });
        self.json(json!({"kind": "failed", "error": failure.wire(), "serving": last_good}));
    }

    /// A source changed.
    pub fn changed(&self, path: &Path) {
        let path = text::one_line(&path.display().to_string());
        self.human(|paint| format!("{} {path}", paint.faint("changed")));
        self.json(json!({"kind": "changed", "path": path}));
    }

    /// Each build changes the sources.
    pub fn restless(&self, path: &Path) {
        let path = text::one_line(&path.display().to_string());
        self.warn(&format!(
            "every build changes {path}; waiting for the next change"
        ));
    }

    /// The system does not tell what happens.
    pub fn unwatched(&self, error: &notify::Error) {
        let error = text::one_line(&error.to_string());
        self.warn(&format!(
            "the folder cannot be watched ({error}); it is looked at every second instead"
        ));
    }

    fn warn(&self, sentence: &str) {
        self.printer.warn(sentence);
        self.json(json!({"kind": "warning", "message": sentence}));
    }

    fn human(&self, line: impl FnOnce(Paint) -> String) {
        if self.printer.format == Format::Human {
            self.line(&line(self.printer.terminal.stdout.paint()));
        }
    }

    fn json(&self, line: Value) {
        if self.printer.format == Format::Json {
            self.line(&line.to_string());
        }
    }

    fn line(&self, line: &str) {
        // A reader that went away does not end the session.
        let _ = self.printer.data(&format!("{line}\n"));
    }

    /// The line of the grant that let a request through. Requests for tokens have none.
    fn rule(&self, record: &EgressRecord) -> Option<String> {
        let serving = self.serving.read().unwrap_or_else(PoisonError::into_inner);
        let grant = serving.as_ref()?.grant();
        let method: Method = record.method.parse().ok()?;
        let url = CanonicalUrl::parse(&record.target).ok()?;
        let mut rules = grant.http.iter();
        let rule = rules.find(|rule| rule.value.rule.matches(&method, &url))?;
        Some(rule.value.rule.to_string())
    }
}

/// `#12`: the number in an id, which is the same for all calls but for that.
fn short(call: &CallId) -> String {
    let id = call.as_str();
    format!("#{}", id.rsplit('-').next().unwrap_or(id))
}

fn with_kind(kind: &str, record: &impl Serialize) -> Value {
    let mut value = json!(record);
    value["kind"] = json!(kind);
    value
}

impl Audit for Journal {
    fn call(&self, record: &AuditRecord) {
        self.json(with_kind("call", record));
        self.human(|paint| {
            let tool = paint.name(record.tool.as_str());
            let how = match &record.fault {
                None => paint.good("ok"),
                Some(fault) => {
                    let message = text::one_line(&fault.message);
                    format!("{} {message}", paint.bad(fault.code.as_str()))
                }
            };
            let cost = paint.faint(&footer::parts(&record.usage).join(" · "));
            format!("{} {tool}  {how}  {cost}", short(&record.call))
        });
    }

    fn egress(&self, record: &EgressRecord) {
        let rule = match record.outcome {
            EgressOutcome::Denied { .. } => None,
            _ => self.rule(record),
        };
        let mut value = with_kind("egress", record);
        value["rule"] = json!(rule);
        self.json(value);
        self.human(|paint| {
            let request = text::one_line(&format!("{} {}", record.method, record.target));
            let by = match rule {
                Some(rule) => format!("allowed by {rule}"),
                None => "allowed".to_owned(),
            };
            let took = duration(record.wall);
            let how = match record.outcome {
                EgressOutcome::Answered { status } => {
                    format!("{status} {}", paint.faint(&format!("{took} · {by}")))
                }
                EgressOutcome::Denied { code } => format!("{} {code}", paint.bad("denied")),
                EgressOutcome::Failed { code } => {
                    format!("{code} {}", paint.faint(&format!("{took} · {by}")))
                }
            };
            format!("{}   → {request}  {how}", short(&record.call))
        });
    }
}

/// The journal as what a server tells of its calls.
pub struct Calls(pub Arc<Journal>);

impl Watcher for Calls {
    fn begins(&self, call: &Call) -> Arc<dyn Observer> {
        Arc::new(OneCall {
            journal: self.0.clone(),
            call: call.id.clone(),
        })
    }

    /// What only the outcome has: the rules that are missing, and what the skill wrote to its streams.
    fn ended(&self, call: &CallId, outcome: &Outcome) {
        for denial in &outcome.denials {
            self.0.json(json!({
                "kind": "denied", "call": call, "code": denial.code(),
                "message": denial.message(), "remedy": denial.remedy(),
            }));
        }
        if !outcome.stdio.is_empty() {
            self.0
                .json(json!({"kind": "output", "call": call, "text": outcome.stdio}));
        }
        for artifact in &outcome.artifacts {
            let mut value = with_kind("artifact", artifact);
            value["call"] = json!(call);
            self.0.json(value);
        }
        let paint = self.0.printer.terminal.stdout.paint();
        let mut lines = answer::denials(&outcome.denials, None, paint);
        let told =
            matches!(&outcome.result, Err(fault) if fault.details.contains_key(details::OUTPUT));
        if !told {
            let output = text::lines(&outcome.stdio);
            lines.extend(output.trim().lines().map(str::to_owned));
        }
        if let Err(fault) = &outcome.result {
            let shown = |(name, _): &(&String, &String)| {
                details::shown(fault.code, name, self.0.printer.volume)
            };
            let all = fault.details.iter().filter(shown);
            lines.extend(all.flat_map(|(name, value)| details::lines(name, value, paint)));
        }
        for artifact in &outcome.artifacts {
            let name = text::one_line(&artifact.name);
            lines.push(format!(
                "{} {name} · {}",
                paint.faint("artifact:"),
                artifact.digest
            ));
        }
        for line in lines {
            self.0.human(|_| format!("{}     {line}", short(call)));
        }
    }
}

/// What happens inside one call.
struct OneCall {
    journal: Arc<Journal>,
    call: CallId,
}

impl Observer for OneCall {
    fn progress(&self, message: &str, fraction: Option<f64>) {
        let journal = &self.journal;
        journal.json(json!({"kind": "progress", "call": self.call, "message": message, "fraction": fraction}));
        let part = fraction.map_or(String::new(), |fraction| {
            format!("{:.0} % ", fraction * 100.0)
        });
        journal.human(|paint| {
            format!(
                "{}   {}",
                short(&self.call),
                paint.faint(&format!("{part}{}", text::one_line(message)))
            )
        });
    }

    fn log(&self, line: &LogLine) {
        let mut value = with_kind("log", line);
        value["call"] = json!(self.call);
        self.journal.json(value);
        self.journal.human(|paint| {
            let place = match line.context.as_str() {
                "" => String::new(),
                context => format!("{}: ", text::one_line(context)),
            };
            let level = paint.faint(line.level.as_str());
            format!(
                "{}   {level} {place}{}",
                short(&self.call),
                text::one_line(&line.message)
            )
        });
    }
}
