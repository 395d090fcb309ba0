//! The flags as clap sees them.

use clap::{
    Arg, ArgAction, ArgMatches, Command,
    builder::{PossibleValue, PossibleValuesParser, StyledStr},
};

use super::{Arguments, Flag, Kind, kind::Unfit};

/// Adds the flags to `command`, apart from those whose name is `taken`. `heading` is where help lists them.
pub fn add(mut command: Command, flags: &[Flag], taken: &[&str], heading: &str) -> Command {
    let free = |name: &str| name != "help" && taken.iter().all(|own| *own != name);
    for flag in flags.iter().filter(|flag| free(&flag.name)) {
        command = command.arg(arg(flag).help_heading(heading.to_owned()));
        if let Some(negation) = flag.negation.as_deref().filter(|name| free(name)) {
            command = command.arg(no(flag, negation).help_heading(heading.to_owned()));
        }
    }
    command
}

/// A command of nothing but the tool's flags: what may stand after `--`.
pub fn tool_only(flags: &[Flag], name: String) -> Command {
    let bare = Command::new(name)
        .no_binary_name(true)
        .disable_help_flag(true);
    add(bare, flags, &[], "Arguments")
}

fn arg(flag: &Flag) -> Arg {
    let arg = Arg::new(id(flag)).long(flag.name.clone()).help(help(flag));
    match &flag.kind {
        Kind::Switch => arg.action(ArgAction::SetTrue).overrides_with(no_id(flag)),
        kind => {
            let arg = arg.value_name(kind.placeholder()).allow_hyphen_values(true);
            let arg = match kind {
                Kind::List(_) => arg.action(ArgAction::Append),
                _ => arg.action(ArgAction::Set),
            };
            with_choices(arg, kind)
        }
    }
}

fn no(flag: &Flag, negation: &str) -> Arg {
    let arg = Arg::new(no_id(flag))
        .long(negation.to_owned())
        .action(ArgAction::SetTrue);
    arg.overrides_with(id(flag))
        .help(format!("The opposite of --{}", flag.name))
}

fn with_choices(arg: Arg, kind: &Kind) -> Arg {
    if kind.choices().is_empty() {
        return arg;
    }
    let values = kind.choices().iter().map(|(word, about)| {
        let value = PossibleValue::new(word.clone());
        if about.is_empty() {
            value
        } else {
            value.help(StyledStr::from(about.clone()))
        }
    });
    arg.value_parser(PossibleValuesParser::new(values))
}

fn help(flag: &Flag) -> String {
    let mut notes = Vec::new();
    if flag.is_needed() {
        notes.push("required");
    }
    if matches!(flag.kind, Kind::List(_)) {
        notes.push("may be repeated");
    }
    let notes = if notes.is_empty() {
        String::new()
    } else {
        format!("[{}]", notes.join(", "))
    };
    [flag.about.as_str(), &notes]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn id(flag: &Flag) -> String {
    format!("tool:{}", flag.property)
}

fn no_id(flag: &Flag) -> String {
    format!("tool-no:{}", flag.property)
}

/// A flag's value does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid value for --{name}: {unfit}")]
pub struct UnfitFlag {
    name: String,
    unfit: Unfit,
}

/// Sets what `matches` says in `arguments`.
///
/// # Errors
/// The first flag whose value does not fit its kind.
pub fn collect(
    flags: &[Flag],
    matches: &ArgMatches,
    arguments: &mut Arguments,
) -> Result<(), UnfitFlag> {
    for flag in flags {
        let unfit = |unfit| UnfitFlag {
            name: flag.name.clone(),
            unfit,
        };
        if let Some(json) = value(flag, matches).map_err(unfit)? {
            arguments.set(&flag.property, json);
        }
    }
    Ok(())
}

fn value(flag: &Flag, matches: &ArgMatches) -> Result<Option<String>, Unfit> {
    let on = |id: String| matches.try_get_one::<bool>(&id).ok().flatten() == Some(&true);
    if flag.kind == Kind::Switch {
        let given = on(id(flag))
            .then_some("true")
            .or(on(no_id(flag)).then_some("false"));
        return Ok(given.map(str::to_owned));
    }
    let given = matches.try_get_many::<String>(&id(flag)).ok().flatten();
    let Some(given) = given else { return Ok(None) };
    let values: Vec<String> = given
        .map(|text| flag.kind.json(text))
        .collect::<Result<_, _>>()?;
    Ok(match flag.kind {
        Kind::List(_) => Some(format!("[{}]", values.join(","))),
        _ => values.into_iter().next_back(),
    })
}
