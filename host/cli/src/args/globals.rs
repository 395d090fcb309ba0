//! What applies to every command.

use std::ffi::OsString;

use clap::{ArgAction, Args, ValueEnum};

use crate::{
    printer::{Format, Volume},
    terminal::ColorChoice,
};

/// What applies to every command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Output")]
pub struct Globals {
    /// Print help
    #[arg(short, long, global = true, action = ArgAction::HelpShort)]
    pub help: Option<bool>,
    /// For people, or exact JSON for programs
    #[arg(long, global = true, value_name = "FORMAT", value_enum)]
    pub output: Option<Format>,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", value_enum)]
    pub color: Option<ColorChoice>,
    /// Say nothing but errors
    #[arg(short, long, global = true, action = ArgAction::SetTrue, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: all that the skill logs, not only from `info` up, where it failed, and what build tools say
    #[arg(short, long, global = true, action = ArgAction::SetTrue)]
    pub verbose: bool,
}

impl Globals {
    /// These, where they say something, and `other` where they do not.
    pub fn or(self, other: Globals) -> Globals {
        Globals {
            help: None,
            output: self.output.or(other.output),
            color: self.color.or(other.color),
            quiet: self.quiet || (other.quiet && !self.verbose),
            verbose: self.verbose || (other.verbose && !self.quiet),
        }
    }

    /// How much is said.
    pub fn volume(&self) -> Volume {
        match (self.quiet, self.verbose) {
            (true, _) => Volume::Quiet,
            (_, true) => Volume::Verbose,
            _ => Volume::Normal,
        }
    }
}

/// What has to be known before the command line is understood: how to say that it is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Early {
    /// `--output`
    pub format: Format,
    /// `--color`
    pub color: ColorChoice,
}

impl Early {
    /// Reads the words up to `--`; what makes no sense is left for the parser to say.
    pub fn look(words: &[OsString]) -> Early {
        let before: Vec<&str> = words
            .iter()
            .map(|word| word.to_str().unwrap_or_default())
            .take_while(|word| *word != "--")
            .collect();
        let last = |flag: &str| {
            let with_value = format!("{flag}=");
            let attached = before
                .iter()
                .rev()
                .find_map(|word| word.strip_prefix(with_value.as_str()));
            let apart = before
                .windows(2)
                .rev()
                .find(|pair| pair[0] == flag)
                .map(|pair| pair[1]);
            attached.or(apart)
        };
        Early {
            format: last("--output")
                .and_then(|text| Format::from_str(text, false).ok())
                .unwrap_or_default(),
            color: last("--color")
                .and_then(|text| ColorChoice::from_str(text, false).ok())
                .unwrap_or_default(),
        }
    }
}
