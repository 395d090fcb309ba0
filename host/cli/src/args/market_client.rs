//! The commands of whoever installs from a market, or publishes in one.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use metier_agent::definition::Name;
use metier_core::{Digest, SkillName};
use metier_market::{
    distribution::{InvalidRegistry, RegistryAddress},
    index::Requirement,
    state::{Account, Namespace, Reason},
    trust::KeyHint,
};
use semver::Version;

use super::{
    members::{APPROVE_EXAMPLES, Approve, Cosign, MEMBER_EXAMPLES, Members, RULE_EXAMPLES, Rule},
    namespace_key::{KEY_EXAMPLES, NamespaceKeys},
    trusted::{PUBLISHER_EXAMPLES, Publishers},
};

pub(super) const LOGIN_EXAMPLES: &str = "\
Examples:
  metier login --account acme
  metier login --account acme --market https://market.acme.example";

pub(super) const NAMESPACE_EXAMPLES: &str = "\
Examples:
  metier namespace claim com.acme
  metier namespace claim com.acme --method https
  metier namespace list
  metier namespace key list com.acme
  metier namespace member list com.acme
  metier namespace approve com.acme/salesforce@1.2.0";

pub(super) const PUBLISH_EXAMPLES: &str = "\
Examples:
  metier publish dist/salesforce.wasm
  metier publish dist/salesforce.wasm --from-ci
  metier publish salesforce --security-fix
  metier publish review.toml --namespace com.acme";

pub(super) const INSTALL_EXAMPLES: &str = "\
Examples:
  metier install com.acme/salesforce
  metier install com.acme/salesforce@^1.2 --as crm
  metier install com.acme/salesforce com.acme/jira --yes --to skills
  metier install com.acme/account-review --to review
  metier install                        # what metier.lock says, and nothing else";

pub(super) const UPDATE_EXAMPLES: &str = "\
Examples:
  metier update
  metier update --dry-run --exit-code
  metier update com.acme/salesforce
  metier update com.acme/salesforce@^2";

pub(super) const REVOKE_EXAMPLES: &str = "\
Examples:
  metier revoke 'com.acme/salesforce@<1.2.4' --why 'sends records elsewhere'
  metier revoke sha256:… --why 'built on a machine that was broken into'";

/// Which market, and what is said to its questions.
#[derive(Clone, Debug, Default, Args)]
pub struct Place {
    /// The market's address, a mirror's directory, or a mirror's registry as oci://… [default: METIER_MARKET, or as markets.toml says]
    #[arg(long, value_name = "URL")]
    pub market: Option<String>,
    /// Trust a market that is met for the first time when this is its fingerprint
    #[arg(long, value_name = "SHA256")]
    pub fingerprint: Option<Digest>,
    /// Say yes to what is asked
    #[arg(short = 'y', long)]
    pub yes: bool,
}

/// The publisher's key.
#[derive(Clone, Debug, Default, Args)]
pub struct KeyFile {
    /// The publisher's key, in PEM [default: $XDG_DATA_HOME/metier/keys/publisher.pem]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

/// `metier keygen`
#[derive(Debug, Args)]
pub struct Keygen {
    /// Where it is kept.
    #[command(flatten)]
    pub key: KeyFile,
    /// How it signs
    #[arg(long, value_enum, default_value_t)]
    pub algorithm: KeyKind,
    /// Write the public part to a file too, to be given away; where there is a key already, that of it
    #[arg(long, value_name = "FILE")]
    pub public: Option<PathBuf>,
}

/// How a key signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum KeyKind {
    /// ECDSA on P-256, which `cosign` reads too
    #[default]
    EcdsaP256,
    /// Ed25519
    Ed25519,
}

/// `metier login`
#[derive(Debug, Args)]
pub struct Login {
    /// Which market.
    #[command(flatten)]
    pub place: Place,
    /// The account; a free one is yours from now on
    #[arg(long, value_name = "NAME")]
    pub account: Account,
    /// What opens it.
    #[command(flatten)]
    pub key: KeyFile,
}

/// `metier namespace`
#[derive(Debug, Args)]
pub struct Namespaces {
    /// What to do.
    #[command(subcommand)]
    pub action: NamespaceAction,
}

/// What to do with namespaces.
#[derive(Debug, Subcommand)]
pub enum NamespaceAction {
    /// Claim a domain you own, written backwards: says what to publish, and looks whether it is there
    Claim {
        /// Such as com.acme
        namespace: Namespace,
        /// How it is proven
        #[arg(long, value_enum, default_value_t)]
        method: Method,
        /// Its first key.
        #[command(flatten)]
        key: KeyFile,
        /// Which market.
        #[command(flatten)]
        place: Place,
    },
    /// List the namespaces of your account
    List {
        /// Which market.
        #[command(flatten)]
        place: Place,
    },
    /// List, add, end and recover the keys of a namespace
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true,
        after_help = KEY_EXAMPLES
    )]
    Key(NamespaceKeys),
    /// Add, list and end runs of a CI service that publish without a key
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true,
        after_help = PUBLISHER_EXAMPLES
    )]
    Publisher(Publishers),
    /// List, add, change and remove the members of a namespace
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true,
        after_help = MEMBER_EXAMPLES
    )]
    Member(Members),
    /// Let each version wait for the approval of another member, or not
    #[command(after_help = RULE_EXAMPLES)]
    Rule(Rule),
    /// Approve, as another member, of a version that waits: it shows what that asks and changes, then signs
    #[command(after_help = APPROVE_EXAMPLES)]
    Approve(Approve),
    /// Sign, as another owner, a change that the 2-person rule wants two for
    Cosign(Cosign),
}

/// How a namespace is proven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// A TXT record
    #[default]
    Dns,
    /// A file below /.well-known/
    Https,
}

/// `metier publish`
#[derive(Debug, Args)]
pub struct Publish {
    /// The skill's file, or its folder, which is built first; or the file of an agent or a chain (.toml)
    #[arg(value_name = "FILE|FOLDER")]
    pub what: PathBuf,
    /// Whose an agent is [default: as its file says]
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<Namespace>,
    /// It mends a hole: updates to it do not wait
    #[arg(long)]
    pub security_fix: bool,
    /// This is a run of a CI service that the namespace trusts: it needs no key and no login
    #[arg(long, conflicts_with = "key")]
    pub from_ci: bool,
    /// What signs it.
    #[command(flatten)]
    pub key: KeyFile,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}

/// `metier search`
#[derive(Debug, Args)]
pub struct Search {
    /// What it should do
    #[arg(required = true)]
    pub words: Vec<String>,
    /// Only skills that ask for this: http, files, kv, …
    #[arg(long, value_name = "CAPABILITY")]
    pub capability: Option<String>,
    /// Only skills, or only agents
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Skills
    Skill,
    /// Agents and chains
    Agent,
}

impl Kind {
    /// As a market has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Skill => "skill",
            Kind::Agent => "agent",
        }
    }
}

/// `metier info`
#[derive(Debug, Args)]
pub struct Info {
    /// The skill or agent, and which versions of it: com.acme/salesforce@^1.2
    #[arg(value_name = "NAME[@REQ]")]
    pub skill: Requirement,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}

/// `metier verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// A skill's file, an agent's package, or the name of one in a market
    #[arg(value_name = "FILE|NAME[@REQ]")]
    pub what: String,
    /// The receipt of the file [default: beside it, as `metier install --to` puts it]
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}

/// Where what is installed goes.
#[derive(Clone, Debug, Default, Args)]
pub struct Target {
    /// Keep component, receipt and grant in this directory instead of giving them to the service; `update` finds it again
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// The tenant of the service
    #[arg(long, value_name = "TENANT", conflicts_with = "to")]
    pub tenant: Option<String>,
    /// A namespace's key that none of before vouches for, after somebody asked the publisher
    #[arg(long, value_name = "KEY")]
    pub accept_key: Option<KeyHint>,
}

/// `metier install`
#[derive(Debug, Args)]
pub struct Install {
    /// The skills and agents, and which versions of them: com.acme/salesforce@^1.2; without any, what metier.lock says, where it says
    #[arg(value_name = "NAME[@REQ]")]
    pub skills: Vec<Requirement>,
    /// What a skill is called here [default: the end of its name]
    #[arg(long = "as", value_name = "ALIAS")]
    pub alias: Option<Name>,
    /// Where it goes.
    #[command(flatten)]
    pub target: Target,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}

/// `metier update`
#[derive(Debug, Args)]
pub struct Update {
    /// Only this skill; with versions, up to those instead of the compatible ones
    #[arg(value_name = "NAME[@REQ]")]
    pub skill: Option<Requirement>,
    /// Show what would be done, and change nothing, not even what is remembered of the market
    #[arg(long)]
    pub dry_run: bool,
    /// End with 20 when an update is held, or when a dry run finds one; without it that is 0
    #[arg(long)]
    pub exit_code: bool,
    /// What it is called here [default: as it was installed]
    #[arg(long = "as", value_name = "ALIAS", requires = "skill")]
    pub alias: Option<Name>,
    /// Where it goes.
    #[command(flatten)]
    pub target: Target,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}

/// `metier yank`, `metier unyank`
#[derive(Debug, Args)]
pub struct Yank {
    /// Which version: com.acme/salesforce@1.2.0
    #[arg(value_name = "NAME@VERSION", value_parser = one_version)]
    pub version: (SkillName, Version),
    /// Why, in a sentence that everybody sees
    #[arg(long)]
    pub why: Reason,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}

/// `metier revoke`
#[derive(Debug, Args)]
pub struct Revoke {
    /// Versions of a skill, or one file by its digest
    #[arg(value_name = "NAME@REQ|SHA256")]
    pub what: String,
    /// Why, in a sentence that everybody sees
    #[arg(long)]
    pub why: Reason,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}

/// `metier mirror`
#[derive(Debug, Args)]
pub struct Mirror {
    /// The skills and agents; the skills of an agent come with it
    #[arg(required = true, value_name = "NAME")]
    pub skills: Vec<SkillName>,
    /// The directory, or the registry as oci://registry.acme.example/prefix; what is there already is brought up to date
    #[arg(long, value_name = "DIR|REGISTRY")]
    pub to: MirrorPlace,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}

/// Where a mirror is made.
#[derive(Clone, Debug)]
pub enum MirrorPlace {
    /// In a directory.
    Directory(PathBuf),
    /// In a registry.
    Registry(RegistryAddress),
}

impl std::str::FromStr for MirrorPlace {
    type Err = InvalidRegistry;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.contains("://") {
            true => text.parse().map(MirrorPlace::Registry),
            false => Ok(MirrorPlace::Directory(text.into())),
        }
    }
}

pub(super) fn one_version(text: &str) -> Result<(SkillName, Version), String> {
    let (name, version) = text
        .split_once('@')
        .ok_or("write the name, `@` and the version: com.acme/salesforce@1.2.0")?;
    let name: SkillName = name
        .parse()
        .map_err(|error: metier_core::ids::InvalidSkillName| error.to_string())?;
    let version: Version = version
        .parse()
        .map_err(|error| format!("`{version}` is no version: {error}"))?;
    Ok((name, version))
}
