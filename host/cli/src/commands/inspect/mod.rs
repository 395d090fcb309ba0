//! `metier inspect`: what a skill is, can do and asks for, without running any of it.

pub mod grant_template;
mod human;
mod json;
mod signature;
#[cfg(test)]
mod tests;

use metier_core::manifest::words as reach;

use super::{App, market::beside, skill_file};
use crate::{args::Inspect, errors::Failure, printer::Format};

/// Prints what the file says about itself.
///
/// # Errors
/// [`Failure`] when it is no skill.
pub fn run(app: &App, args: &Inspect) -> Result<(), Failure> {
    let runtime = super::runtime()?;
    let skill = runtime.block_on(async {
        let host = skill_file::host(app, || skill_file::config(app))?;
        let component = skill_file::read(&args.skill)?;
        // It is looked at and not run: that it is not what its receipt says is one of the things to be seen.
        if let Err(failure) = beside::check(app, &args.skill, &component) {
            app.printer.warn(&failure.fault.message);
        }
        host.load(component).await.map_err(Failure::from)
    })?;
    let text = match app.printer.format {
        _ if args.grant_template => grant_template::write(skill.manifest(), skill.digest()),
        Format::Human => human::write(&skill, args, &app.printer.terminal.stdout),
        Format::Json => json::write(&skill),
    };
    app.print(&text)
}
