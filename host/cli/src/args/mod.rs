//! The command line.
//!
//! Everything but `call` is ordinary clap. The flags of `call` depend on the skill, so its words are kept as they are at first
//! ([`Command::Call`]) and parsed again once the skill's tools are known ([`call`]).

pub mod admin;
mod artifact;
mod attach;
pub mod audit;
mod authoring;
pub mod backup;
pub mod call;
pub mod dev;
mod globals;
pub mod hooks;
pub mod learn;
pub mod market;
pub mod market_client;
pub mod members;
pub mod models;
pub mod namespace_key;
mod openapi;
pub mod policy;
pub mod runs;
pub mod serve;
pub mod test;
#[cfg(test)]
mod tests;
pub mod trusted;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};

pub use artifact::{Artifact, ArtifactAction};
pub use attach::Attach;
pub use authoring::{Build, Lint, New, Unpack};
pub use globals::{Early, Globals};
pub use openapi::OpenApi;

use crate::{environment::VARIABLES, exit::Exit};

/// How wide help is at most: longer lines are hard to read.
const HELP_WIDTH: usize = 100;

/// Write, build, inspect and call skills in their sandbox.
#[derive(Debug, Parser)]
#[command(
    name = "metier",
    version,
    subcommand_required = true,
    arg_required_else_help = true
)]
#[command(disable_help_subcommand = true, disable_help_flag = true, max_term_width = HELP_WIDTH)]
pub struct Cli {
    /// What applies to every command.
    #[command(flatten)]
    pub globals: Globals,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a new skill's folder: a skill that builds, is tested and runs
    #[command(after_help = authoring::NEW_EXAMPLES)]
    New(New),
    /// Build a skill's folder into one file
    #[command(after_help = authoring::BUILD_EXAMPLES)]
    Build(Build),
    /// Write the folder a skill's file could have been built from
    #[command(after_help = authoring::UNPACK_EXAMPLES)]
    Unpack(Unpack),
    /// List what a market would refuse, by rule
    #[command(after_help = authoring::LINT_EXAMPLES)]
    Lint(Lint),
    /// Make a skill of an OpenAPI description, without code
    #[command(name = "openapi", after_help = openapi::EXAMPLES)]
    OpenApi(OpenApi),
    /// Make a skill of a running MCP server's tools, without code
    #[command(after_help = attach::EXAMPLES)]
    Attach(Attach),
    /// Show what a skill can do and what it asks for
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect(Inspect),
    /// Call a tool of a skill
    Call(call::Words),
    /// Keep secrets in an encrypted vault
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true
    )]
    Secret(Secret),
    /// Pack a component, its manifest and its words into one skill file
    #[command(after_help = PACK_EXAMPLES)]
    Pack(Pack),
    /// Hand files to skills, and get theirs back
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true,
        after_help = artifact::EXAMPLES
    )]
    Artifact(Artifact),
    /// Serve a skill's tools while it is written, and build it again at each change
    #[command(after_help = dev::EXAMPLES)]
    Dev(dev::Dev),
    /// Run the calls recorded for a skill again, or record them
    #[command(after_help = test::EXAMPLES)]
    Test(test::Test),
    /// Propose the smallest manifest and grant that recorded calls need
    #[command(after_help = learn::EXAMPLES)]
    Learn(learn::Learn),
    /// Run an agent or a chain, durably
    #[command(after_help = runs::RUN_EXAMPLES)]
    Run(Box<runs::Run>),
    /// List, show, resume, cancel and fork runs
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true,
        after_help = runs::RUNS_EXAMPLES
    )]
    Runs(Box<runs::Runs>),
    /// Decide what waits for a person
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true,
        after_help = runs::APPROVALS_EXAMPLES
    )]
    Approvals(runs::Approvals),
    /// Show which models can be asked, and compare them
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true,
        after_help = models::EXAMPLES
    )]
    Models(models::Models),
    /// Find what is wrong with an agent or a chain before it runs
    Check(runs::Check),
    /// Serve skills, agents and models to programs, over HTTP
    #[command(after_help = serve::SERVE_EXAMPLES)]
    Serve(Box<serve::Serve>),
    /// Keep a market of skills
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true,
        after_help = market::EXAMPLES
    )]
    Market(market::Market),
    /// Make the key that signs what you publish
    Keygen(market_client::Keygen),
    /// Let a market know who you are, by your key
    #[command(after_help = market_client::LOGIN_EXAMPLES)]
    Login(market_client::Login),
    /// Claim the names you publish under
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true,
        after_help = market_client::NAMESPACE_EXAMPLES
    )]
    Namespace(market_client::Namespaces),
    /// Publish a skill or an agent in a market
    #[command(after_help = market_client::PUBLISH_EXAMPLES)]
    Publish(market_client::Publish),
    /// Search a market for skills
    Search(market_client::Search),
    /// Show who publishes a skill, what it may touch and what it costs
    Info(market_client::Info),
    /// Find out whether a skill is what a market's log says it is
    Verify(market_client::Verify),
    /// Install a skill or an agent from a market, after asking
    #[command(after_help = market_client::INSTALL_EXAMPLES)]
    Install(Box<market_client::Install>),
    /// Update what was installed; what asks for more is held until you say yes
    #[command(after_help = market_client::UPDATE_EXAMPLES)]
    Update(Box<market_client::Update>),
    /// Take a version back: nobody begins to use it
    Yank(market_client::Yank),
    /// Take that back
    Unyank(market_client::Yank),
    /// Revoke versions: hosts stop them
    #[command(after_help = market_client::REVOKE_EXAMPLES)]
    Revoke(market_client::Revoke),
    /// Mirror skills into a directory, to be installed where there is no network
    Mirror(market_client::Mirror),
    /// Administer a running service: tenants, keys, skills, grants, secrets, agents
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true,
        after_help = admin::EXAMPLES
    )]
    Admin(Box<admin::Admin>),
    /// Serve the same tools to one desktop client, over standard input and output
    #[command(after_help = serve::MCP_EXAMPLES)]
    Mcp(Box<serve::Mcp>),
    /// Verify, search and export the audit trail of a service
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true,
        after_help = audit::EXAMPLES
    )]
    Audit(audit::Audit),
    /// Check policies on tools, and try them on examples
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true,
        after_help = policy::EXAMPLES
    )]
    Policy(policy::Policy),
    /// Save everything a service keeps in one archive, while it is at work
    #[command(after_help = backup::BACKUP_EXAMPLES)]
    Backup(Box<backup::Backup>),
    /// Restore what `metier backup` saved, where nothing is yet
    #[command(after_help = backup::RESTORE_EXAMPLES)]
    Restore(Box<backup::Restore>),
    /// Show or check the configuration of a service
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true
    )]
    Config(serve::Config),
    /// Explain an error code, or list them all
    Errors(Errors),
}

const INSPECT_EXAMPLES: &str = "\
Examples:
  metier inspect salesforce.wasm
  metier inspect salesforce.wasm --schemas
  metier inspect salesforce.wasm --grant-template > grant.toml";

const PACK_EXAMPLES: &str = "\
Examples:
  metier pack weather.wasm --manifest skill.toml -o weather-skill.wasm
  metier pack weather.wasm --manifest skill.toml --skill-md SKILL.md --wit wit --resources data -o weather-skill.wasm";

/// `metier inspect`
#[derive(Debug, Args)]
pub struct Inspect {
    /// The skill's file
    #[arg(value_name = "SKILL.wasm")]
    pub skill: PathBuf,
    /// Print the JSON schemas of each tool's arguments and answer as well
    #[arg(long)]
    pub schemas: bool,
    /// Print every imported interface instead of a summary
    #[arg(long)]
    pub imports: bool,
    /// Print a grant file that allows exactly what the skill asks for, to be edited
    #[arg(long, conflicts_with_all = ["schemas", "imports"])]
    pub grant_template: bool,
}

/// `metier secret`
#[derive(Debug, Args)]
pub struct Secret {
    /// Where the vault is.
    #[command(flatten)]
    pub vault: VaultPlace,
    /// What to do with it.
    #[command(subcommand)]
    pub action: SecretAction,
}

/// Where the vault is and what opens it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct VaultPlace {
    /// The vault's file [default: $XDG_DATA_HOME/metier/vault/secrets.vault]
    #[arg(long, global = true, value_name = "FILE")]
    pub vault: Option<PathBuf>,
    /// The file with the vault's key [default: beside the vault]; made with the vault
    #[arg(long, global = true, value_name = "FILE")]
    pub vault_key: Option<PathBuf>,
    /// Open the vault with a passphrase, from METIER_VAULT_PASSPHRASE or asked for, instead of a key file
    #[arg(long, global = true, conflicts_with = "vault_key")]
    pub passphrase: bool,
}

/// What to do with the vault.
#[derive(Debug, Subcommand)]
pub enum SecretAction {
    /// Store a secret: from a file, from standard input, or asked for without showing it
    Set {
        /// Its name, as a grant's `secret = { vault = "NAME" }` has it
        name: String,
        /// Read it from this file; one line break at the end is dropped
        #[arg(long, value_name = "FILE")]
        from_file: Option<PathBuf>,
    },
    /// List the names; values are never shown
    List,
    /// Forget a secret
    Rm {
        /// Its name
        name: String,
    },
}

/// `metier pack`
#[derive(Debug, Args)]
pub struct Pack {
    /// The component, as the compiler wrote it
    pub component: PathBuf,
    /// What the skill is and asks for
    #[arg(long, value_name = "skill.toml")]
    pub manifest: PathBuf,
    /// The words a model reads about the skill as a whole
    #[arg(long, value_name = "SKILL.md")]
    pub skill_md: Option<PathBuf>,
    /// The WIT folder it was built from: its comments become the tools' descriptions
    #[arg(long, value_name = "DIR")]
    pub wit: Option<PathBuf>,
    /// A folder of files the skill reads at run time
    #[arg(long, value_name = "DIR")]
    pub resources: Option<PathBuf>,
    /// Where to write the skill
    #[arg(short, long = "out", value_name = "FILE")]
    pub out: PathBuf,
}

/// `metier errors`
#[derive(Debug, Args)]
pub struct Errors {
    /// The code, such as http-not-granted
    pub code: Option<String>,
}

/// The whole tree of commands, as parsed first.
pub fn root() -> clap::Command {
    Cli::command().after_help(footer())
}

/// Parses everything but the words after `call`.
///
/// # Errors
/// clap's; a request for help or the version is one of them.
pub fn parse(words: Vec<OsString>) -> Result<Cli, clap::Error> {
    let of_call = is_call(&words);
    let matches = root()
        .try_get_matches_from(words)
        .map_err(|error| match error.kind() {
            // The outer parser only knows that words follow; the inner one knows what they may be.
            ErrorKind::DisplayHelp if of_call => help_of_call(error),
            _ => error,
        })?;
    Cli::from_arg_matches(&matches)
}

/// Is the first command among the words `call`?
fn is_call(words: &[OsString]) -> bool {
    let root = root();
    let is_command = |word: &&OsString| {
        root.get_subcommands()
            .any(|command| word.as_os_str() == command.get_name())
    };
    words
        .iter()
        .skip(1)
        .find(is_command)
        .is_some_and(|word| word == "call")
}

fn help_of_call(outer: clap::Error) -> clap::Error {
    let asked = ["metier call", "--help"];
    call::command(None)
        .try_get_matches_from(asked)
        .err()
        .unwrap_or(outer)
}

/// What stands below the commands: examples, exit codes, the environment.
fn footer() -> String {
    let mut text = String::from(
        "\
Examples:
  metier new weather --lang rust
  metier build weather
  metier inspect salesforce.wasm
  metier call salesforce.wasm query --soql 'SELECT Id, Name FROM Account' --grant grant.toml
  metier call salesforce.wasm query --help
  metier secret set salesforce-key --from-file key.pem

Exit codes:\n",
    );
    for (exit, meaning) in Exit::TABLE {
        text.push_str(&format!("  {:>3}  {meaning}\n", exit.number()));
    }
    text.push_str("\nEnvironment:\n");
    let longest = VARIABLES
        .iter()
        .map(|variable| variable.name.len())
        .max()
        .unwrap_or(0);
    for variable in VARIABLES {
        text.push_str(&format!(
            "  {:longest$}  {}\n",
            variable.name, variable.about
        ));
    }
    text.truncate(text.trim_end().len());
    text
}
