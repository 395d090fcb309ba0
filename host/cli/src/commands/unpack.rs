//! `metier unpack`: from one file to the folder it could have been packed from.

use std::path::PathBuf;

use metier_market::unpack;
use serde_json::json;

use super::{App, skill_file};
use crate::{args::Unpack, errors::Failure, printer::Format, text};

/// Writes the folder, whole or not at all.
///
/// # Errors
/// [`Failure`]; nothing is written then.
pub fn run(app: &App, args: &Unpack) -> Result<(), Failure> {
    let bytes = skill_file::read(&args.skill)?;
    let (name, files) = unpack::files(&bytes)?;
    let folder = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(name.short()));
    if folder.file_name().is_none_or(|own| own != name.short()) {
        let shown = text::one_line(&folder.display().to_string());
        return Err(Failure::usage(
            format!(
                "The skill is called `{}`, and so must its folder be; `{shown}` is not.",
                name.short()
            ),
            format!("For instance: -o {}", folder.join(name.short()).display()),
        ));
    }
    super::runtime()?.block_on(async {
        let host = skill_file::host(app, || skill_file::config(app))?;
        Ok::<_, Failure>(unpack::unpack(&host, &bytes, &folder).await?)
    })?;
    let shown = text::one_line(&folder.display().to_string());
    if app.printer.format == Format::Json {
        let told = json!({"folder": shown, "name": name.as_str(), "files": files.len()});
        return app.print(&format!("{told}\n"));
    }
    app.print(&format!("{shown}\n"))?;
    app.printer.note(&format!(
        "`metier build {shown}` makes the same file again."
    ));
    Ok(())
}
