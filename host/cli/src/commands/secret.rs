//! `metier secret`: the vault's names; its values only ever go in.

use std::{io::IsTerminal, path::PathBuf};

use metier_core::{code::Code, fault::Fault, nearest::nearest};
use metier_runtime::credentials::{Secret as Value, vault::Vault};
use serde_json::json;

use super::App;
use crate::{
    args::{Secret, SecretAction},
    errors::Failure,
    printer::Format,
    render::count,
    text, vault,
};

/// Does what was asked with the vault.
///
/// # Errors
/// [`Failure`].
pub fn run(app: &App, args: &Secret) -> Result<(), Failure> {
    let vault = vault::open(&args.vault, &app.folders, &app.environment, &app.printer)?;
    match &args.action {
        SecretAction::Set { name, from_file } => set(app, &vault, name, from_file.as_ref()),
        SecretAction::List => list(app, &vault),
        SecretAction::Rm { name } => remove(app, &vault, name),
    }
}

fn set(app: &App, vault: &Vault, name: &str, from: Option<&PathBuf>) -> Result<(), Failure> {
    let value = value(app, name, from)?;
    if value.expose().is_empty() {
        let fault = Fault::new(
            Code::InvalidArguments,
            "The secret is empty; nothing was stored.",
        );
        return Err(fault
            .with_hint("Give it in a file, on standard input, or when asked.")
            .into());
    }
    vault.set(name, value).map_err(vault::OpenError::Vault)?;
    app.printer.note(&format!(
        "The vault has `{name}`. A grant uses it with: secret = {{ vault = \"{name}\" }}"
    ));
    Ok(())
}

/// Its value: from a file, from standard input, or asked for without showing it.
pub fn value(app: &App, name: &str, from: Option<&PathBuf>) -> Result<Value, Failure> {
    if from.is_none() && std::io::stdin().is_terminal() {
        return Ok(vault::ask(
            &format!("Value of `{}`", text::one_line(name)),
            &app.printer,
        )?);
    }
    let shown = from
        .cloned()
        .unwrap_or_else(|| PathBuf::from("standard input"));
    vault::read_secret(from).map_err(|error| Failure::unreadable(&shown, &error))
}

fn list(app: &App, vault: &Vault) -> Result<(), Failure> {
    let names = vault.list().map_err(vault::OpenError::Vault)?;
    if app.printer.format == Format::Json {
        return app.print(&format!("{}\n", json!(names)));
    }
    app.print(
        &names
            .iter()
            .map(|name| format!("{}\n", text::one_line(name)))
            .collect::<String>(),
    )?;
    app.printer.note(&count(names.len(), "secret"));
    Ok(())
}

fn remove(app: &App, vault: &Vault, name: &str) -> Result<(), Failure> {
    if vault.remove(name).map_err(vault::OpenError::Vault)? {
        app.printer.note(&format!(
            "The vault has forgotten `{}`.",
            text::one_line(name)
        ));
        return Ok(());
    }
    let names = vault.list().map_err(vault::OpenError::Vault)?;
    let fault = Fault::new(
        Code::NotFound,
        format!("The vault has no secret `{}`.", text::one_line(name)),
    );
    Err(match nearest(name, names.iter().map(String::as_str)) {
        Some(meant) => fault.with_hint(format!("Did you mean `{meant}`?")).into(),
        None => fault
            .with_hint("`metier secret list` shows the names.")
            .into(),
    })
}
