//! `metier verify`: whether a file, or a version in a market, is what the market's log says; and what of that could not be found out.

use std::path::{Path, PathBuf};

use metier_core::{Code, Fault};
use metier_market::{
    client::{Ask, Client, ClientError, FirstKey, Known, Vouched, check_revoked},
    consent::Contents,
    index::Requirement,
    kind::Kind,
    receipt::{MAX_RECEIPT, Proven, Receipt},
    revoked::List,
};
use serde_json::json;

use super::{
    account::tell,
    agents,
    find::{Wanted, look},
    publish::contents,
    session::{Session, now},
};
use crate::{
    args::market_client::Verify,
    commands::{self, App, pack, skill_file},
    errors::{Failure, sentence},
    exit::Exit,
    printer::Format,
    text,
};

/// Verifies.
///
/// # Errors
/// [`Failure`] when it is not what it should be, or when the market could not say whether it is revoked and was not just out of reach.
pub fn run(app: &App, args: &Verify) -> Result<Exit, Failure> {
    let session = Session::new(app, &args.place)?;
    let path = Path::new(&args.what);
    commands::runtime()?.block_on(async {
        let verified = match path.is_file() {
            true if agents::is_package(path) => {
                agents::verify(&session, path, args.receipt.as_deref()).await?
            }
            true => file(&session, path, args.receipt.as_deref()).await?,
            false => version(&session, &args.what).await?,
        };
        say(app, &verified)?;
        match verified.failed {
            Some(failure) => Err(failure),
            None => Ok(Exit::Ok),
        }
    })
}

/// What was found out, and what was not.
pub(super) struct Verified {
    pub(super) proven: Proven,
    pub(super) checked: Vec<String>,
    unchecked: Vec<String>,
    /// Why something was not, where that is more than that nobody could be reached.
    failed: Option<Failure>,
}

impl Verified {
    pub(super) fn of(proven: Proven) -> Self {
        let reviewed = format!(
            "the market's review by the rules of {}",
            proven.review.rules
        );
        let log = format!("leaf {} in a log of {}", proven.index, proven.size);
        Verified {
            proven,
            checked: vec!["the publisher's signature".to_owned(), reviewed, log],
            unchecked: Vec::new(),
            failed: None,
        }
    }

    /// By a receipt, the first keys that are remembered, and the list that was taken last.
    pub(super) fn offline(vouched: Vouched) -> Self {
        let mut verified = Verified::of(vouched.proven);
        match vouched.first_key_known {
            true => verified.checked.push(SAME_KEY.to_owned()),
            false => verified.unchecked.push(format!(
                "whether {} is the publisher's first key: nothing of `{}` was installed here before",
                verified.proven.first_key,
                verified.proven.publication.name.namespace()
            )),
        }
        if let Some(list) = &vouched.list {
            verified.against(list);
        }
        verified
    }

    fn against(&mut self, list: &List) {
        let issued = list.issued();
        self.checked
            .push(format!("the revocation list of {issued}"));
    }
}

async fn version(session: &Session<'_>, what: &str) -> Result<Verified, Failure> {
    let requirement = what.parse::<Requirement>().map_err(|error| {
        Failure::usage(
            sentence(&error.to_string()),
            "Name a file that is there, or NAME[@REQ].",
        )
    })?;
    let locked = None;
    let wanted = Wanted {
        requirement,
        locked,
    };
    let looked = look(session, wanted).await?;
    let seen = looked.seen.clone();
    let mut verified = match looked.line.kind {
        Kind::Agent => agents::verified(session, looked).await?,
        Kind::Skill => Verified::of(looked.fetch(FirstKey::Remembered).await?.fetched.proven),
    };
    verified.checked.push(SAME_KEY.to_owned());
    verified.against(&seen.list);
    Ok(verified)
}

const SAME_KEY: &str = "the namespace's first key, which is the one known here";

/// With a receipt it needs no network: what was revoked since is asked for, and that nobody could be asked is said.
async fn file(
    session: &Session<'_>,
    path: &Path,
    receipt: Option<&Path>,
) -> Result<Verified, Failure> {
    let component = skill_file::read(path)?;
    let contents = contents(&component)?;
    let client = session.market_of(contents.name()).await?;
    let beside = beside(path);
    let receipt = match receipt {
        Some(receipt) => Some(pack::read(receipt, MAX_RECEIPT as u64)?),
        None if beside.is_file() => Some(pack::read(&beside, MAX_RECEIPT as u64)?),
        None => client.kept_receipt(contents.component()),
    };
    let mut verified = match receipt {
        Some(receipt) => offline(&client, &receipt, &contents)?,
        None => online(&client, &contents).await?,
    };
    let check = |list: &List| check_revoked(list, &contents);
    revoked_since(session, &client, &check, &mut verified).await?;
    Ok(verified)
}

fn offline(client: &Client, receipt: &[u8], contents: &Contents) -> Result<Verified, Failure> {
    let receipt = Receipt::read(receipt).map_err(|error| error.fault())?;
    let known = Known::new(client.root().clone(), client.kept().clone());
    let vouched = known.vouch(&receipt, contents, now())?;
    Ok(Verified::offline(vouched))
}

/// Without a receipt the market is asked for it.
async fn online(client: &Client, contents: &Contents) -> Result<Verified, Failure> {
    let (witness, index) = tokio::join!(
        client.advance(),
        client.index(contents.name(), Ask::WhenCold)
    );
    let (witness, index) = (witness?, index?);
    let mut lines = index.lines().iter();
    let line = lines.rfind(|line| line.component == *contents.component());
    let line = line.ok_or_else(|| unknown(contents))?;
    let fetched = client.fetch(line, &witness, FirstKey::Remembered).await?;
    let mut verified = Verified::of(fetched.proven);
    verified.checked.push(SAME_KEY.to_owned());
    Ok(verified)
}

/// What was revoked by now. A market out of reach is what `verify` without a network is for; one that answers wrongly is not.
pub(super) async fn revoked_since(
    session: &Session<'_>,
    client: &Client,
    check: &dyn Fn(&List) -> Result<(), ClientError>,
    verified: &mut Verified,
) -> Result<(), Failure> {
    let error = match client.revocations(now()).await {
        Ok(accepted) => {
            let list = session.fresh(accepted);
            check(&list)?;
            verified
                .checked
                .retain(|checked| !checked.starts_with("the revocation list"));
            verified.against(&list);
            return Ok(());
        }
        Err(error) => error,
    };
    let unchecked = format!("what was revoked since: {error}");
    verified.unchecked.push(text::one_line(&unchecked));
    if !matches!(error, ClientError::Unreachable { .. }) {
        verified.failed = Some(error.into());
    }
    Ok(())
}

fn unknown(contents: &Contents) -> Failure {
    let message = format!(
        "The market has {}, and no version of it is this file.",
        contents.name()
    );
    Fault::new(Code::SkillUnverified, message)
        .with_hint("Do not use it unless you built it yourself.")
        .into()
}

/// `salesforce.receipt.json` beside `salesforce.wasm`.
pub fn beside(path: &Path) -> PathBuf {
    path.with_extension("receipt.json")
}

fn say(app: &App, verified: &Verified) -> Result<(), Failure> {
    let proven = &verified.proven;
    let publication = &proven.publication;
    let line = json!({
        "name": publication.name,
        "version": publication.version,
        "component": publication.digest,
        "key": publication.key,
        "run": publication.run,
        "first-key": proven.first_key,
        "recovered": proven.recovered,
        "published": proven.at,
        "leaf": proven.index,
        "checked": verified.checked,
        "not-checked": verified.unchecked,
    });
    let by = match &publication.run {
        Some(run) => format!("{}, as the market saw it", text::one_line(&run.words())),
        None => format!("the key {}", publication.key),
    };
    let words = format!(
        "{} {} as published at {} by {by}: leaf {} of a log of {}.",
        publication.name, publication.version, proven.at, proven.index, proven.size
    );
    if proven.recovered {
        app.printer.warn(&format!(
            "`{}` lost all its keys once: no earlier key vouches for {}. Ask the publisher elsewhere whether it is theirs.",
            publication.name.namespace(),
            proven.first_key
        ));
    }
    tell(app, &line, &words)?;
    if app.printer.format == Format::Human {
        for checked in &verified.checked {
            app.printer
                .note(&format!("  checked: {}", text::one_line(checked)));
        }
        for unchecked in &verified.unchecked {
            app.printer.warn(&format!("not checked: {unchecked}"));
        }
    }
    Ok(())
}
