//! `metier namespace publisher`: whose runs publish in a namespace.

use clap::{Args, Subcommand};
use metier_core::{Digest, SkillName};
use metier_market::{
    fixtures::Moment,
    state::{Namespace, Word},
};

use super::{
    market_client::{KeyFile, Method, Place},
    members::Signs,
};

pub(super) const PUBLISHER_EXAMPLES: &str = "\
Examples:
  metier namespace publisher add com.acme --github acme/salesforce --owner-id 9919 --workflow release.yml
  metier namespace publisher add com.acme --github acme/skills --owner-id 9919 --workflow release.yml --environment release --skill com.acme/jira
  metier namespace publisher add com.acme --issuer https://gitlab.com --claim project_path=acme/crm --claim project_id=42 --claim ref_protected=true
  metier namespace publisher list com.acme
  metier namespace publisher end com.acme sha256:…
  metier namespace publisher end com.acme sha256:… --compromised --since 2026-11-30T12:00:00Z";

/// `metier namespace publisher`
#[derive(Debug, Args)]
pub struct Publishers {
    /// What to do.
    #[command(subcommand)]
    pub action: PublisherAction,
}

/// What to do with trusted publishers.
#[derive(Debug, Subcommand)]
pub enum PublisherAction {
    /// Trust runs of a CI service: they publish without your key
    Add(PublisherAdd),
    /// List whom a namespace of yours trusts
    List {
        /// Such as com.acme
        namespace: Namespace,
        /// Which market.
        #[command(flatten)]
        place: Place,
    },
    /// Trust them no more, for ever: a key of the namespace says so
    End(PublisherEnd),
}

/// `metier namespace publisher end`
#[derive(Debug, Args)]
pub struct PublisherEnd {
    /// Such as com.acme
    pub namespace: Namespace,
    /// Which, as `metier namespace publisher list` has it
    #[arg(value_name = "ID")]
    pub publisher: Digest,
    /// Somebody else may have had its runs: what they published from --since on is void
    #[arg(long, requires = "since")]
    pub compromised: bool,
    /// Since when somebody else may have had them: 2026-11-30T12:00:00Z
    #[arg(long, value_name = "TIME", requires = "compromised")]
    pub since: Option<Moment>,
    /// No key is left to sign with: prove the domain instead
    #[arg(long, conflicts_with = "key")]
    pub lost: bool,
    /// How the domain is proven
    #[arg(long, value_enum, default_value_t, requires = "lost")]
    pub method: Method,
    /// Signs it.
    #[command(flatten)]
    pub key: KeyFile,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}

/// `metier namespace publisher add`
#[derive(Debug, Args)]
pub struct PublisherAdd {
    /// Such as com.acme
    pub namespace: Namespace,
    /// The repository of a GitHub workflow
    #[arg(
        long,
        value_name = "OWNER/REPOSITORY",
        required_unless_present = "issuer",
        requires_all = ["workflow", "owner_id"]
    )]
    pub github: Option<String>,
    /// The number of its owner, which nobody else gets with the name: `id` in https://api.github.com/users/OWNER
    #[arg(long, value_name = "NUMBER", requires = "github")]
    pub owner_id: Option<u64>,
    /// Its file in .github/workflows
    #[arg(long, value_name = "FILE", requires = "github")]
    pub workflow: Option<String>,
    /// The environment its job runs in
    #[arg(long, value_name = "NAME", requires = "github")]
    pub environment: Option<String>,
    /// Any issuer of ID tokens that the market takes
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "github",
        requires = "claim"
    )]
    pub issuer: Option<Word>,
    /// What its ID tokens say; `*` at the end, behind `/`, `@` or `:`, stands for anything
    #[arg(long, value_name = "NAME=VALUE", value_parser = claim)]
    pub claim: Vec<(Word, Word)>,
    /// Only this skill; all of the namespace where none is named
    #[arg(long = "skill", value_name = "NAME")]
    pub skills: Vec<SkillName>,
    /// Signs it.
    #[command(flatten)]
    pub signs: Signs,
}

fn claim(text: &str) -> Result<(Word, Word), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("write the claim, `=` and what it has to be: repository=acme/salesforce")?;
    let word = |text: &str| {
        let word = text.parse();
        word.map_err(|error: metier_market::state::InvalidReason| error.to_string())
    };
    Ok((word(name)?, word(value)?))
}
