//! `metier openapi`: from a description to a skill's folder, built.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    path::Path,
};

use metier_core::ids::SkillName;
use metier_market::{
    pack::{Inputs, Packed},
    skill_md::SkillMd,
};
use metier_openapi::{
    Conversion, Document, Listing, Selection,
    skill::{self, About, Files},
};
use serde_json::json;

use super::{
    App,
    made::{self, Texts, unusable},
    pack,
};
use crate::{
    args::OpenApi,
    errors::{Failure, sentence},
    languages,
    printer::Format,
    render::{bytes, count},
    text,
};

/// The version a new skill begins with.
const VERSION: semver::Version = semver::Version::new(0, 1, 0);

/// Most problems told of one kind: the rest are counted. `--output json` has them all.
const MAX_TOLD: usize = 20;

/// Lists the operations, or writes the skill whole or not at all.
///
/// # Errors
/// [`Failure`]; nothing is written then.
pub fn run(app: &App, args: &OpenApi) -> Result<(), Failure> {
    let document = Document::parse(&read(&args.spec)?)
        .map_err(|error| unusable(&error.to_string(), "Name an OpenAPI or Swagger file."))?;
    let listing = Listing::of(&document);
    if args.list {
        return list(app, &listing);
    }
    let selection = selection(args)?;
    let about = About {
        name: name(args, &selection)?,
        version: VERSION,
    };
    let folder = made::place(args.out.as_deref(), &about.name)?;
    if selection.tools.is_empty() && listing.operations.len() > metier_core::package::MAX_TOOLS {
        return Err(refused(
            &skill::SkillError::TooMany(listing.operations.len()).to_string(),
        ));
    }
    let conversion = selection
        .convert(&document, &listing)
        .map_err(|error| refused(&error.to_string()))?;
    tell_problems(app, &conversion);
    let files = skill::write(&document, &about, &conversion)
        .map_err(|error| refused(&error.to_string()))?;
    let packed = packed(app, &files)?;
    let texts = Texts {
        manifest: &files.manifest,
        skill_md: &files.skill_md,
        plan: (metier_openapi_plan::RESOURCE, &files.plan),
    };
    made::write(&folder, &about.name, &texts, &packed)?;
    tell(app, &folder, &about.name, &conversion, &files, &packed)
}

fn refused(message: &str) -> Failure {
    unusable(
        message,
        "`metier openapi SPEC --list` prints what there is.",
    )
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let most = metier_openapi::document::MAX_BYTES as u64;
    let unreadable = |error: io::Error| Failure::unreadable(path, &error);
    let mut found = Vec::new();
    // One byte more than is accepted, so that too much is told rather than cut.
    if path == Path::new("-") {
        io::stdin()
            .take(most + 1)
            .read_to_end(&mut found)
            .map_err(unreadable)?;
    } else {
        fs::File::open(path)
            .map_err(unreadable)?
            .take(most + 1)
            .read_to_end(&mut found)
            .map_err(unreadable)?;
    }
    Ok(found)
}

/// The selection file's, under what the command line says.
fn selection(args: &OpenApi) -> Result<Selection, Failure> {
    let mut selection = match (&args.select, &args.tools) {
        (Some(path), _) => {
            let bytes = fs::read(path).map_err(|error| Failure::unreadable(path, &error))?;
            let text = String::from_utf8(bytes)
                .map_err(|_| Failure::unreadable(path, &io::ErrorKind::InvalidData.into()))?;
            Selection::parse(&text).map_err(|error| {
                let shown = text::one_line(&path.display().to_string());
                let hint = error.hint().map_or_else(
                    || "`metier openapi --help` says what it may hold.".to_owned(),
                    sentence,
                );
                unusable(&format!("`{shown}` is wrong: {error}"), &hint)
            })?
        }
        (None, Some(words)) => Selection::of_words(words),
        (None, None) => Selection::default(),
    };
    selection.name = args.name.clone().or(selection.name);
    selection.server = args.server.clone().or(selection.server);
    Ok(selection)
}

fn name(args: &OpenApi, selection: &Selection) -> Result<SkillName, Failure> {
    let hint = "For instance: metier openapi jira.json --name jira --namespace com.acme";
    let Some(written) = &selection.name else {
        return Err(Failure::usage("The skill has no name.", hint));
    };
    made::name(written, args.namespace.as_deref(), hint)
}

fn packed(app: &App, files: &Files) -> Result<Packed, Failure> {
    SkillMd::parse(&files.skill_md)
        .map_err(|error| refused(&format!("SKILL.md would be refused: {error}")))?;
    let plan = metier_openapi_plan::RESOURCE.to_owned();
    pack::packed(
        app,
        Inputs {
            component: languages::openapi_component(),
            manifest: files.manifest.clone(),
            skill_md: Some(files.skill_md.clone()),
            resources: BTreeMap::from([(plan, files.plan.clone().into_bytes())]),
            ..Inputs::default()
        },
    )
}

fn tell_problems(app: &App, conversion: &Conversion) {
    if app.printer.format == Format::Json {
        return;
    }
    for problem in conversion.left_out.iter().take(MAX_TOLD) {
        app.printer
            .warn(&text::one_line(&format!("left out: {problem}")));
    }
    if let Some(more) = conversion
        .left_out
        .len()
        .checked_sub(MAX_TOLD)
        .filter(|more| *more > 0)
    {
        app.printer.warn(&format!("left out: {more} more"));
    }
    for problem in conversion.notes.iter().take(MAX_TOLD) {
        app.printer
            .note(&text::one_line(&format!("note: {problem}")));
    }
    if let Some(more) = conversion
        .notes
        .len()
        .checked_sub(MAX_TOLD)
        .filter(|more| *more > 0)
    {
        app.printer
            .note(&format!("note: {more} more; --output json has them all"));
    }
}

fn tell(
    app: &App,
    folder: &Path,
    name: &SkillName,
    conversion: &Conversion,
    files: &Files,
    packed: &Packed,
) -> Result<(), Failure> {
    let shown = text::one_line(&folder.display().to_string());
    let tools: Vec<&str> = conversion
        .operations
        .iter()
        .map(|made| made.operation.tool.as_str())
        .collect();
    if app.printer.format == Format::Json {
        let told = json!({
            "folder": shown,
            "name": name.as_str(),
            "digest": packed.skill.digest(),
            "tools": tools,
            "left-out": conversion.left_out.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "notes": conversion.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "grant": files.grant,
        });
        return app.print(&format!("{told}\n"));
    }
    app.print(&format!("{shown}\n"))?;
    let size = bytes(packed.bytes.len() as u64);
    let file = format!("{shown}/dist/{}.wasm", name.short());
    app.printer.note(&format!(
        "{file} has {} in {size}.",
        count(tools.len(), "tool")
    ));
    app.printer.note(&format!(
        "What comes next:\n  metier inspect {file} --grant-template > grant.toml\n  \
         metier call {file} {} --help",
        tools.first().unwrap_or(&"TOOL")
    ));
    if !files.grant.is_empty() {
        app.printer.note(&format!(
            "The grant's credentials, to be completed:\n\n{}",
            text::lines(&files.grant)
        ));
    }
    Ok(())
}

fn list(app: &App, listing: &Listing<'_>) -> Result<(), Failure> {
    if app.printer.format == Format::Json {
        let all = listing.operations.iter().map(|one| {
            json!({"tool": one.tool, "id": one.id, "route": one.route(), "summary": one.summary, "deprecated": one.deprecated})
        });
        let all: Vec<_> = all.collect();
        return app.print(&format!("{}\n", json!(all)));
    }
    let width = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let names = width(&mut listing.operations.iter().map(|one| one.tool.len()));
    let mut page = String::new();
    for one in &listing.operations {
        let deprecated = if one.deprecated { " (deprecated)" } else { "" };
        let line = format!(
            "{:names$}  {}  {}{deprecated}",
            one.tool,
            one.route(),
            one.summary
        );
        page.push_str(text::one_line(&line).trim_end());
        page.push('\n');
    }
    app.print(&page)?;
    for problem in listing.problems.iter().take(MAX_TOLD) {
        app.printer.warn(&text::one_line(&problem.to_string()));
    }
    app.printer.note(&format!(
        "{}.",
        count(listing.operations.len(), "operation")
    ));
    Ok(())
}
