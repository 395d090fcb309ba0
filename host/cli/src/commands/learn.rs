//! `metier learn`: the smallest manifest and grant that would have been enough.

use std::sync::Arc;

use metier_core::{Code, Fault, Grant};
use metier_market::{
    fixtures::{self, Fixture, Named},
    learn::{self, LearnError, Learned},
};
use metier_runtime::{host::Host, skill::Skill};
use serde_json::json;

use super::{
    App,
    call::{reach::Reach, words},
    skill_file,
    test::{chosen, parsed, source::Source},
};
use crate::{
    args::{call::CallOptions, learn::Learn},
    errors::Failure,
    exit::Exit,
    printer::Format,
    render::{bytes, count, duration},
    text,
};

/// Runs the calls and proposes.
///
/// # Errors
/// [`Failure`]
pub fn run(app: &App, args: &Learn) -> Result<Exit, Failure> {
    let (source, names) = Source::find(&args.words, args.fixtures.as_deref())?;
    let names = parsed(&names)?;
    if !args.no_build {
        source.build(app)?;
    }
    super::runtime()?.block_on(async {
        let host = skill_file::host(app, || skill_file::config(app))?;
        let skill = skill_file::load(app, &host, &source.file()?).await?;
        let recorded = source.fixtures(&skill)?;
        let (calls, grant) = match args.call.as_slice() {
            [] => (readable(&chosen(recorded, &names)?)?, None),
            call => match words::parse(&skill, call)? {
                Err(page) => return super::help_or_failure(app, page),
                Ok((tool, arguments)) => {
                    let call = Fixture::new(tool, arguments);
                    one(app, args, (&host, &skill), call, &recorded).await?
                }
            },
        };
        let learned = learn::learn(&host, &skill, &calls, grant.as_ref()).await;
        tell(app, calls.len(), &learned.map_err(failure)?)?;
        Ok(Exit::Ok)
    })
}

fn readable(fixtures: &[Named]) -> Result<Vec<Fixture>, Failure> {
    let read = |named: &Named| {
        named.fixture.clone().map_err(|error| {
            let message = format!("The fixture `{}` cannot be read: {error}.", named.name);
            Fault::new(Code::InvalidArguments, message)
                .with_hint("Mend the file first.")
                .into()
        })
    };
    fixtures.iter().map(read).collect()
}

/// A call that is made now: for real under a grant, or with everything that is recorded to answer it.
async fn one(
    app: &App,
    args: &Learn,
    (host, skill): (&Host, &Arc<Skill>),
    mut call: Fixture,
    recorded: &[Named],
) -> Result<(Vec<Fixture>, Option<Grant>), Failure> {
    let Some(path) = &args.grant else {
        for fixture in readable(recorded)? {
            call.exchanges.extend(fixture.exchanges);
            call.config.extend(fixture.config);
        }
        return Ok((vec![call], None));
    };
    let options = CallOptions {
        grant: Some(path.clone()),
        vault: args.vault.clone(),
        ..CallOptions::default()
    };
    let (grant, sources) = Reach::read(Some(path))?.bind(&options, app)?;
    let credentials = host.credentials(&grant, sources);
    let mut wide = skill.manifest().as_ref().clone();
    learn::ask_for_grant(&mut wide, &grant);
    let asking = Arc::new(skill.asking_for(wide));
    let live = fixtures::live(host, &asking, &call, (grant.clone(), credentials), None);
    let (outcome, exchanges) = live.await?;
    if let Err(fault) = outcome.result {
        app.printer.warn(&format!(
            "the call failed, so it may need more than is proposed: {} ({})",
            text::one_line(&fault.message),
            fault.code
        ));
    }
    call.exchanges = exchanges;
    call.config = grant.config.clone();
    Ok((vec![call], Some(grant)))
}

fn failure(error: LearnError) -> Failure {
    let message = crate::errors::sentence(&text::one_line(&error.to_string()));
    match error {
        LearnError::Fault(fault) => fault.into(),
        LearnError::NotRecorded { .. } => Fault::new(Code::InvalidArguments, message)
            .with_hint("Record the call first (`metier test --record`), or let `--grant` make it for real.")
            .into(),
        LearnError::Unreadable(_) => Fault::new(Code::HostInternal, message).into(),
        LearnError::NotEnough(_) => Fault::new(Code::SkillInternal, message)
            .with_hint("Run `metier test` on the same fixtures first: they may not pass.")
            .into(),
    }
}

fn tell(app: &App, calls: usize, learned: &Learned) -> Result<(), Failure> {
    let peak = &learned.peak.usage;
    if app.printer.format == Format::Json {
        return app.print(&format!(
            "{}\n",
            json!({
                "manifest": learned.manifest,
                "grant": learned.grant,
                "unused": learned.unused,
                "unseen": learned.unseen,
                "refused": learned.refused,
                "peak": peak,
                "limits": learn::HOW,
            })
        ));
    }
    let capabilities = match learned.manifest.is_empty() {
        true => "# Nothing: it only computes.\n",
        false => learned.manifest.as_str(),
    };
    app.print(&format!(
        "# skill.toml: what it has to ask for\n{}\n# grant.toml: what it has to be granted\n{}",
        text::lines(capabilities),
        text::lines(&learned.grant)
    ))?;
    let printer = &app.printer;
    printer.note(&format!(
        "From {}. At most: {} CPU, {} of memory, {}, {} up, {} down.",
        count(calls, "call"),
        duration(peak.cpu),
        bytes(peak.memory_peak_bytes),
        count(peak.requests as usize, "request"),
        bytes(peak.request_bytes),
        bytes(peak.response_bytes)
    ));
    for unused in &learned.unused {
        printer.note(&format!(
            "asked for and never used: {}",
            text::one_line(unused)
        ));
    }
    for unseen in &learned.unseen {
        printer.note(&format!(
            "asked for, and a recorded call cannot show whether it is used: {}",
            text::one_line(unseen)
        ));
    }
    for refused in &learned.refused {
        printer.warn(&format!(
            "refused all the same: {}",
            text::one_line(refused)
        ));
    }
    Ok(())
}
