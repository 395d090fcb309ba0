//! `metier test --record`: makes calls for real and writes down what happens.

use std::{fs, io::Write, path::Path};

use metier_core::{Blame, Code, Fault};
use metier_market::fixtures::{self, Files, Fixture, FixtureName, Named, RecordError, Recorded};
use metier_runtime::{host::Host, skill::Skill};
use serde_json::json;
use tempfile::NamedTempFile;

use super::{show, source::Source};
use crate::{
    args::{call::CallOptions, test::Test},
    commands::{
        App,
        call::{reach::Reach, words},
        skill_file,
    },
    errors::Failure,
    exit::Exit,
    printer::Format,
    render::count,
    text,
};

/// Records each, in order; stops at the first that cannot be.
pub async fn run(
    app: &App,
    args: &Test,
    source: &Source,
    names: &[FixtureName],
) -> Result<Exit, Failure> {
    let Some(folder) = source.folder() else {
        return Err(Failure::usage(
            "A skill's file is never changed, so there is nowhere to write fixtures.",
            "Name the skill's folder, or a folder with --fixtures.",
        ));
    };
    let host = skill_file::host(app, || skill_file::config(app))?;
    let skill = skill_file::load(app, &host, &source.file()?).await?;
    let wanted = match args.call.as_slice() {
        [] => super::chosen(source.fixtures(&skill)?, names)?,
        call => match new(&skill, names, call, &source.files(&skill)?)? {
            Ok(named) => vec![named],
            Err(page) => return crate::commands::help_or_failure(app, page),
        },
    };
    for named in wanted {
        let recorded = match one(app, args, (&host, &skill), &named).await? {
            Ok(recorded) => recorded,
            Err(exit) => return Ok(exit),
        };
        let path = folder.join(format!("{}.json", named.name));
        write(&folder, &path, &fixtures::write(&recorded.fixture))?;
        tell(app, &path, &recorded)?;
    }
    Ok(Exit::Ok)
}

/// A call that is not there yet.
fn new(
    skill: &Skill,
    names: &[FixtureName],
    call: &[std::ffi::OsString],
    files: &Files,
) -> Result<Result<Named, clap::Error>, Failure> {
    let [name] = names else {
        return Err(Failure::usage(
            "One call needs one name.",
            "metier test --record NAME --grant grant.toml -- TOOL …",
        ));
    };
    let (tool, arguments) = match words::parse(skill, call)? {
        Ok(call) => call,
        Err(page) => return Ok(Err(page)),
    };
    Ok(Ok(Named {
        name: name.clone(),
        fixture: Fixture::typed_in(tool, arguments, files),
    }))
}

async fn one(
    app: &App,
    args: &Test,
    (host, skill): (&Host, &std::sync::Arc<Skill>),
    named: &Named,
) -> Result<Result<Recorded, Exit>, Failure> {
    let fixture = named.fixture.as_ref().map_err(|error| {
        let message = format!("The fixture `{}` cannot be read: {error}.", named.name);
        Failure::from(Fault::new(Code::InvalidArguments, message).with_hint("Mend it first."))
    })?;
    let options = CallOptions {
        grant: args.grant.clone(),
        vault: args.vault.clone(),
        ..CallOptions::default()
    };
    let (grant, sources) = Reach::read(args.grant.as_deref())?.bind(&options, app)?;
    grant
        .subject
        .check(skill.manifest().name(), skill.digest())
        .map_err(|wrong| {
            Fault::new(
                Code::GrantInvalid,
                crate::errors::sentence(&wrong.to_string()),
            )
        })?;
    let credentials = host.credentials(&grant, sources);
    match fixtures::record(host, skill, named, fixture, (grant, credentials)).await {
        Ok(recorded) => Ok(Ok(recorded)),
        Err(RecordError::Refused(fault)) => Err(fault.into()),
        // What the operator has to mend says nothing about the service.
        Err(RecordError::NotTheSame {
            live: Some(fault), ..
        }) if refused(&fault) => Err((*fault).into()),
        Err(RecordError::NotTheSame { mismatches, live }) => {
            app.printer.error(&format!(
                "The call `{}` does not give the same outcome when it is replayed; nothing was written.",
                named.name
            ));
            let paint = app.printer.terminal.stderr.paint();
            for line in mismatches
                .iter()
                .flat_map(|mismatch| show::lines(mismatch, paint))
            {
                app.printer.error(&format!("  {line}"));
            }
            let failure = live.map(|fault| Failure::from(*fault));
            if let Some(failure) = &failure {
                failure.tell(&app.printer);
            }
            Ok(Err(failure.map_or(Exit::Failed(Blame::Skill), |failure| {
                failure.exit
            })))
        }
    }
}

/// Whether the call never came as far as the service.
fn refused(fault: &Fault) -> bool {
    let code = fault.code;
    code.blame() == Blame::Operator
        && !matches!(code, Code::UpstreamUnauthorized | Code::UpstreamDenied)
        || matches!(code, Code::UpstreamUnreachable | Code::UpstreamTimeout)
}

/// Beside its place first, then over it.
fn write(folder: &Path, path: &Path, text: &str) -> Result<(), Failure> {
    let unwritable = |error| {
        let shown = text::one_line(&path.display().to_string());
        Failure::unwritable(&format!("The fixture `{shown}`"), &error)
    };
    fs::create_dir_all(folder).map_err(unwritable)?;
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    let mut file: NamedTempFile = tempfile::Builder::new()
        .permissions(permissions)
        .tempfile_in(folder)
        .map_err(unwritable)?;
    file.write_all(text.as_bytes()).map_err(unwritable)?;
    file.persist(path)
        .map_err(|error| unwritable(error.error))?;
    Ok(())
}

fn tell(app: &App, path: &Path, recorded: &Recorded) -> Result<(), Failure> {
    let shown = text::one_line(&path.display().to_string());
    let exchanges = recorded.fixture.exchanges.len();
    if app.printer.format == Format::Json {
        return app.print(&format!(
            "{}\n",
            json!({"file": shown, "exchanges": exchanges, "redacted": recorded.redacted})
        ));
    }
    app.print(&format!("{shown}  {}\n", count(exchanges, "exchange")))?;
    for redacted in &recorded.redacted {
        app.printer.warn(&format!(
            "what looks like {} was replaced at {}",
            redacted.kind, redacted.at
        ));
    }
    app.printer.note(
        "Read it before you share it: what a service says may be private without being a secret.",
    );
    Ok(())
}
