//! `metier attach`: from a running MCP server to a skill's folder, built.
//!
//! The server is asked what it is and which tools it has, once, and never again: a call goes to it through the skill, as any
//! request of any skill goes, under the grant. What the server says of a tool is a stranger's word: its texts are cleaned, its
//! schemas are bounded, and what cannot be a tool here is left out by name.

mod changes;
mod convert;
mod files;
mod place;
mod schema;
mod server;
mod tell;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use metier_core::ids::SkillName;
use metier_market::{
    pack::{Inputs, Packed},
    skill_md::SkillMd,
};
use metier_mcp_wire::{Plan, RESOURCE, plan::MAX_PLAN_BYTES};

use super::{
    App,
    made::{self, Texts, unusable},
    pack,
};
use crate::{args::Attach, errors::Failure, exit::Exit, languages, text, vault};
use convert::Converted;
use files::Files;
use place::Place;
use server::{Listed, Server};

/// Lists the tools, says what has changed, or writes the skill whole or not at all.
///
/// # Errors
/// [`Failure`]; nothing is written then.
pub fn run(app: &App, args: &Attach) -> Result<Exit, Failure> {
    if let Some(folder) = &args.check {
        return check(app, args, folder);
    }
    let place = Place::parse(args.url.as_deref().unwrap_or_default())?;
    if args.list {
        let converted = Converted::of(&asked(app, args, &place)?, &args.tools)?;
        tell::list(app, &converted)?;
        return Ok(Exit::Ok);
    }
    let name = name(args)?;
    let folder = target(args, &name)?;
    let listed = asked(app, args, &place)?;
    let converted = Converted::of(&listed, &args.tools)?;
    if converted.tools.is_empty() {
        tell::left_out(app, &converted);
        return Err(unusable(
            "None of the server's tools can be a tool of a skill.",
            "`metier attach URL --list` prints what there is.",
        ));
    }
    let credential = (args.token_env.is_some() || args.token_file.is_some()).then(|| name.short());
    let files = Files::write(&name, &place, &listed, &converted, credential)?;
    let packed = packed(app, &files)?;
    let texts = Texts {
        manifest: &files.manifest,
        skill_md: &files.skill_md,
        plan: (RESOURCE, &files.plan),
    };
    made::write(&folder, &name, &texts, &packed)?;
    tell::made(app, &folder, &name, &converted, &files, &packed)?;
    tell::addresses(app, &place);
    if place.url.query().is_some() {
        app.printer.warn(
            "the address has a query, which is in the skill for everybody to read: a key belongs in the grant, as a credential of the kind `api-key-query`",
        );
    }
    Ok(Exit::Ok)
}

/// What is different at the server from what was attached.
fn check(app: &App, args: &Attach, folder: &Path) -> Result<Exit, Failure> {
    let path = folder.join(RESOURCE);
    let plan = read(&path)?;
    let plan = Plan::from_json(&plan).map_err(|error| {
        let shown = text::one_line(&path.display().to_string());
        unusable(
            &format!("`{shown}` is no plan of an attached server: {error}"),
            "Attach the server again.",
        )
    })?;
    let place = Place::parse(&plan.url)?;
    let listed = asked(app, args, &place)?;
    let now = Converted::of(&listed, &[])?;
    let changes = changes::between(&plan, &listed, &now);
    tell::changes(app, &changes)?;
    Ok(match changes.is_empty() {
        true => Exit::Ok,
        false => Exit::Failed(metier_core::code::Blame::Upstream),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: io::Error| Failure::unreadable(path, &error);
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    // One byte more than is accepted, so that too much is told rather than cut.
    let most = MAX_PLAN_BYTES as u64 + 1;
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

fn asked(app: &App, args: &Attach, place: &Place) -> Result<Listed, Failure> {
    let token = token(app, args)?;
    let server = Server::new(place, token.as_deref())?;
    super::runtime()?.block_on(server.listed())
}

fn token(app: &App, args: &Attach) -> Result<Option<String>, Failure> {
    if let Some(name) = &args.token_env {
        let found = app
            .environment
            .secret(name)
            .filter(|token| !token.is_empty());
        let shown = text::one_line(name);
        return found.map(Some).ok_or_else(|| {
            Failure::usage(
                format!("The environment variable `{shown}` is not set."),
                format!("For instance: export {shown}=…"),
            )
        });
    }
    let Some(path) = &args.token_file else {
        return Ok(None);
    };
    let secret =
        vault::read_secret(Some(path)).map_err(|error| Failure::unreadable(path, &error))?;
    Ok(Some(secret.expose().to_owned()))
}

fn name(args: &Attach) -> Result<SkillName, Failure> {
    let hint =
        "For instance: metier attach https://mcp.acme.com/mcp --name acme --namespace com.acme";
    let written = args.name.as_deref().unwrap_or_default();
    made::name(written, args.namespace.as_deref(), hint)
}

/// Where the folder goes: also nowhere where something is, which is found out before the server is asked.
fn target(args: &Attach, name: &SkillName) -> Result<PathBuf, Failure> {
    let folder = made::place(args.out.as_deref(), name)?;
    match folder.symlink_metadata() {
        Ok(_) => Err(made::occupied(&folder)),
        Err(_) => Ok(folder),
    }
}

fn packed(app: &App, files: &Files) -> Result<Packed, Failure> {
    SkillMd::parse(&files.skill_md).map_err(|error| {
        unusable(
            &format!("SKILL.md would be refused: {error}"),
            "`metier attach URL --list` prints what there is.",
        )
    })?;
    pack::packed(
        app,
        Inputs {
            component: languages::mcp_component(),
            manifest: files.manifest.clone(),
            skill_md: Some(files.skill_md.clone()),
            resources: BTreeMap::from([(RESOURCE.to_owned(), files.plan.clone().into_bytes())]),
            ..Inputs::default()
        },
    )
}
