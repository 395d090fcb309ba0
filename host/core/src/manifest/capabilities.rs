//! The kinds of reach a manifest can ask for: one field each.

use crate::{
    files::{Access, GuestPath},
    http::{AnyMethod, HttpRule, read_rule},
    ids::{BucketName, ConfigKey, CredentialName, RouteName, ToolRef},
    toml_text::{Item, Located, Section, TextError},
};

/// The `[capabilities]` section. What is left out is not asked for, and then never allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// `[[capabilities.http]]`
    pub http: Vec<Located<HttpAsk>>,
    /// `[capabilities.kv]`
    pub kv: Option<Located<KvAsk>>,
    /// `[[capabilities.files]]`
    pub files: Vec<Located<FilesAsk>>,
    /// `[capabilities.artifacts]`
    pub artifacts: Option<Located<()>>,
    /// `[capabilities.config]`
    pub config: Option<Located<ConfigAsk>>,
    /// `[capabilities.log]`
    pub log: Option<Located<()>>,
    /// `[capabilities.model]`
    pub model: Option<Located<ModelAsk>>,
    /// `[capabilities.calls]`
    pub calls: Option<Located<CallsAsk>>,
}

/// Requests the skill wants to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAsk {
    /// Which.
    pub rule: HttpRule,
    /// The credential it needs attached to them.
    pub credential: Option<CredentialName>,
}

/// Buckets the skill wants to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KvAsk {
    /// Their names, at least one.
    pub buckets: Vec<BucketName>,
}

/// A directory the skill wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesAsk {
    /// Where it expects it.
    pub path: GuestPath,
    /// What it wants to do there.
    pub access: Access,
}

/// Configuration the skill wants to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigAsk {
    /// The keys, at least one.
    pub keys: Vec<ConfigKey>,
}

/// Questions to models the skill wants to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelAsk {
    /// The routes they take, at least one.
    pub routes: Vec<RouteName>,
}

/// Tools of other skills the skill wants to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallsAsk {
    /// Which, at least one.
    pub tools: Vec<ToolRef>,
}

/// Names set aside for capabilities that are not there yet.
const RESERVED: [&str; 4] = ["messaging", "sql", "workflow", "blob"];

pub(super) fn read(section: &mut Section<'_>) -> Result<Capabilities, TextError> {
    let capabilities = Capabilities {
        http: list(section.take("http"), http)?,
        kv: one(section.take("kv"), kv)?,
        files: list(section.take("files"), files)?,
        artifacts: one(section.take("artifacts"), |_| Ok(()))?,
        config: one(section.take("config"), config)?,
        log: one(section.take("log"), |_| Ok(()))?,
        model: one(section.take("model"), model)?,
        calls: one(section.take("calls"), calls)?,
    };
    section.refuse_reserved(&RESERVED)?;
    Ok(capabilities)
}

type Read<'t, T> = fn(&mut Section<'t>) -> Result<T, TextError>;

fn list<'t, T>(item: Option<Item<'t>>, read: Read<'t, T>) -> Result<Vec<Located<T>>, TextError> {
    item.map_or(Ok(Vec::new()), |item| item.tables(read))
}

fn one<'t, T>(item: Option<Item<'t>>, read: Read<'t, T>) -> Result<Option<Located<T>>, TextError> {
    item.map(|item| item.table(read)).transpose()
}

fn http(section: &mut Section<'_>) -> Result<HttpAsk, TextError> {
    let rule = read_rule(section, AnyMethod::Refused)?;
    let credential = section
        .take("credential")
        .map(|item| item.parsed())
        .transpose()?;
    Ok(HttpAsk { rule, credential })
}

fn kv(section: &mut Section<'_>) -> Result<KvAsk, TextError> {
    let buckets = section
        .require("buckets", "buckets = [\"cache\"]")?
        .some_list()?;
    Ok(KvAsk { buckets })
}

fn files(section: &mut Section<'_>) -> Result<FilesAsk, TextError> {
    let path = section.require("path", "path = \"/data\"")?.parsed()?;
    let access = read_access(section)?;
    Ok(FilesAsk { path, access })
}

fn config(section: &mut Section<'_>) -> Result<ConfigAsk, TextError> {
    let keys = section
        .require("keys", "keys = [\"instance-url\"]")?
        .some_list()?;
    Ok(ConfigAsk { keys })
}

fn model(section: &mut Section<'_>) -> Result<ModelAsk, TextError> {
    let routes = read_routes(section)?;
    Ok(ModelAsk { routes })
}

fn calls(section: &mut Section<'_>) -> Result<CallsAsk, TextError> {
    let tools = read_calls(section)?;
    Ok(CallsAsk { tools })
}

/// Reads `routes`, in a manifest or a grant.
pub(crate) fn read_routes(section: &mut Section<'_>) -> Result<Vec<RouteName>, TextError> {
    section
        .require("routes", "routes = [\"drafting\"]")?
        .some_list()
}

/// Reads `tools` of other skills, in a manifest or a grant.
pub(crate) fn read_calls(section: &mut Section<'_>) -> Result<Vec<ToolRef>, TextError> {
    section
        .require("tools", "tools = [\"com.acme/jira#addComment\"]")?
        .some_list()
}

/// Reads `access`, which must be written: reading and writing are too different for a default.
pub(crate) fn read_access(section: &mut Section<'_>) -> Result<Access, TextError> {
    let choices = [Access::Read, Access::ReadWrite].map(|access| (access.as_str(), access));
    section
        .require("access", "access = \"read\"")?
        .choice(&choices)
}
