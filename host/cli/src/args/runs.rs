//! `metier run`, `runs`, `approvals` and `check`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use metier_store::{StoreUrl, types::RunId};

use super::VaultPlace;

pub(super) const RUN_EXAMPLES: &str = "\
Examples:
  metier run examples/account-review/chain.toml --input @input.json
  metier run agent.toml --input '{\"quarter\":\"2026-Q3\"}' --routes routes.toml
  metier run agent.toml --input @input.json --replay recorded";

pub(super) const RUNS_EXAMPLES: &str = "\
Examples:
  metier runs list
  metier runs show 01KBA8…
  metier runs watch 01KBA8… --store postgres://…
  metier runs resume 01KBA8…
  metier runs fork 01KBA8… --at 12";

pub(super) const APPROVALS_EXAMPLES: &str = "\
Examples:
  metier approvals list
  metier approvals approve 01KBA8…/14
  metier approvals deny 01KBA8…/14 --why 'Not before Monday.'";

/// Where runs are kept.
#[derive(Clone, Debug, Default, Args)]
pub struct StoreOptions {
    /// Where runs are kept: sqlite:PATH or postgres://… [default: $XDG_DATA_HOME/metier/runs.db]
    #[arg(long, global = true, value_name = "URL")]
    pub store: Option<StoreUrl>,
}

/// Who answers the questions to models.
#[derive(Clone, Debug, Default, Args)]
pub struct ModelOptions {
    /// The routes to models [default: routes.toml beside the file]
    #[arg(long, value_name = "FILE")]
    pub routes: Option<PathBuf>,
    /// What tokens cost [default: the public list prices]
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Answer from recorded answers instead of asking models
    #[arg(long, value_name = "FOLDER", conflicts_with = "record")]
    pub replay: Option<PathBuf>,
    /// Keep the models' answers in this folder, for --replay
    #[arg(long, value_name = "FOLDER")]
    pub record: Option<PathBuf>,
}

/// `metier run`
#[derive(Debug, Args)]
pub struct Run {
    /// An agent's or a chain's file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What it is given: JSON, @FILE, or - for standard input
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub input: String,
    /// Save files it made in this folder
    #[arg(long, value_name = "FOLDER")]
    pub artifacts: Option<PathBuf>,
    /// Continue the conversation of this session (an agent with `session = true`)
    #[arg(long, value_name = "NAME")]
    pub session: Option<metier_agent::definition::Name>,
    /// Who answers.
    #[command(flatten)]
    pub models: ModelOptions,
    /// Where runs are kept.
    #[command(flatten)]
    pub store: StoreOptions,
    /// Where the vault is.
    #[command(flatten)]
    pub vault: VaultPlace,
}

/// `metier check`
#[derive(Debug, Args)]
pub struct Check {
    /// An agent's or a chain's file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The routes to models [default: routes.toml beside the file]
    #[arg(long, value_name = "FILE")]
    pub routes: Option<PathBuf>,
}

/// `metier runs`
#[derive(Debug, Args)]
pub struct Runs {
    /// What to do.
    #[command(subcommand)]
    pub action: RunsAction,
    /// Where runs are kept.
    #[command(flatten)]
    pub store: StoreOptions,
}

/// What to do with runs.
#[derive(Debug, Subcommand)]
pub enum RunsAction {
    /// List runs, newest first
    List {
        /// At most so many
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Show a run's timeline: every call, token, cost and file
    Show {
        /// The run
        run: RunId,
    },
    /// Follow a run that another process works on, until it has ended or waits for somebody
    Watch {
        /// The run
        run: RunId,
    },
    /// Go on with a run whose host stopped, or that waited
    Resume {
        /// The run
        run: RunId,
        /// Save files it made in this folder
        #[arg(long, value_name = "FOLDER")]
        artifacts: Option<PathBuf>,
        /// Who answers.
        #[command(flatten)]
        models: ModelOptions,
        /// Where the vault is.
        #[command(flatten)]
        vault: VaultPlace,
    },
    /// End a run
    Cancel {
        /// The run
        run: RunId,
        /// Why, for the timeline
        #[arg(long, default_value = "")]
        why: String,
    },
    /// Begin a new run with the first events of another; `resume` goes on with it
    Fork {
        /// The run
        run: RunId,
        /// The last event that is kept
        #[arg(long, value_name = "SEQ")]
        at: u64,
    },
}

/// `metier approvals`
#[derive(Debug, Args)]
pub struct Approvals {
    /// What to do.
    #[command(subcommand)]
    pub action: ApprovalsAction,
    /// Where runs are kept.
    #[command(flatten)]
    pub store: StoreOptions,
}

/// What to do with questions.
#[derive(Debug, Subcommand)]
pub enum ApprovalsAction {
    /// List the open questions
    List,
    /// Show a question with its exact arguments
    Show {
        /// RUN/SEQ, as `list` shows it
        id: QuestionId,
    },
    /// Say yes to exactly what is asked
    Approve {
        /// RUN/SEQ, as `list` shows it
        id: QuestionId,
    },
    /// Say no
    Deny {
        /// RUN/SEQ, as `list` shows it
        id: QuestionId,
        /// Why, for the model and the timeline
        #[arg(long, default_value = "no reason was given")]
        why: String,
    },
    /// Say what a call answered that was made before its host stopped
    Done {
        /// RUN/SEQ, as `list` shows it
        id: QuestionId,
        /// The answer, JSON
        #[arg(long, value_name = "JSON", default_value = "null")]
        answer: String,
    },
}

/// A question: its run and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuestionId {
    /// The run.
    pub run: RunId,
    /// The event that asked.
    pub question: u64,
}

impl std::str::FromStr for QuestionId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no question; `metier approvals list` shows them as RUN/SEQ");
        let (run, question) = text.split_once('/').ok_or_else(wrong)?;
        Ok(QuestionId {
            run: run.parse().map_err(|_| wrong())?,
            question: question.parse().map_err(|_| wrong())?,
        })
    }
}
