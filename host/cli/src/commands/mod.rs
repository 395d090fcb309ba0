//! What each command does.

pub mod admin;
pub mod artifact;
pub mod attach;
pub mod audit;
pub mod backup;
pub mod build;
pub mod call;
pub mod dev;
pub mod errors;
pub mod inspect;
pub mod learn;
pub mod lint;
mod made;
pub mod market;
pub mod models;
pub mod new;
pub mod openapi;
pub mod pack;
pub mod policy;
pub mod runs;
pub mod secret;
pub mod serve;
mod skill_file;
pub mod test;
pub mod unpack;

use metier_core::{code::Code, fault::Fault};
use tokio::runtime::{Builder, Runtime};

use crate::{
    args::Globals, environment::Environment, errors::Failure, exit::Exit, folders::Folders,
    printer::Printer,
};

/// What every command has at hand.
pub struct App {
    /// The way to whoever watches.
    pub printer: Printer,
    /// The process's variables.
    pub environment: Environment,
    /// Where things are kept.
    pub folders: Folders,
}

impl App {
    /// The same, as these options want it.
    pub fn with(self, globals: &Globals) -> App {
        App {
            printer: crate::app::printer(globals, &self.environment),
            ..self
        }
    }

    /// Prints data.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        self.printer
            .data(text)
            .map_err(|error| Failure::unwritable("The answer", &error))
    }
}

/// One thread: a command makes one call, and starts in a millisecond.
fn runtime() -> Result<Runtime, Failure> {
    let made = Builder::new_current_thread().enable_all().build();
    made.map_err(|error| {
        Fault::new(
            Code::HostInternal,
            format!("The runtime did not start: {error}."),
        )
        .into()
    })
}

/// Help and the version are answers, on standard output; the rest of clap's errors are failures.
pub fn help_or_failure(app: &App, error: clap::Error) -> Result<Exit, Failure> {
    use clap::error::ErrorKind::{
        DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion,
    };
    match error.kind() {
        DisplayHelp | DisplayVersion => {
            let page = error.render();
            let colour = app.printer.terminal.stdout.colour;
            app.print(&if colour {
                page.ansi().to_string()
            } else {
                page.to_string()
            })?;
            Ok(Exit::Ok)
        }
        DisplayHelpOnMissingArgumentOrSubcommand => {
            app.printer.error(error.render().to_string().trim_end());
            Ok(Exit::Usage)
        }
        _ => Err(error.into()),
    }
}
