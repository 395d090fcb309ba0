//! What owners say about their namespace, alone or two of them: signed, sent, or written down for the second.

use std::{fmt, path::Path};

use metier_core::{Code, Fault};
use metier_market::{
    client::{Client, ClientError, write_file},
    keeper::acts::Said,
    state::{KeyChange, LeafSignature, MemberChange, Namespace, PublisherChange, RuleChange},
    trust::{KeyError, Publisher, SigningKey},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{account::tell, keys, session::Session};
use crate::{
    args::members::{Cosign, Signs},
    commands::{self, App},
    errors::Failure,
    exit::Exit,
    given, text,
};

/// Largest file with a change, in bytes.
const MAX_CHANGE: u64 = 64 << 10;

/// What the market says where one signature is not enough.
const NEEDS_SECOND: &str = "another owner signs this too";

/// A statement about a namespace.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", content = "statement", rename_all = "kebab-case")]
pub enum Statement {
    /// It has a further key.
    Key(KeyChange),
    /// A member has another role, or none.
    Member(MemberChange),
    /// The 2-person rule is on or off.
    Rule(RuleChange),
    /// Runs may publish.
    Publisher(PublisherChange),
}

/// A statement that one owner has signed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Half {
    change: Statement,
    signature: LeafSignature,
}

impl Statement {
    fn namespace(&self) -> &Namespace {
        match self {
            Statement::Key(change) => &change.namespace,
            Statement::Member(change) => &change.namespace,
            Statement::Rule(change) => &change.namespace,
            Statement::Publisher(change) => &change.namespace,
        }
    }

    fn signature(&self, key: &SigningKey<Publisher>) -> Result<LeafSignature, KeyError> {
        match self {
            Statement::Key(change) => change.signature(key),
            Statement::Member(change) => change.signature(key),
            Statement::Rule(change) => change.signature(key),
            Statement::Publisher(change) => change.signature(key),
        }
    }

    async fn send(&self, client: &Client, said: &Said, token: &str) -> Result<(), ClientError> {
        let sent = match self {
            Statement::Key(change) => client.add_key(change, said, token).await,
            Statement::Member(change) => client.change_member(change, said, token).await,
            Statement::Rule(change) => client.change_rule(change, said, token).await,
            Statement::Publisher(change) => client.add_publisher(change, said, token).await,
        };
        sent.map(drop)
    }

    /// For programs.
    fn value(&self, client: &Client, said: &Said) -> Value {
        let by = said.first.as_ref().map(|signature| signature.by);
        let mut line = match self {
            Statement::Key(change) => {
                let member = change.member.as_ref();
                json!({
                    "key": change.key.hint(),
                    "account": member.map(|member| &member.account),
                    "role": member.map(|member| member.role),
                })
            }
            Statement::Member(change) => json!({"account": change.account, "role": change.role}),
            Statement::Rule(change) => json!({"two-person": change.two_person}),
            Statement::Publisher(change) => {
                json!({"publisher": change.id(), "audience": client.audience(None)})
            }
        };
        line["namespace"] = json!(self.namespace());
        line["signed-by"] = json!(by);
        line
    }

    /// What follows from it, for whoever said it.
    fn next(&self, client: &Client) -> String {
        match self {
            Statement::Publisher(_) => format!(
                " Its runs publish with `metier publish --from-ci`; their ID tokens are for {}.",
                client.audience(None)
            ),
            Statement::Rule(change) if change.two_person => {
                " A version waits for `metier namespace approve` from now on.".to_owned()
            }
            Statement::Member(change) if change.role.is_none() => {
                " What they signed stays good. If a key of theirs was in other hands, end it with `metier namespace key end KEY --compromised --since TIME`.".to_owned()
            }
            _ => String::new(),
        }
    }
}

/// What it says, in a sentence: written by somebody else, perhaps.
impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = self.namespace();
        match self {
            Statement::Key(change) => {
                let hint = change.key.hint();
                match &change.member {
                    None => write!(f, "{namespace} has the key {hint} too")?,
                    Some(member) => write!(
                        f,
                        "{namespace} has the {} {}, with the key {hint}",
                        member.role, member.account
                    )?,
                }
                let (from, until) = (change.from, change.until);
                let from = from.map_or(String::new(), |from| format!(", from {from} on"));
                let until = until.map_or(String::new(), |until| format!(", until {until}"));
                write!(f, "{from}{until}.")
            }
            Statement::Member(change) => match change.role {
                Some(role) => write!(f, "{} is a {role} of {namespace}.", change.account),
                None => write!(
                    f,
                    "{} is no member of {namespace} any more, and their keys sign nothing more.",
                    change.account
                ),
            },
            Statement::Rule(change) => {
                let switch = if change.two_person { "on" } else { "off" };
                write!(f, "The 2-person rule of {namespace} is {switch}.")
            }
            Statement::Publisher(change) => {
                let publisher = &change.publisher;
                let claims = publisher.claims.iter();
                let claims = claims.map(|(name, wanted)| format!("{name}={wanted}"));
                let claims: Vec<String> = claims.collect();
                let skills: Vec<&str> = publisher
                    .skills
                    .iter()
                    .map(|skill| skill.as_str())
                    .collect();
                let skills = match skills.is_empty() {
                    true => "every skill".to_owned(),
                    false => skills.join(", "),
                };
                write!(
                    f,
                    "{namespace} trusts {}: runs of {} with {} publish {skills}.",
                    change.id(),
                    publisher.issuer,
                    claims.join(", ")
                )
            }
        }
    }
}

/// Signs a statement and says it; or writes it down for a second owner.
///
/// # Errors
/// When the market does not take it.
pub async fn say(
    session: &Session<'_>,
    client: &Client,
    change: Statement,
    signs: &Signs,
) -> Result<Exit, Failure> {
    let app = session.app;
    let key = SigningKey::<Publisher>::new(keys::read(app, &signs.key)?);
    let signature = change.signature(&key).map_err(ClientError::from)?;
    if let Some(path) = &signs.for_second {
        return write_down(app, path, Half { change, signature });
    }
    let said = Said {
        first: Some(signature),
        second: None,
    };
    done(session, client, &change, said).await
}

/// `metier namespace cosign`
///
/// # Errors
/// [`Failure`].
pub fn run(app: &App, args: &Cosign) -> Result<Exit, Failure> {
    let text = given::file(&args.change, "The change", MAX_CHANGE)?;
    let half: Half = serde_json::from_str(&text).map_err(|_| {
        let shown = text::one_line(&args.change.display().to_string());
        Failure::usage(
            format!("`{shown}` is no change that an owner has signed."),
            "One is written with --for-second.",
        )
    })?;
    let key = SigningKey::<Publisher>::new(keys::read(app, &args.key)?);
    let session = Session::new(app, &args.place)?;
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let Half { change, signature } = half;
        let question = format!("Signed by {}: {change} Sign it too?", signature.by);
        session.ask(&question, "--yes")?;
        let second = change.signature(&key).map_err(ClientError::from)?;
        let said = Said {
            first: Some(signature),
            second: Some(second),
        };
        done(&session, &client, &change, said).await
    })
}

async fn done(
    session: &Session<'_>,
    client: &Client,
    change: &Statement,
    said: Said,
) -> Result<Exit, Failure> {
    let token = session.token(client).await?.token;
    let sent = change.send(client, &said, &token).await;
    sent.map_err(|error| match error {
        ClientError::Refused(fault) if fault.message.contains(NEEDS_SECOND) => {
            Fault::new(fault.code, fault.message.clone())
                .with_hint("Run it again with --for-second FILE, and let another owner run `metier namespace cosign FILE`.")
                .into()
        }
        other => Failure::from(other),
    })?;
    let words = format!("{change}{}", change.next(client));
    tell(session.app, &change.value(client, &said), &words)
}

fn write_down(app: &App, path: &Path, half: Half) -> Result<Exit, Failure> {
    let bytes = serde_json::to_vec_pretty(&half);
    let bytes = bytes
        .map_err(|error| Failure::from(Fault::new(Code::HostInternal, format!("{error}."))))?;
    let shown = text::one_line(&path.display().to_string());
    let written = write_file(path, &bytes);
    written.map_err(|error| Failure::unwritable(&format!("The change `{shown}`"), &error))?;
    let line = json!({"file": path, "signed-by": half.signature.by});
    let words = format!(
        "Not said yet: {} Give `{shown}` to another owner, who runs `metier namespace cosign {shown}`.",
        half.change
    );
    tell(app, &line, &words)
}
