//! `metier publish review.toml`: pins each skill, packs the file with what it reads, and hands it over like a skill.
//!
//! A skill's name is what its table says, or what the file beside the definition calls itself. Its version is that of `metier.lock` where the
//! table allows it, or the newest of the market that it allows.

use std::{collections::BTreeMap, path::Path};

use metier_agent::definition::{Name, SkillUse, Terms};
use metier_core::{Code, Digest, Fault, SkillName};
use metier_market::{
    agent::{Package, PackageError, Pin, pinned},
    client::Ask,
    consent::Contents,
    index::{Lock, Requirement},
};
use semver::VersionReq;

use crate::{
    args::market_client::Publish,
    commands::{
        self, App,
        market::{
            find::{Wanted, look},
            lock,
            publish::hand_over,
            session::Session,
        },
        runs::begin,
        skill_file,
    },
    errors::{Failure, sentence},
    exit::Exit,
};

/// Publishes an agent or a chain.
///
/// # Errors
/// [`Failure`]; nothing is published then.
pub fn publish(app: &App, args: &Publish) -> Result<Exit, Failure> {
    let file = args.what.as_path();
    let whole = begin::whole(file)?;
    let terms = whole.definition.terms();
    let namespace = namespace(args, terms)?;
    let session = Session::new(app, &args.place)?;
    commands::runtime()?.block_on(async {
        let pinning = Pinning {
            session: &session,
            folder: file.parent().unwrap_or(Path::new("")),
            lock: lock::read(&session.markets().await?)?,
        };
        let mut pins = BTreeMap::new();
        for (alias, using) in &terms.skills {
            let pin = pinning.pin(alias, using).await?;
            app.printer.note(&format!(
                "`{}` is pinned to {} {}.",
                alias.as_str(),
                pin.name,
                pin.version
            ));
            pins.insert(alias.clone(), pin);
        }
        let text = pinned(&whole.text, &namespace, &pins).map_err(|error| unpackable(&error))?;
        let packed = Package::of_parts(text, whole.files);
        let (package, bytes) = packed.map_err(|error| unpackable(&error))?;
        hand_over(&session, args, &bytes, &package).await
    })
}

fn namespace(args: &Publish, terms: &Terms) -> Result<String, Failure> {
    let told = args.namespace.as_ref().map(|namespace| namespace.as_str());
    match (told, terms.namespace.as_deref()) {
        (Some(told), Some(written)) if told != written => Err(Failure::usage(
            format!("The file says it is {written}'s, and not {told}'s."),
            "Leave out --namespace, or change the file.",
        )),
        (Some(namespace), _) | (None, Some(namespace)) => Ok(namespace.to_owned()),
        (None, None) => Err(Failure::usage(
            "Nobody says whose the agent is.",
            "Write `namespace = \"com.acme\"` under [agent] or [chain], or say it with --namespace.",
        )),
    }
}

fn unpackable(error: &PackageError) -> Failure {
    Fault::new(Code::InvalidArguments, sentence(&error.to_string()))
        .with_hint("docs/guides/market.md says what an agent has to be to be shipped.")
        .into()
}

struct Pinning<'s> {
    session: &'s Session<'s>,
    folder: &'s Path,
    lock: Lock,
}

impl Pinning<'_> {
    async fn pin(&self, alias: &Name, using: &SkillUse) -> Result<Pin, Failure> {
        let beside = self.beside(using);
        let own = beside.as_ref().map(Contents::name);
        let name = using.name.as_ref().or(own);
        let name = name.ok_or_else(|| nameless(alias))?;
        let pin = match self.locked(name, using) {
            Some(pin) => pin,
            None => self.newest(name, using).await?,
        };
        if let Some(wanted) = using.digest.filter(|wanted| *wanted != pin.digest) {
            return Err(other_digest(alias, &pin, &wanted));
        }
        if let Some(tried) = beside.filter(|tried| *tried.component() != pin.digest) {
            self.session.app.printer.warn(&format!(
                "the file of `{}` beside the definition is {} {}, and {} is pinned: try the agent with that",
                alias.as_str(),
                tried.name(),
                tried.version(),
                pin.version
            ));
        }
        Ok(pin)
    }

    /// The skill's file, if it is there.
    fn beside(&self, using: &SkillUse) -> Option<Contents> {
        let bytes = skill_file::read(&self.folder.join(&using.file)).ok()?;
        Contents::of_file(&bytes).ok()
    }

    fn locked(&self, name: &SkillName, using: &SkillUse) -> Option<Pin> {
        let locked = self.lock.get(name)?;
        let allowed = using.version.as_ref();
        let fits = allowed.is_none_or(|allowed| allowed.matches(&locked.version));
        fits.then(|| Pin {
            name: name.clone(),
            version: locked.version.clone(),
            digest: locked.component,
        })
    }

    async fn newest(&self, name: &SkillName, using: &SkillUse) -> Result<Pin, Failure> {
        let client = self.session.market_of(name).await?;
        // The market may have it since a moment: it is the publisher's own, or was named to be pinned.
        client.index(name, Ask::Always).await?;
        let requirement = Requirement {
            name: name.clone(),
            versions: using.version.clone().unwrap_or(VersionReq::STAR),
        };
        let locked = None;
        let wanted = Wanted {
            requirement,
            locked,
        };
        let looked = look(self.session, wanted).await?;
        Ok(Pin {
            name: name.clone(),
            version: looked.line.vers,
            digest: looked.line.component,
        })
    }
}

fn nameless(alias: &Name) -> Failure {
    let alias = alias.as_str();
    Failure::usage(
        format!("Nobody says which skill `{alias}` is."),
        format!(
            "Write `name = \"com.acme/salesforce\"` under [skills.{alias}], or put its file where the definition says it is."
        ),
    )
}

fn other_digest(alias: &Name, pin: &Pin, wanted: &Digest) -> Failure {
    let message = format!(
        "The definition says that `{}` is {wanted}, and {} {} is {}.",
        alias.as_str(),
        pin.name,
        pin.version,
        pin.digest
    );
    Fault::new(Code::InvalidArguments, message)
        .with_hint("Take `digest` out of its table, or name the version that it is.")
        .into()
}
