//! `metier call`: one tool, once.
//!
//! 1. find the skill and the tool among the words, load the file;
//! 2. parse the words again, with the tool's own flags;
//! 3. install the skill under its grant, in a host with the stores that grant needs;
//! 4. call; Ctrl-C cancels;
//! 5. print the answer, then what it left behind and what it cost.

pub mod answer;
pub mod artifacts;
pub mod footer;
mod input;
pub mod reach;
pub mod words;

use std::{ffi::OsString, path::Path, sync::Arc};

use metier_core::{
    call::Call,
    code::Code,
    fault::Fault,
    ids::{PrincipalId, TenantId, ToolName},
    nearest::nearest,
    run::RunScope,
};
use metier_runtime::{
    host::Host,
    outcome::Outcome,
    skill::{Skill, Tool},
};

use super::{App, skill_file};
use crate::{
    args::{
        Globals,
        call::{self, CallOptions, ToolArgs},
    },
    audit_file::Trail,
    errors::Failure,
    exit::Exit,
    flags,
    spinner::{PATIENCE, Spinner},
    text,
};
use reach::{Reach, Stores};

/// Installing fails only when the grant is for another skill.
const WRONG_GRANT: &str =
    "Name this skill's own grant; `metier inspect SKILL.wasm --grant-template` writes one.";

/// Calls a tool, as the words after `call` say.
///
/// # Errors
/// [`Failure`] when nothing was called; a call that failed is told here, and is an exit code.
pub fn run(app: App, words: Vec<OsString>, globals: Globals) -> Result<Exit, Failure> {
    let split = call::split(&words);
    let Some(path) = split.skill else {
        return without_skill(&app, &words);
    };
    let reach = Reach::read(split.grant.as_deref())?;
    let trail = Arc::new(Trail::default());
    let stores = reach.stores(&app.folders)?;
    super::runtime()?.block_on(async {
        let host = skill_file::host(&app, || stores.within(skill_file::config(&app), &trail))?;
        let skill = skill_file::load(&app, &host, &path).await?;
        let Some(name) = split.tool else {
            return without_tool(&app, &skill, split.help);
        };
        let tool = find(&skill, &name.to_string_lossy())?;
        let shown = described(tool);
        let (options, values) = match call::parse(words, &shown) {
            Ok(parsed) => parsed,
            Err(error) => return super::help_or_failure(&app, error),
        };
        if options.grant != split.grant {
            return Err(Failure::usage(
                "`--grant` stands where the value of another flag is expected.",
                "Write that flag as --flag=VALUE, or after `--`.",
            ));
        }
        let app = app.with(&options.globals.or(globals));
        let arguments = values.over(&shown, input::read(options.json.as_deref())?)?;
        let name = tool.info.name.clone();
        let arguments = arguments.text();
        let job = Job {
            app: &app,
            options: &options,
            stores: &stores,
            skill: &skill,
            tool: name,
            arguments,
        };
        job.run(&host, reach, &trail).await
    })
}

/// No skill named: help when it was asked for, clap's complaint otherwise.
fn without_skill(app: &App, words: &[OsString]) -> Result<Exit, Failure> {
    let whole = std::iter::once(OsString::from("metier call")).chain(words.iter().cloned());
    match call::command(None).try_get_matches_from(whole) {
        Err(error) => super::help_or_failure(app, error),
        Ok(_) => Err(Failure::usage(
            "No skill is named.",
            "metier call SKILL.wasm TOOL",
        )),
    }
}

fn without_tool(app: &App, skill: &Skill, help: bool) -> Result<Exit, Failure> {
    let names: Vec<&str> = skill.tools().map(|tool| tool.info.name.as_str()).collect();
    if !help {
        return Err(Failure::usage(
            "No tool is named.",
            format!("The skill has: {}.", names.join(", ")),
        ));
    }
    let page = call::command(None).render_help();
    let listed: String = names.iter().map(|name| format!("  {name}\n")).collect();
    app.print(&format!("{page}\nTools of this skill:\n{listed}"))?;
    Ok(Exit::Ok)
}

fn find<'s>(skill: &'s Skill, name: &str) -> Result<&'s Tool, Failure> {
    if let Some(tool) = skill.tool(name) {
        return Ok(tool);
    }
    let names = || skill.tools().map(|tool| tool.info.name.as_str());
    let fault = Fault::new(
        Code::UnknownTool,
        format!("The skill has no tool `{}`.", text::one_line(name)),
    );
    Err(match nearest(name, names()) {
        Some(meant) => fault.with_hint(format!("Did you mean `{meant}`?")).into(),
        None => fault
            .with_hint(format!(
                "It has: {}.",
                names().collect::<Vec<_>>().join(", ")
            ))
            .into(),
    })
}

fn described(tool: &Tool) -> ToolArgs {
    ToolArgs {
        name: tool.info.name.as_str().to_owned(),
        about: text::lines(&tool.info.description).trim().to_owned(),
        flags: flags::of_schema(&tool.info.input_schema),
    }
}

/// A call with everything it needs.
struct Job<'a> {
    app: &'a App,
    options: &'a CallOptions,
    stores: &'a Stores,
    skill: &'a Arc<Skill>,
    tool: ToolName,
    arguments: String,
}

/// How a call ended.
enum Ended {
    /// By itself.
    Answered(Box<Outcome>),
    /// By Ctrl-C.
    Interrupted,
}

impl Job<'_> {
    async fn run(&self, host: &Host, reach: Reach, trail: &Trail) -> Result<Exit, Failure> {
        if let Some(path) = &self.options.audit {
            trail
                .append_to(path)
                .map_err(|error| Failure::unwritable(&audit_file(path), &error))?;
        }
        let call = self.install(host, reach)?;
        let tenant = call.tenant.clone();
        let spinner = Arc::new(Spinner::new(
            self.app.printer,
            format!("calling {}", self.tool),
        ));
        let ended = watch(host, call, &spinner).await;
        spinner.stop();
        let exit = self.report(ended?, &tenant, trail).await?;
        match (trail.take_failure(), &self.options.audit) {
            (Some(error), Some(path)) => Err(Failure::unwritable(&audit_file(path), &error)),
            _ => Ok(exit),
        }
    }

    fn install(&self, host: &Host, reach: Reach) -> Result<Call, Failure> {
        let (grant, sources) = reach.bind(self.options, self.app)?;
        let tenant = grant.tenant.clone();
        let credentials = host.credentials(&grant, sources);
        host.install(self.skill.clone(), grant, credentials)
            .map_err(|fault| fault.with_hint(WRONG_GRANT))?;
        let digest = *self.skill.digest();
        let call = host.call_to(
            tenant,
            PrincipalId::local(),
            digest,
            self.tool.clone(),
            self.arguments.clone(),
        )?;
        Ok(Call {
            deadline: self.options.timeout,
            ..call
        })
    }

    async fn report(
        &self,
        ended: Ended,
        tenant: &TenantId,
        trail: &Trail,
    ) -> Result<Exit, Failure> {
        let printer = &self.app.printer;
        match ended {
            Ended::Answered(outcome) => {
                let store = self.stores.artifacts();
                answer::tell(self.app, self.options, &outcome, tenant, store).await
            }
            Ended::Interrupted => {
                let fault = Fault::new(Code::Cancelled, "The call was cancelled.");
                let failure = Failure::from(fault.with_hint("What it had done by then is done."));
                failure.tell(printer);
                printer.note(&footer::line(
                    &trail.last_usage().unwrap_or_default(),
                    false,
                    printer,
                ));
                Ok(failure.exit)
            }
        }
    }
}

fn audit_file(path: &Path) -> String {
    format!("The audit file `{}`", path.display())
}

/// Waits for the call, for somebody's patience to run out, and for Ctrl-C.
async fn watch(host: &Host, call: Call, spinner: &Arc<Spinner>) -> Result<Ended, Failure> {
    let calling = host.call(call, Arc::new(RunScope::unrestricted()), spinner.clone());
    let interrupted = tokio::signal::ctrl_c();
    let patience = tokio::time::sleep(PATIENCE);
    tokio::pin!(calling, interrupted, patience);
    let mut waiting = true;
    loop {
        tokio::select! {
            biased;
            outcome = &mut calling => return Ok(Ended::Answered(Box::new(outcome))),
            signal = &mut interrupted => {
                return match signal {
                    Ok(()) => Ok(Ended::Interrupted),
                    Err(error) => Err(Fault::new(Code::HostInternal, format!("Ctrl-C cannot be heard: {error}.")).into()),
                };
            }
            () = &mut patience, if waiting => {
                spinner.start();
                waiting = false;
            }
        }
    }
}
