//! From the process to a command and back: what `main` does.

use std::{ffi::OsString, process::ExitCode};

use crate::{
    args::{self, Command, Early, Globals},
    commands::{self, App},
    environment::Environment,
    errors::Failure,
    exit::Exit,
    folders::Folders,
    printer::{Printer, Volume},
    terminal::Terminal,
};

/// Runs one command line.
pub fn run(words: Vec<OsString>, environment: Environment) -> ExitCode {
    let early = Early::look(&words);
    let globals = Globals {
        output: Some(early.format),
        color: Some(early.color),
        ..Globals::default()
    };
    let printer = printer(&globals, &environment);
    let app = App {
        printer,
        folders: Folders::of(&environment),
        environment,
    };
    let ended = command(app, words);
    ended
        .unwrap_or_else(|failure| {
            failure.tell(&printer);
            failure.exit
        })
        .into()
}

/// The way to whoever watches, as these options want it.
pub fn printer(globals: &Globals, environment: &Environment) -> Printer {
    Printer {
        terminal: Terminal::detect(globals.color.unwrap_or_default(), environment),
        format: globals.output.unwrap_or_default(),
        volume: globals.volume(),
    }
}

fn command(app: App, words: Vec<OsString>) -> Result<Exit, Failure> {
    let cli = match args::parse(words) {
        Ok(cli) => cli,
        Err(error) => return commands::help_or_failure(&app, error),
    };
    let app = app.with(&cli.globals);
    // A service says itself what it tells, and to whom.
    if !matches!(
        cli.command,
        Command::Serve(_) | Command::Mcp(_) | Command::Market(_)
    ) {
        log_to_stderr(&app.printer);
    }
    match cli.command {
        Command::Call(call) => return commands::call::run(app, call.words, cli.globals),
        Command::New(args) => commands::new::run(&app, &args)?,
        Command::OpenApi(args) => commands::openapi::run(&app, &args)?,
        Command::Attach(args) => return commands::attach::run(&app, &args),
        Command::Build(args) => commands::build::run(&app, &args)?,
        Command::Unpack(args) => commands::unpack::run(&app, &args)?,
        Command::Lint(args) => commands::lint::run(&app, &args)?,
        Command::Inspect(args) => commands::inspect::run(&app, &args)?,
        Command::Secret(args) => commands::secret::run(&app, &args)?,
        Command::Pack(args) => commands::pack::run(&app, &args)?,
        Command::Artifact(args) => commands::artifact::run(&app, &args)?,
        Command::Test(args) => return commands::test::run(&app, &args),
        Command::Dev(args) => return commands::dev::run(app, args),
        Command::Learn(args) => return commands::learn::run(&app, &args),
        Command::Run(args) => return commands::runs::begin::run(&app, &args),
        Command::Runs(args) => return commands::runs::manage::run(&app, &args),
        Command::Approvals(args) => return commands::runs::approvals::run(&app, &args),
        Command::Models(args) => return commands::models::run(&app, &args),
        Command::Check(args) => return commands::runs::check::run(&app, &args),
        Command::Serve(args) => return commands::serve::run(&app, &args),
        Command::Market(args) => return commands::market::run(&app, &args),
        Command::Keygen(args) => return commands::market::keys::keygen(&app, &args),
        Command::Login(args) => return commands::market::account::login(&app, &args),
        Command::Namespace(args) => return commands::market::account::namespace(&app, &args),
        Command::Publish(args) => return commands::market::publish::run(&app, &args),
        Command::Search(args) => return commands::market::search::run(&app, &args),
        Command::Info(args) => return commands::market::info::run(&app, &args),
        Command::Verify(args) => return commands::market::verify::run(&app, &args),
        Command::Install(args) => return commands::market::install::run(&app, &args),
        Command::Update(args) => return commands::market::update::run(&app, &args),
        Command::Yank(args) => return commands::market::account::yank(&app, &args, true),
        Command::Unyank(args) => return commands::market::account::yank(&app, &args, false),
        Command::Revoke(args) => return commands::market::account::revoke(&app, &args),
        Command::Mirror(args) => return commands::market::mirror::run(&app, &args),
        Command::Admin(args) => return commands::admin::run(&app, &args),
        Command::Mcp(args) => return commands::serve::mcp(&app, &args),
        Command::Audit(args) => return commands::audit::run(&app, &args),
        Command::Policy(args) => return commands::policy::run(&app, &args),
        Command::Backup(args) => return commands::backup::backup(&app, &args),
        Command::Restore(args) => return commands::backup::restore(&app, &args),
        Command::Config(args) => return commands::serve::config(&app, &args),
        Command::Errors(args) => commands::errors::run(&app, &args)?,
    }
    Ok(Exit::Ok)
}

/// The host's own log, for whoever asks for it: at start-up it costs nothing otherwise.
fn log_to_stderr(printer: &Printer) {
    if printer.volume == Volume::Verbose {
        let subscriber = tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_ansi(printer.terminal.stderr.colour)
            .with_max_level(tracing::Level::INFO);
        subscriber.init();
    }
}
