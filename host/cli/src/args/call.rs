//! The command line of `metier call`: our options, and the tool's own flags.
//!
//! ```text
//! metier call [OPTIONS] SKILL.wasm TOOL [OPTIONS and the tool's flags] [-- the tool's flags]
//! ```
//! First [`split`] finds the skill and the tool; then, with the tool's flags known, [`parse`] reads everything. Where a tool's
//! flag has the name of one of ours, ours wins before `--` and the tool's after it.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::{Arg, ArgAction, Args, FromArgMatches};
use metier_core::{ids::TenantId, units::Span};

use super::{Globals, HELP_WIDTH, VaultPlace};
use crate::{
    errors::Failure,
    flags::{self, Arguments, Flag},
};

/// The words after `call`, as they stand.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Words {
    /// Parsed once the tool is known.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, num_args = 0..)]
    pub words: Vec<OsString>,
}

/// Our options.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Options")]
pub struct CallOptions {
    /// The arguments as one JSON object: the text itself, @FILE, or - for standard input
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    pub json: Option<String>,
    /// What the skill may reach; without it, nothing
    #[arg(long, value_name = "grant.toml")]
    pub grant: Option<PathBuf>,
    /// For whom the call is made [default: the grant's tenant, or `local`]
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<TenantId>,
    /// Give up after this long, such as 30s or 2m
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Append what happened to this file, one JSON object per line
    #[arg(long, value_name = "FILE.jsonl")]
    pub audit: Option<PathBuf>,
    /// Save the files the tool hands back in this folder, under their names
    #[arg(long, value_name = "DIR")]
    pub artifacts: Option<PathBuf>,
    /// With --output json: one object with the answer, usage, artifacts and denials
    #[arg(long)]
    pub envelope: bool,
    /// Where secrets are.
    #[command(flatten)]
    pub vault: VaultPlace,
    /// What applies to every command.
    #[command(flatten)]
    pub globals: Globals,
}

/// A span on the command line: `500ms`, `90s`, `12h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    text.parse::<Span>()
        .map(Span::duration)
        .map_err(|error| error.to_string())
}

const AFTER_HELP: &str = "\
The tool's own flags stand after its name; `metier call SKILL.wasm TOOL --help` lists them. Where one has the
name of an option above, write it after `--`, or give the arguments with --json. Flags are laid over --json.

Examples:
  metier call salesforce.wasm query --help
  metier call salesforce.wasm query --soql 'SELECT Id, Name FROM Account' --limit 5 --grant grant.toml
  metier call salesforce.wasm query --json '{\"soql\": \"SELECT Id FROM Account\"}' --grant grant.toml
  metier call salesforce.wasm query --json @arguments.json --output json | jq .rows";

/// A tool with its flags.
#[derive(Clone, Debug)]
pub struct ToolArgs {
    /// Its name.
    pub name: String,
    /// Its description, cleaned.
    pub about: String,
    /// Its flags.
    pub flags: Vec<Flag>,
}

/// The command, with the flags of `tool` when it is known.
pub fn command(tool: Option<&ToolArgs>) -> clap::Command {
    let command = clap::Command::new("call")
        .bin_name("metier call")
        .max_term_width(HELP_WIDTH);
    let command = command.disable_help_flag(true);
    let skill = Arg::new("skill")
        .value_name("SKILL.wasm")
        .value_parser(clap::value_parser!(OsString));
    let name = Arg::new("tool")
        .value_name("TOOL")
        .help("The tool's name; `metier inspect` lists them");
    let command = command
        .arg(skill.help("The skill's file").required(true))
        .arg(name.required(true));
    match tool {
        None => CallOptions::augment_args(command)
            .about("Call a tool of a skill")
            .after_help(AFTER_HELP),
        Some(tool) => of_tool(command, tool),
    }
}

/// The tool's own flags come first: that is what somebody who asks for this page wants.
fn of_tool(command: clap::Command, tool: &ToolArgs) -> clap::Command {
    let ours = CallOptions::augment_args(clap::Command::new("ours"));
    let taken: Vec<&str> = ours.get_arguments().filter_map(Arg::get_long).collect();
    let command = command
        .mut_arg("skill", |arg| arg.hide(true))
        .mut_arg("tool", |arg| arg.hide(true));
    let heading = format!("Arguments of {}", tool.name);
    let command = flags::add(command, &tool.flags, &taken, &heading);
    CallOptions::augment_args(command)
        .about(tool.about.clone())
        .override_usage(usage(tool))
}

/// `metier call SKILL.wasm query --soql <TEXT> [OPTIONS]`
fn usage(tool: &ToolArgs) -> String {
    let required = tool.flags.iter().filter(|flag| flag.is_needed());
    let shown: Vec<String> = required
        .map(|flag| format!(" --{} <{}>", flag.name, flag.kind.placeholder()))
        .collect();
    format!(
        "metier call SKILL.wasm {}{} [OPTIONS]",
        tool.name,
        shown.concat()
    )
}

/// What has to be known before the tool's flags are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// The first word that is no option and no option's value.
    pub skill: Option<PathBuf>,
    /// The second.
    pub tool: Option<OsString>,
    /// The grant: it decides which stores the host has.
    pub grant: Option<PathBuf>,
    /// Whether help is asked for.
    pub help: bool,
}

/// Finds skill, tool and grant. Options before the tool are ours, so it is known which of them take a value.
pub fn split(words: &[OsString]) -> Split {
    let command = command(None);
    let mut split = Split::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or_default();
        match text {
            "--" => break,
            "--help" | "-h" => split.help = true,
            "--grant" => split.grant = words.next().map(PathBuf::from),
            _ if text.starts_with("--grant=") => {
                split.grant = text.strip_prefix("--grant=").map(PathBuf::from)
            }
            _ if split.tool.is_some() => {}
            _ if takes_value(&command, text) => drop(words.next()),
            _ if text.starts_with('-') && text.len() > 1 => {}
            _ if split.skill.is_none() => split.skill = Some(PathBuf::from(word)),
            _ => split.tool = Some(word.clone()),
        }
    }
    split
}

/// Whether the next word belongs to this one.
fn takes_value(command: &clap::Command, word: &str) -> bool {
    let Some(name) = word.strip_prefix("--") else {
        return false;
    };
    let own = command
        .get_arguments()
        .find(|arg| arg.get_long() == Some(name));
    own.is_some_and(|arg| matches!(arg.get_action(), ArgAction::Set | ArgAction::Append))
}

/// What the words say: our options, and what the tool's flags set.
///
/// # Errors
/// A command line that is wrong; clap's own error when it is a request for help.
pub fn parse(
    words: Vec<OsString>,
    tool: &ToolArgs,
) -> Result<(CallOptions, FlagValues), clap::Error> {
    let at = words
        .iter()
        .position(|word| word == "--")
        .unwrap_or(words.len());
    let (ours, theirs) = words.split_at(at);
    let whole = std::iter::once(OsString::from("metier call")).chain(ours.iter().cloned());
    let matches = command(Some(tool)).try_get_matches_from(whole)?;
    let after = flags::tool_only(&tool.flags, format!("metier call … {} --", tool.name));
    let after = after.try_get_matches_from(theirs.iter().skip(1))?;
    let options = CallOptions::from_arg_matches(&matches)?;
    Ok((
        options,
        FlagValues {
            before: matches,
            after,
        },
    ))
}

/// What the tool's flags say, before and after `--`.
#[derive(Clone, Debug)]
pub struct FlagValues {
    before: clap::ArgMatches,
    after: clap::ArgMatches,
}

impl FlagValues {
    /// The arguments: what `--json` gave with the flags laid over it. Without `--json`, a list that is not given is
    /// empty and a switch that is not given is off.
    ///
    /// # Errors
    /// A value that does not fit, or flags that are missing.
    pub fn over(&self, tool: &ToolArgs, json: Option<Arguments>) -> Result<Arguments, Failure> {
        let flags_only = json.is_none();
        let mut arguments = json.unwrap_or_default();
        flags::collect(&tool.flags, &self.before, &mut arguments)?;
        flags::collect(&tool.flags, &self.after, &mut arguments)?;
        let mut missing = Vec::new();
        for flag in &tool.flags {
            match flag.kind.when_absent() {
                _ if !flag.required || arguments.has(&flag.property) => {}
                Some(json) if flags_only => arguments.set(&flag.property, json.to_owned()),
                _ => missing.push(format!("--{}", flag.name)),
            }
        }
        if missing.is_empty() {
            return Ok(arguments);
        }
        let message = format!("The tool `{}` needs {}.", tool.name, missing.join(" and "));
        Err(Failure::usage(message, format!("Usage: {}", usage(tool))))
    }
}
