//! From the text of a grant file to a [`Grant`].

use std::collections::BTreeMap;

use super::{
    ArtifactsGrant, Credential, FilesGrant, Grant, HttpGrant, LogGrant, Reach, Subject, ToolSet,
    credential_parse,
};
use crate::{
    http::{AnyMethod, read_rule},
    ids::{BucketName, ConfigKey, CredentialName, Digest, SkillName, TenantId},
    limits::read_limits,
    log::LogLevel,
    manifest::{read_access, read_calls, read_routes},
    toml_text::{self, Item, Located, Section, TextError},
};

/// Longest configuration value, in characters: a URL or a small document, not a data set.
const MAX_VALUE_CHARACTERS: usize = 16 * 1024;

/// Longest path on the host, in characters: Linux's own limit.
const MAX_PATH_CHARACTERS: usize = 4096;

pub(super) fn grant(text: &str) -> Result<Grant, TextError> {
    toml_text::parse(text, |root| {
        let subject = subject(root)?;
        let grant = Grant {
            subject,
            tenant: root
                .take("tenant")
                .map_or(Ok(TenantId::local()), |item| item.parsed())?,
            tools: tools(root)?,
            http: root
                .take("http")
                .map_or(Ok(Vec::new()), |item| item.tables(http))?,
            kv: one(root.take("kv"), kv)?.unwrap_or_default(),
            files: root
                .take("files")
                .map_or(Ok(Vec::new()), |item| item.tables(files))?,
            artifacts: one(root.take("artifacts"), artifacts)?,
            config: root.take("config").map_or(Ok(BTreeMap::new()), config)?,
            log: one(root.take("log"), log)?,
            model: one(root.take("model"), read_routes)?.unwrap_or_default(),
            calls: one(root.take("calls"), read_calls)?.unwrap_or_default(),
            limits: one(root.take("limits"), read_limits)?.unwrap_or_default(),
            credentials: root
                .take("credentials")
                .map_or(Ok(BTreeMap::new()), credentials)?,
        };
        check_credentials_exist(&grant)?;
        Ok(grant)
    })
}

fn one<'t, T>(
    item: Option<Item<'t>>,
    read: fn(&mut Section<'t>) -> Result<T, TextError>,
) -> Result<Option<T>, TextError> {
    Ok(item
        .map(|item| item.table(read))
        .transpose()?
        .map(|located| located.value))
}

fn subject(root: &mut Section<'_>) -> Result<Subject, TextError> {
    let digest: Option<Digest> = root.take("digest").map(|item| item.parsed()).transpose()?;
    let example = "skill = \"com.acme/salesforce\"";
    match (root.take("skill"), digest) {
        (Some(item), None) => Ok(Subject::Named(item.parsed::<SkillName>()?)),
        (Some(item), Some(digest)) => Ok(Subject::Pinned(item.parsed::<SkillName>()?, digest)),
        (None, Some(digest)) => Ok(Subject::Bytes(digest)),
        (None, None) => Err(root.missing("skill", example)),
    }
}

fn tools(root: &mut Section<'_>) -> Result<ToolSet, TextError> {
    let item = root.require("tools", "tools = [\"query\"]")?;
    let items = item.array()?;
    let stars = items.iter().filter(|item| item.is("*")).count();
    match (items.first(), stars) {
        (Some(_), 1) if items.len() == 1 => Ok(ToolSet::All),
        (Some(first), 1..) => Err(first.error("`*` stands alone: write `tools = [\"*\"]`")),
        _ => Ok(ToolSet::Listed(
            items.iter().map(Item::parsed).collect::<Result<_, _>>()?,
        )),
    }
}

fn http(section: &mut Section<'_>) -> Result<HttpGrant, TextError> {
    Ok(HttpGrant {
        rule: read_rule(section, AnyMethod::Allowed)?,
        credential: section
            .take("credential")
            .map(|item| item.parsed())
            .transpose()?,
        reach: read_reach(section)?,
    })
}

/// Reads `addresses`, `connect` and `ca-file`.
pub(super) fn read_reach(section: &mut Section<'_>) -> Result<Reach, TextError> {
    Ok(Reach {
        addresses: section.take("addresses").map_or(Ok(Vec::new()), networks)?,
        connect: section
            .take("connect")
            .map(|item| item.parsed())
            .transpose()?,
        ca_file: section
            .take("ca-file")
            .map(|item| item.prose(MAX_PATH_CHARACTERS))
            .transpose()?,
    })
}

fn networks(item: Item<'_>) -> Result<Vec<ipnet::IpNet>, TextError> {
    let read = |item: &Item<'_>| {
        let text = item.string()?;
        text.parse().map_err(|_| {
            let message = format!("`{}` is no network", crate::ids::shown(text));
            item.error(message).with_hint(Some(
                "write an address and a prefix length, such as `10.0.0.0/8`".to_owned(),
            ))
        })
    };
    item.array()?.iter().map(read).collect()
}

fn kv(section: &mut Section<'_>) -> Result<Vec<BucketName>, TextError> {
    section
        .require("buckets", "buckets = [\"cache\"]")?
        .some_list()
}

fn files(section: &mut Section<'_>) -> Result<FilesGrant, TextError> {
    Ok(FilesGrant {
        path: section.require("path", "path = \"/data\"")?.parsed()?,
        source: section
            .require("source", "source = \"/srv/reports\"")?
            .prose(MAX_PATH_CHARACTERS)?,
        access: read_access(section)?,
    })
}

fn artifacts(section: &mut Section<'_>) -> Result<ArtifactsGrant, TextError> {
    let max_bytes = section
        .take("max-bytes")
        .map(|item| item.parsed_scalar())
        .transpose()?;
    Ok(ArtifactsGrant { max_bytes })
}

fn config(item: Item<'_>) -> Result<BTreeMap<ConfigKey, String>, TextError> {
    let located = item.table(|section| {
        let entries = section.take_all().into_iter();
        entries
            .map(|(key, item)| Ok((item.key_as(&key)?, item.text(MAX_VALUE_CHARACTERS)?)))
            .collect()
    })?;
    Ok(located.value)
}

fn log(section: &mut Section<'_>) -> Result<LogGrant, TextError> {
    let choices = LogLevel::ALL.map(|level| (level.as_str(), level));
    let level = section
        .take("level")
        .map(|item| item.choice(&choices))
        .transpose()?;
    Ok(LogGrant {
        level: level.unwrap_or_default(),
    })
}

type Credentials = BTreeMap<CredentialName, Located<Credential>>;

fn credentials(item: Item<'_>) -> Result<Credentials, TextError> {
    let located = item.table(|section| {
        let entries = section.take_all().into_iter();
        entries
            .map(|(name, item)| {
                Ok((
                    item.key_as(&name)?,
                    item.table(credential_parse::credential)?,
                ))
            })
            .collect()
    })?;
    Ok(located.value)
}

/// A rule that names a credential nobody defined can never work: say so now, not at the first call.
fn check_credentials_exist(grant: &Grant) -> Result<(), TextError> {
    for rule in &grant.http {
        let Some(name) = rule
            .credential
            .as_ref()
            .filter(|name| !grant.credentials.contains_key(*name))
        else {
            continue;
        };
        let defined = grant.credentials.keys().map(CredentialName::as_str);
        let hint = match crate::nearest::nearest(name.as_str(), defined) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("add a section [credentials.{name}]"),
        };
        let message =
            format!("the rule names the credential `{name}`, which the grant does not define");
        return Err(TextError::at_line(rule.line, message).with_hint(Some(hint)));
    }
    Ok(())
}
