//! A market that is trusted, and the way to it.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use metier_core::Digest;
use tokio::time::timeout;

use super::{
    ClientError, Kept,
    http::{Answer, Broken, Http, PATIENCE, Request, refused},
};
use crate::{
    index::{Address, Market},
    trust::{RootError, TrustRoot},
};

/// The file of the trust root, in the market's folder and in a mirror.
pub const ROOT_FILE: &str = "market.toml";

/// Where a market shows its trust root.
pub const ROOT_PATH: &str = ".well-known/metier-market.toml";

/// Largest trust root, in bytes.
const MAX_ROOT: usize = 64 << 10;

/// A market, by its trust root.
#[derive(Clone)]
pub struct Client {
    pub(super) http: Arc<dyn Http>,
    pub(super) root: Arc<TrustRoot>,
    pub(super) kept: Kept,
    market: Market,
}

/// A trust root that nobody said yes to yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// What it shows.
    pub root: TrustRoot,
    /// What to compare with what the operator publishes.
    pub fingerprint: Digest,
}

/// The digest of the file, by which two people compare what they see.
pub fn fingerprint(root: &TrustRoot) -> Digest {
    Digest::of(root.to_toml().as_bytes())
}

/// The trust root that is kept of a market.
///
/// # Errors
/// When it was damaged.
pub fn trusted(kept: &Kept) -> Result<Option<TrustRoot>, ClientError> {
    let Some(bytes) = kept.read(ROOT_FILE) else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map_err(|_| RootError::Shape("it is no text".into()))?;
    Ok(Some(TrustRoot::from_toml(&text)?))
}

/// Asks a market for its trust root, which nobody has to believe.
///
/// # Errors
/// When it has none, or one of another address.
pub async fn meet(http: &dyn Http, address: &Address) -> Result<Stranger, ClientError> {
    let bytes = read(http, address, Request::get(ROOT_PATH), MAX_ROOT).await?;
    let text = String::from_utf8(bytes)
        .map_err(|_| super::http::not_json(ROOT_PATH, b"", "it is no text"))?;
    if text.trim_start().starts_with('<') {
        return Err(super::http::not_json(ROOT_PATH, text.as_bytes(), ""));
    }
    let root = TrustRoot::from_toml(&text)?;
    let said: Address = root.address.as_str().parse()?;
    if said != *address {
        return Err(ClientError::Elsewhere {
            asked: address.to_string(),
            said: said.to_string(),
        });
    }
    let fingerprint = fingerprint(&root);
    Ok(Stranger { root, fingerprint })
}

/// Keeps a trust root that somebody said yes to. It is never replaced.
///
/// # Errors
/// The disk's; when another one is trusted already.
pub fn trust(kept: &Kept, stranger: &Stranger) -> Result<(), ClientError> {
    let _held = kept.hold()?;
    match trusted(kept)? {
        Some(known) if known == stranger.root => Ok(()),
        Some(known) => Err(ClientError::OtherKeys {
            address: known.address.to_string(),
            trusted: fingerprint(&known),
            found: stranger.fingerprint,
        }),
        None => kept.write(ROOT_FILE, stranger.root.to_toml().as_bytes()),
    }
}

impl Client {
    /// A market that is trusted.
    ///
    /// # Errors
    /// When its address or its origin is none.
    pub fn new(http: Arc<dyn Http>, root: TrustRoot, kept: Kept) -> Result<Self, ClientError> {
        let market = Market {
            address: root.address.as_str().parse()?,
            origin: root.log.name().parse()?,
        };
        Ok(Client {
            http,
            root: Arc::new(root),
            kept,
            market,
        })
    }

    /// Which market, as locks name it.
    pub fn market(&self) -> &Market {
        &self.market
    }

    /// Its keys.
    pub fn root(&self) -> &TrustRoot {
        &self.root
    }

    /// What is kept of it.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Asks, and gives back an answer that is none of failure.
    pub(super) async fn ask(&self, request: Request) -> Result<Answer, ClientError> {
        ask(&*self.http, &self.market.address, request).await
    }

    /// Asks for something of at most so many bytes.
    pub(super) async fn read(&self, request: Request, most: usize) -> Result<Vec<u8>, ClientError> {
        read(&*self.http, &self.market.address, request, most).await
    }
}

async fn ask(http: &dyn Http, address: &Address, request: Request) -> Result<Answer, ClientError> {
    let path = request.path.clone();
    let answer = timeout(PATIENCE, http.ask(request)).await;
    let answer = answer.map_err(|_| ClientError::Slow(path.clone()))?;
    let answer = answer.map_err(|Broken(why)| ClientError::Unreachable {
        address: address.to_string(),
        why,
    })?;
    match answer.status {
        status if status.is_success() || status == StatusCode::NOT_MODIFIED => Ok(answer),
        _ => Err(within(PATIENCE, &path, async { Ok(refused(answer, &path).await) }).await?),
    }
}

async fn read(
    http: &dyn Http,
    address: &Address,
    request: Request,
    most: usize,
) -> Result<Vec<u8>, ClientError> {
    let path = request.path.clone();
    let answer = ask(http, address, request).await?;
    within(PATIENCE, &path, answer.whole(&path, most)).await
}

/// Whatever it is, it has an end.
pub(super) async fn within<T>(
    patience: Duration,
    path: &str,
    work: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, ClientError> {
    let ended = timeout(patience, work).await;
    ended.map_err(|_| ClientError::Slow(path.to_owned()))?
}
