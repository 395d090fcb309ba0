//! `metier admin trigger` and `metier admin webhook`.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueEnum};
use metier_agent::definition::Name;

use super::call::duration;

/// What to do with triggers.
#[derive(Debug, Subcommand)]
pub enum Trigger {
    /// List triggers and when they are next due
    List,
    /// Show a trigger, when it is next due and what became of the last tick
    Show {
        /// The trigger
        name: String,
    },
    /// Start an agent at times
    Cron {
        /// What it is called
        name: Name,
        /// When: minute hour day month weekday, or @hourly, @daily, @weekly, @monthly, @yearly
        schedule: String,
        /// The time zone the schedule is meant in
        #[arg(long, value_name = "ZONE", default_value = "UTC")]
        zone: String,
        /// What becomes of ticks that were missed
        #[arg(long, value_enum, default_value_t = Missed::Last)]
        missed: Missed,
        /// How many missed ticks are made up for at most, with --missed all
        #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
        missed_limit: u32,
        /// What becomes of a tick while the run of the one before goes on
        #[arg(long, value_enum, default_value_t = Overlap::Skip)]
        overlap: Overlap,
        /// Tell the tick's time under this key of the input
        #[arg(long, value_name = "KEY")]
        time_key: Option<String>,
        #[command(flatten)]
        starts: Starts,
    },
    /// Start an agent when somebody sends a signed message
    Webhook {
        /// What it is called; it is in the address
        name: Name,
        /// How messages are signed
        #[arg(long, value_enum, default_value_t = Scheme::Standard)]
        scheme: Scheme,
        /// Read the secret the other side shows from this file; one is made otherwise, where that can be
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
        /// Put the whole body under this key of the input
        #[arg(long, value_name = "KEY")]
        body_key: Option<String>,
        /// Put a part of the body under a key of the input: pr=/pull_request/number
        #[arg(long = "map", value_name = "KEY=POINTER")]
        map: Vec<String>,
        /// Put a header under a key of the input: kind=x-github-event
        #[arg(long = "header", value_name = "KEY=HEADER")]
        headers: Vec<String>,
        #[command(flatten)]
        starts: Starts,
    },
    /// Let it start something again
    Enable {
        /// The trigger
        name: String,
    },
    /// Let it start nothing
    Disable {
        /// The trigger
        name: String,
    },
    /// Give a webhook another secret
    Rotate {
        /// The trigger
        name: String,
        /// Read it from this file; one is made otherwise
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
        /// How long the one it has counts still [default: 1d]
        #[arg(long, value_name = "TIME", value_parser = duration)]
        overlap: Option<Duration>,
    },
    /// Take a trigger away; its runs go on
    Remove {
        /// The trigger
        name: String,
    },
}

/// What a trigger starts.
#[derive(Debug, Args)]
pub struct Starts {
    /// The agent or chain it starts
    #[arg(long)]
    pub agent: Name,
    /// Its version; the current one otherwise
    #[arg(long)]
    pub version: Option<String>,
    /// The conversation its runs continue
    #[arg(long, value_name = "NAME")]
    pub session: Option<Name>,
    /// What each run is given: a JSON object
    #[arg(long, value_name = "JSON")]
    pub input: Option<String>,
    /// Make it, but let it start nothing yet
    #[arg(long)]
    pub disabled: bool,
}

/// What becomes of ticks that were missed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Missed {
    /// Nothing
    Skip,
    /// The last of them starts a run
    Last,
    /// All of them do, up to a limit
    All,
}

/// What becomes of a tick while the run of the one before goes on.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Overlap {
    /// It starts another
    Allow,
    /// Nothing
    Skip,
}

/// How messages are signed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Scheme {
    /// Standard Webhooks
    Standard,
    /// GitHub
    Github,
    /// Slack
    Slack,
    /// Stripe
    Stripe,
}

/// What to do with endpoints.
#[derive(Debug, Subcommand)]
pub enum Webhook {
    /// List endpoints that events are sent to
    List,
    /// Show an endpoint, and how its outbox stands
    Show {
        /// The endpoint
        name: String,
    },
    /// Send events to a URL
    Create {
        /// What it is called
        name: Name,
        /// Where: https, at an address of the public internet
        url: String,
        /// Which events: run.started, run.needs-approval, run.completed, run.failed, run.cancelled; all otherwise
        #[arg(long, value_delimiter = ',', value_name = "EVENTS")]
        events: Vec<String>,
        /// Read the secret from this file; one is made otherwise
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
    },
    /// Let events be sent again; what waited is sent, too
    Enable {
        /// The endpoint
        name: String,
    },
    /// Let nothing be sent
    Disable {
        /// The endpoint
        name: String,
    },
    /// Give an endpoint another secret
    Rotate {
        /// The endpoint
        name: String,
        /// Read it from this file; one is made otherwise
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
        /// How long events are signed with the one it has, too [default: 1d]
        #[arg(long, value_name = "TIME", value_parser = duration)]
        overlap: Option<Duration>,
    },
    /// Send an endpoint something, to see whether it arrives
    Test {
        /// The endpoint
        name: String,
    },
    /// List what is on its way to an endpoint, and what was given up
    Deliveries {
        /// The endpoint
        name: String,
        /// Only what was given up
        #[arg(long)]
        dead: bool,
    },
    /// Try an event again at once, also one that was given up
    Redeliver {
        /// The endpoint
        name: String,
        /// The event's id
        event: String,
    },
    /// Take an endpoint away, with what was on its way there
    Remove {
        /// The endpoint
        name: String,
    },
}
