//! `metier new`: from a name to a folder that builds.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use metier_core::{code::Code, fault::Fault, ids::SkillName};
use metier_market::pack;
use serde_json::json;

use super::App;
use crate::{
    args::New,
    errors::{Failure, sentence},
    printer::Format,
    templates, text,
};

/// Writes the folder, whole or not at all.
///
/// # Errors
/// [`Failure`]: a name that is none, a folder with something in it, a language without a template. Nothing is written then.
pub fn run(app: &App, args: &New) -> Result<(), Failure> {
    let name = name(args)?;
    let files = templates::files(args.lang.folder(), &name).ok_or_else(|| no_template(args))?;
    let folder = PathBuf::from(name.short());
    write(&folder, &files)?;
    tell(app, &name, files.len())
}

fn name(args: &New) -> Result<SkillName, Failure> {
    let name: SkillName = format!("{}/{}", args.namespace, args.name)
        .parse()
        .map_err(|error: metier_core::ids::InvalidSkillName| {
            Failure::usage(
                sentence(&error.to_string()),
                "For instance: metier new weather --lang rust",
            )
        })?;
    if let Some(rule) = pack::unfit_for_wit(name.short()) {
        let message = format!("`{}` cannot name a skill's code: {rule}.", name.short());
        return Err(Failure::usage(
            message,
            "Each word begins with a letter and is no word of WIT, such as `world` or `list`.",
        ));
    }
    Ok(name)
}

fn no_template(args: &New) -> Failure {
    Failure::usage(
        format!("This version has no template for `{}`.", args.lang.folder()),
        "`metier new --help` lists the languages.",
    )
}

/// Beside its place first: the folder is there whole, or not at all.
fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    let shown = text::one_line(&folder.display().to_string());
    metier_market::folder::write_whole(folder, files).map_err(|error| match error.kind() {
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => {
            let message = format!("`{shown}` is there already; nothing was written.");
            let fault = Fault::new(Code::Conflict, message);
            fault
                .with_hint("Choose another name, or move what is there.")
                .into()
        }
        _ => Failure::unwritable(&format!("The folder `{shown}`"), &error),
    })
}

fn tell(app: &App, name: &SkillName, files: usize) -> Result<(), Failure> {
    let folder = name.short();
    if app.printer.format == Format::Json {
        let told = json!({"folder": folder, "name": name.as_str(), "files": files});
        return app.print(&format!("{told}\n"));
    }
    app.print(&format!("{folder}\n"))?;
    app.printer.note(&format!(
        "{name} is in {folder}. What comes next:\n  \
         metier build {folder}\n  \
         metier call {folder}/dist/{folder}.wasm greet --name Ada\n  \
         open {folder}/SKILL.md and {folder}/wit/world.wit, and make it yours"
    ));
    Ok(())
}
