//! What must not go backwards: the log, the revocation list, the first keys of namespaces, and their histories.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use metier_core::Digest;

use super::{
    Client, ClientError, Kept,
    http::{PATIENCE, Request, json, not_json},
    market::within,
};
use crate::{
    fixtures::Moment,
    log::{Consistency, LogFault, Witness},
    receipt::Proven,
    revoked::{Accepted, List, ListRefused, MAX_FILE, Seen},
    state::Namespace,
    trust::{KeyHint, TrustRoot},
};

const WITNESS: &str = "log.json";
const REVOKED_SEEN: &str = "revoked-seen.json";
const REVOKED: &str = "revocations.json";
const FIRST_KEYS: &str = "first-keys.json";
const HISTORIES: &str = "histories.json";

/// Largest checkpoint and largest proof, in bytes.
const MAX_SMALL: usize = 64 << 10;

/// How often a proof is asked for anew because the log grew between two answers.
const TRIES: usize = 4;

/// What somebody says about a namespace whose keys begin anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstKey {
    /// Only those that go back to what is remembered.
    #[default]
    Remembered,
    /// Also this one: somebody looked.
    Accepted(KeyHint),
}

impl Client {
    /// The log as it was seen last; nothing before the first time.
    pub fn witness(&self) -> Option<Witness> {
        let seen: Option<Witness> = self.kept.read_json(WITNESS);
        seen.filter(|witness| witness.log() == &self.root.log)
    }

    /// Looks at the log: it may only have grown. What was seen is kept.
    ///
    /// # Errors
    /// When it shows another past, or cannot be asked.
    pub async fn advance(&self) -> Result<Witness, ClientError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.advance_once().await {
                // Somebody published in between.
                Err(ClientError::Log(LogFault::Unproven { .. })) if tries < TRIES => {}
                ended => return ended,
            }
        }
    }

    async fn advance_once(&self) -> Result<Witness, ClientError> {
        let note = self.read(Request::get("log/checkpoint"), MAX_SMALL).await?;
        let Some(seen) = self.witness() else {
            return self.remember(Witness::first(&self.root.log, &note)?);
        };
        let advanced = match seen.advance(&note, None) {
            Err(LogFault::Unproven { .. }) => {
                let path = format!("log/consistency?from={}", seen.size());
                let bytes = self.read(Request::get(&path), MAX_SMALL).await?;
                let proof: Consistency = json(&path, &bytes)?;
                seen.advance(&note, Some(&proof))?
            }
            other => other?,
        };
        self.remember(advanced)
    }

    /// Two installs at once: the larger one stays, whoever comes last.
    fn remember(&self, witness: Witness) -> Result<Witness, ClientError> {
        let _held = self.kept.hold()?;
        let other = self.witness().filter(|other| other.size() > witness.size());
        if other.is_none() {
            self.kept.write_json(WITNESS, &witness)?;
        }
        Ok(witness)
    }

    /// The revocation list, which is never older than one that was seen.
    ///
    /// # Errors
    /// When it cannot be had or is not taken.
    pub async fn revocations(&self, now: Moment) -> Result<Accepted, ClientError> {
        let file = self.list_file().await?;
        let _held = self.kept.hold()?;
        let mut seen: Seen = self.kept.read_json(REVOKED_SEEN).unwrap_or_default();
        let accepted = seen.accept(&file, &self.root.revocation, now)?;
        self.kept.write(REVOKED, &file)?;
        self.kept.write_json(REVOKED_SEEN, &seen)?;
        Ok(accepted)
    }

    /// The file of the list: what is kept, where the market says that it is still that.
    async fn list_file(&self) -> Result<Vec<u8>, ClientError> {
        let path = "revocations";
        let kept = self.kept.read(REVOKED);
        // A list's tag is the digest of its file.
        let tag = |kept: &Vec<u8>| format!("\"{}\"", Digest::of(kept));
        let request = Request {
            etag: kept.as_ref().map(tag),
            ..Request::get(path)
        };
        let answer = self.ask(request).await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return kept.ok_or_else(|| not_json(path, b"", "nobody said that it is known"));
        }
        within(PATIENCE, path, answer.whole(path, MAX_FILE)).await
    }

    /// Remembers what a receipt shows of a namespace's history, and notices when less of it comes: a market that leaves a leaf out hides what it
    /// says, that somebody was removed, or that two have to sign.
    pub(super) fn check_history(&self, proven: &Proven) -> Result<(), ClientError> {
        let _held = self.kept.hold()?;
        check_known_history(&self.kept, proven)?;
        let mut all = histories(&self.kept);
        let namespace = Namespace::of(&proven.publication.name);
        let known = all.entry(namespace).or_default();
        if known.len() >= proven.history.len() {
            return Ok(());
        }
        known.clone_from(&proven.history);
        self.kept.write_json(HISTORIES, &all)
    }

    /// Remembers the first key of a namespace, and notices when one comes that nobody of before vouches for.
    pub(super) fn check_first_key(
        &self,
        proven: &Proven,
        said: FirstKey,
    ) -> Result<(), ClientError> {
        let _held = self.kept.hold()?;
        match is_known_key(&self.kept, proven) {
            Ok(true) => return Ok(()),
            Err(_) if said == FirstKey::Accepted(proven.first_key) => {}
            Err(error) => return Err(error),
            Ok(false) => {}
        }
        let mut keys = first_keys(&self.kept);
        keys.insert(Namespace::of(&proven.publication.name), proven.first_key);
        self.kept.write_json(FIRST_KEYS, &keys)
    }
}

fn histories(kept: &Kept) -> BTreeMap<Namespace, Vec<u64>> {
    kept.read_json(HISTORIES).unwrap_or_default()
}

/// Whether a receipt shows every leaf of the namespace's history that is known and was in the log by then. Nothing is remembered.
pub(super) fn check_known_history(kept: &Kept, proven: &Proven) -> Result<(), ClientError> {
    let namespace = Namespace::of(&proven.publication.name);
    let known = histories(kept).remove(&namespace).unwrap_or_default();
    let known = known.into_iter().filter(|leaf| *leaf < proven.size);
    let shown: BTreeSet<u64> = proven.history.iter().copied().collect();
    match known.into_iter().find(|leaf| !shown.contains(leaf)) {
        None => Ok(()),
        Some(leaf) => {
            let namespace = namespace.to_string();
            Err(ClientError::LessHistory { namespace, leaf })
        }
    }
}

fn first_keys(kept: &Kept) -> BTreeMap<Namespace, KeyHint> {
    kept.read_json(FIRST_KEYS).unwrap_or_default()
}

/// Whether the namespace's first key is known; that it is another one is an error. Nothing is remembered.
pub(super) fn is_known_key(kept: &Kept, proven: &Proven) -> Result<bool, ClientError> {
    let namespace = Namespace::of(&proven.publication.name);
    match first_keys(kept).get(&namespace) {
        None => Ok(false),
        Some(known) if *known == proven.first_key => Ok(true),
        Some(known) => Err(ClientError::OtherFirstKey {
            namespace: namespace.to_string(),
            known: *known,
            found: proven.first_key,
        }),
    }
}

/// The list of revocations that was taken last; nothing where none ever was.
///
/// # Errors
/// When it was changed since.
pub(super) fn remembered_list(
    kept: &Kept,
    root: &TrustRoot,
    now: Moment,
) -> Result<Option<List>, ClientError> {
    let Some(file) = kept.read_list(REVOKED) else {
        return Ok(None);
    };
    let accept = |now| Seen::default().accept(&file, &root.revocation, now);
    let accepted = match accept(now) {
        // It was taken when this machine's clock said otherwise: what it revokes is revoked all the same.
        Err(ListRefused::FromTheFuture { issued, .. }) => accept(issued),
        other => other,
    };
    Ok(Some(accepted?.list().clone()))
}
