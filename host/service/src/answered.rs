//! Answers that are given again: a request with an idempotency key is made once, and whoever repeats it hears what the first one heard.
//!
//! - A key is its caller's: others may use the same text. It stands for one request, its method, path and body; with another it is refused.
//! - While the first is under way, the others are told so. Should its host end in the middle, the key is free again when the request's time
//!   would have been over.
//! - What succeeded is remembered for two days, and so is a call of a tool that failed on its way: it may have done what it was to do, and is
//!   not made again under this key. What was refused did nothing, so its key is free at once.
//! - Requests are kept as digests. Answers may hold what is shown once, a key's text: they are sealed with what the caller sent to be let in,
//!   so that the store alone opens none of them. Whoever sends something else to be let in, as a new token, hears that it was done.

use std::time::Duration;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hmac,
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use metier_core::{Code, Digest, Fault};
use metier_store::{
    StoreError,
    types::{Expect, Key, Kind, Rev},
};
use serde::{Deserialize, Serialize};

use crate::{
    faults::of_store,
    identity::Caller,
    once::{REMEMBERED, check},
    records::name,
    service::Service,
};

/// What the catalog calls them.
const KIND: &str = "idempotent-answer";

/// Largest answer that is kept, in bytes. Of a larger one it is remembered that it was given.
pub const MAX_ANSWER: usize = 512 << 10;

/// Longer than any request takes beyond its time-out.
const LEEWAY: Duration = Duration::from_secs(30);

/// What a key stands for.
#[derive(Serialize, Deserialize)]
struct Claim {
    request: Digest,
    state: State,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    UnderWay,
    /// Sealed; nothing where it was too large.
    Done(Option<String>),
}

/// What a request with a key is.
pub enum Begun {
    /// The first: it has to be made.
    First(Ticket),
    /// A repetition: this is what the first one was answered.
    Again(Vec<u8>),
}

/// The right to answer for a key.
pub struct Ticket {
    entry: String,
    request: Digest,
    rev: Rev,
    seal: RandomizedNonceKey,
}

impl Service {
    /// Begins a request with a key. `secret` is what the caller was let in by, and `lasts` how long the request may take.
    ///
    /// # Errors
    /// `conflict` for a key that came with another request, or whose request is under way, or whose answer cannot be given again;
    /// `invalid-arguments` for what is no key.
    pub async fn begin_once(
        &self,
        caller: &Caller,
        key: &str,
        secret: &str,
        request: Digest,
        lasts: Duration,
    ) -> Result<Begun, Fault> {
        check(key)?;
        let named = format!("{}\n{}\n{key}", caller.tenant, caller.principal);
        let entry = Digest::of(named.as_bytes()).to_hex();
        let seal = seal(secret, &entry)?;
        let under_way = Claim {
            request,
            state: State::UnderWay,
        };
        let put = self
            .put_claim(&entry, Expect::Absent, Some(&under_way), lasts + LEEWAY)
            .await;
        match put {
            Ok(rev) => Ok(Begun::First(Ticket {
                entry,
                request,
                rev,
                seal,
            })),
            Err(Put::Taken) => self.again(&entry, &request, &seal).await.map(Begun::Again),
            Err(Put::Failed(fault)) => Err(fault),
        }
    }

    async fn again(
        &self,
        entry: &str,
        request: &Digest,
        seal: &RandomizedNonceKey,
    ) -> Result<Vec<u8>, Fault> {
        let found = self
            .store()
            .get(&name::<Kind>(KIND)?, &key_of(entry)?)
            .await;
        let found = found.map_err(|error| of_store(&error))?;
        let claim = found.and_then(|found| serde_json::from_slice::<Claim>(&found.value?).ok());
        // It came free in this very moment.
        let claim = claim.ok_or_else(under_way)?;
        if claim.request != *request {
            return Err(Fault::new(
                Code::Conflict,
                "The idempotency key came with another request before.",
            )
            .with_hint("Use a new key for a new request; repeat a request word for word.")
            .with_detail("idempotency", "other-request"));
        }
        match claim.state {
            State::UnderWay => Err(under_way()),
            State::Done(sealed) => {
                let opened = sealed.and_then(|sealed| open(seal, entry, &sealed));
                opened.ok_or_else(not_kept)
            }
        }
    }

    /// Remembers what a request was answered.
    pub async fn answer_once(&self, ticket: Ticket, answer: &[u8]) {
        let sealed = match answer.len() <= MAX_ANSWER {
            true => close(&ticket.seal, &ticket.entry, answer),
            false => None,
        };
        let done = Claim {
            request: ticket.request,
            state: State::Done(sealed),
        };
        self.end(ticket, Some(&done)).await;
    }

    /// Frees the key of a request that failed.
    pub async fn free_once(&self, ticket: Ticket) {
        self.end(ticket, None).await;
    }

    async fn end(&self, ticket: Ticket, claim: Option<&Claim>) {
        let expect = Expect::Rev(ticket.rev);
        let put = self.put_claim(&ticket.entry, expect, claim, REMEMBERED);
        if let Err(Put::Failed(fault)) = put.await {
            // It is under way for whoever repeats it, until its time is over.
            tracing::warn!(%fault, "what came of an idempotency key is not remembered");
        }
    }

    async fn put_claim(
        &self,
        entry: &str,
        expect: Expect,
        claim: Option<&Claim>,
        ttl: Duration,
    ) -> Result<Rev, Put> {
        let failed = |error: serde_json::Error| {
            Put::Failed(Fault::new(Code::HostInternal, error.to_string()))
        };
        let bytes = claim.map(serde_json::to_vec).transpose().map_err(failed)?;
        let kind = name::<Kind>(KIND).map_err(Put::Failed)?;
        let entry = key_of(entry).map_err(Put::Failed)?;
        let ttl = bytes.is_some().then_some(ttl);
        let put = self
            .store()
            .put(&kind, &entry, expect, bytes.as_deref(), ttl)
            .await;
        put.map_err(|error| match error {
            StoreError::Conflict { .. } => Put::Taken,
            error => Put::Failed(of_store(&error)),
        })
    }
}

enum Put {
    Taken,
    Failed(Fault),
}

fn key_of(entry: &str) -> Result<Key, Fault> {
    name(entry)
}

fn under_way() -> Fault {
    Fault::new(
        Code::Conflict,
        "A request with this idempotency key is under way.",
    )
    .with_hint("Repeat it in a moment: it is answered as the first one then.")
    .with_retry_after(Duration::from_secs(1))
    .with_detail("idempotency", "under-way")
}

fn not_kept() -> Fault {
    Fault::new(
        Code::Conflict,
        "The request with this idempotency key was made, and its answer cannot be given again.",
    )
    .with_hint(
        "Look whether what it made is there. Answers are given again to the same key or token only, and when they are not too large.",
    )
    .with_detail("idempotency", "answer-not-kept")
}

/// Nobody who has not got the secret opens what this seals.
fn seal(secret: &str, entry: &str) -> Result<RandomizedNonceKey, Fault> {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let key = hmac::sign(
        &secret,
        format!("metier idempotent answer\n{entry}").as_bytes(),
    );
    let seal = RandomizedNonceKey::new(&AES_256_GCM, key.as_ref());
    seal.map_err(|_| Fault::new(Code::HostInternal, "Answers cannot be sealed."))
}

fn close(seal: &RandomizedNonceKey, entry: &str, answer: &[u8]) -> Option<String> {
    let mut sealed = answer.to_vec();
    let nonce = seal
        .seal_in_place_append_tag(Aad::from(entry), &mut sealed)
        .ok()?;
    let whole = [nonce.as_ref().as_slice(), &sealed].concat();
    Some(STANDARD_NO_PAD.encode(whole))
}

fn open(seal: &RandomizedNonceKey, entry: &str, text: &str) -> Option<Vec<u8>> {
    let mut whole = STANDARD_NO_PAD.decode(text).ok()?;
    let (nonce, sealed) = whole.split_at_mut_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let opened = seal.open_in_place(nonce, Aad::from(entry), sealed);
    Some(opened.ok()?.to_vec())
}
