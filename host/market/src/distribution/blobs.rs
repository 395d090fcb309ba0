//! Blobs of a registry.

use async_trait::async_trait;
use http::{Method, StatusCode, header};
use metier_core::Digest;
use url::Url;

use super::{
    Remote, Result, auth,
    remote::{Ask, text},
};
use crate::client::{Answer, Broken, Request};

/// Bytes of a piece that is sent at once.
const PIECE: u64 = 8 << 20;

/// How often a registry may send somewhere else for a blob.
const MAX_REDIRECTS: usize = 3;

const OCTETS: &str = "application/octet-stream";

/// Bytes that are there, whole.
#[async_trait]
pub trait Whole: Send + Sync {
    /// How many.
    fn size(&self) -> u64;

    /// So many of them from one on.
    ///
    /// # Errors
    /// Why they cannot be read, in words.
    async fn piece(&self, from: u64, length: usize) -> Result<Vec<u8>, String>;
}

#[async_trait]
impl Whole for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    async fn piece(&self, from: u64, length: usize) -> Result<Vec<u8>, String> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let piece = self.get(from..from.saturating_add(length));
        piece
            .map(<[u8]>::to_vec)
            .ok_or_else(|| "it is shorter".to_owned())
    }
}

/// A blob on its way here.
pub struct Blob {
    /// How many bytes it has, as the registry says.
    pub size: u64,
    /// Where its body begins: what was asked for, or the beginning.
    pub from: u64,
    /// The body.
    pub answer: Answer,
}

impl Remote {
    /// How many bytes a blob has, as the registry says; nothing where it is not there.
    ///
    /// # Errors
    /// The registry's.
    pub async fn blob_size(&self, repository: &str, digest: &Digest) -> Result<Option<u64>> {
        let rest = format!("blobs/{digest}");
        let ask = Ask::of("look at a blob", Method::HEAD, repository, &rest);
        let what = ask.what;
        let answer = self.elsewhere(ask).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::OK => Ok(Some(self.length(&answer)?)),
            _ => Err(self.refused(what, answer).await),
        }
    }

    /// A blob from a byte on, at most so many bytes; nothing where it is not there. All of it may come all the same.
    ///
    /// # Errors
    /// The registry's.
    pub async fn blob(
        &self,
        repository: &str,
        digest: &Digest,
        part: Option<(u64, u64)>,
    ) -> Result<Option<Blob>> {
        let rest = format!("blobs/{digest}");
        let mut ask = Ask::of("read a blob", Method::GET, repository, &rest);
        let what = ask.what;
        if let Some((from, length)) = part {
            let last = from.saturating_add(length).saturating_sub(1);
            ask = ask.with(header::RANGE, &format!("bytes={from}-{last}"));
        }
        let answer = self.elsewhere(ask).await?;
        let (size, from) = match answer.status {
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::OK => (self.length(&answer)?, 0),
            StatusCode::PARTIAL_CONTENT => {
                let told = text(&answer.headers, header::CONTENT_RANGE).and_then(range);
                told.ok_or_else(|| self.shape("a part of a blob without its range"))?
            }
            _ => return Err(self.refused(what, answer).await),
        };
        Ok(Some(Blob { size, from, answer }))
    }

    /// Sends a blob, piece by piece.
    ///
    /// # Errors
    /// The registry's. It has nothing of it then.
    pub async fn push_blob(
        &self,
        repository: &str,
        digest: &Digest,
        bytes: &dyn Whole,
    ) -> Result<()> {
        let begin = Ask::of("begin a blob", Method::POST, repository, "blobs/uploads/");
        let what = begin.what;
        let mut answer = self.ask(begin.with(header::CONTENT_LENGTH, "0")).await?;
        if answer.status != StatusCode::ACCEPTED {
            return Err(self.refused(what, answer).await);
        }
        let mut path = self.next(&answer)?;
        let (size, mut sent) = (bytes.size(), 0);
        while sent < size {
            let length = usize::try_from((size - sent).min(PIECE)).unwrap_or_default();
            let piece = bytes.piece(sent, length).await;
            let piece = piece.map_err(super::RemoteError::Here)?;
            let last = sent + length as u64 - 1;
            let ask = upload("send a blob", Method::PATCH, repository, &path, piece);
            let ask = ask.with(header::CONTENT_RANGE, &format!("{sent}-{last}"));
            let what = ask.what;
            answer = self.ask(ask).await?;
            if answer.status != StatusCode::ACCEPTED {
                return Err(self.refused(what, answer).await);
            }
            path = self.next(&answer)?;
            sent = last + 1;
        }
        let joint = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{joint}digest={digest}");
        let ask = upload("end a blob", Method::PUT, repository, &path, Vec::new());
        let what = ask.what;
        let answer = self.ask(ask).await?;
        match answer.status {
            StatusCode::CREATED | StatusCode::NO_CONTENT => self.same(&answer, digest),
            _ => Err(self.refused(what, answer).await),
        }
    }

    /// Unlinks a blob, as far as the registry does that.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn forget_blob(&self, repository: &str, digest: &Digest) -> Result<()> {
        let rest = format!("blobs/{digest}");
        let ask = Ask::of("remove a blob", Method::DELETE, repository, &rest);
        self.ask(ask).await.map(drop)
    }

    /// Where the registry said it has something else than was said to it.
    pub(super) fn same(&self, answer: &Answer, digest: &Digest) -> Result<()> {
        let told = text(&answer.headers, "docker-content-digest");
        match told.map(str::parse::<Digest>) {
            None => Ok(()),
            Some(Ok(told)) if told == *digest => Ok(()),
            Some(Ok(found)) => Err(super::RemoteError::OtherBytes {
                registry: self.address.to_string(),
                wanted: *digest,
                found,
            }),
            Some(Err(_)) => Err(self.shape("its digest is none")),
        }
    }

    /// Follows where the registry sends for a blob, without what opens the registry.
    async fn elsewhere(&self, ask: Ask) -> Result<Answer> {
        let request = ask.request.clone();
        let mut at: Option<Url> = None;
        let mut answer = self.ask(ask).await?;
        for _ in 0..MAX_REDIRECTS {
            if !answer.status.is_redirection() {
                return Ok(answer);
            }
            let to = text(&answer.headers, header::LOCATION).unwrap_or_default();
            let wrong = || self.shape("it sends elsewhere, and not over https");
            let to = match &at {
                Some(at) => at.join(to),
                None => self.base()?.join(to),
            };
            let to = to.map_err(|_| wrong())?;
            let (network, path) = auth::line(&to).ok_or_else(wrong)?;
            let network = network.map_err(|Broken(why)| self.away(&why))?;
            let request = Request {
                path,
                ..request.clone()
            };
            answer = self.through(&network, request).await?;
            at = Some(to);
        }
        match answer.status.is_redirection() {
            true => Err(self.shape("it sends elsewhere without end")),
            false => Ok(answer),
        }
    }

    fn base(&self) -> Result<Url> {
        let base = Url::parse(self.address.origin.as_str());
        base.map_err(|_| self.shape("it has no address"))
    }

    /// Where the next piece goes: to the same registry.
    fn next(&self, answer: &Answer) -> Result<String> {
        let told = text(&answer.headers, header::LOCATION);
        let told = told.ok_or_else(|| self.shape("it does not say where the next piece goes"))?;
        let base = self.base()?;
        let to = base.join(told);
        let to = to.map_err(|_| self.shape("where the next piece goes is no address"))?;
        if to.origin() != base.origin() {
            let why = format!(
                "it wants the next piece at {}: tell it what it is called from here",
                metier_core::ids::shown(&to.origin().ascii_serialization())
            );
            return Err(self.shape(why));
        }
        let path = to.path().trim_start_matches('/');
        Ok(match to.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        })
    }

    fn length(&self, answer: &Answer) -> Result<u64> {
        let told = text(&answer.headers, header::CONTENT_LENGTH);
        let told = told.and_then(|told| told.parse().ok());
        told.ok_or_else(|| self.shape("a blob without its length"))
    }
}

fn upload(what: &'static str, method: Method, repository: &str, path: &str, piece: Vec<u8>) -> Ask {
    let mut ask = Ask::of(what, method, repository, "");
    ask.request.path = path.to_owned();
    let length = piece.len().to_string();
    ask.request.body = Some((OCTETS, piece.into()));
    ask.with(header::CONTENT_LENGTH, &length)
}

/// All bytes there are, and the first of the part: of `bytes 2-5/10`.
fn range(told: &str) -> Option<(u64, u64)> {
    let (span, size) = told.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = span.split_once('-')?;
    Some((size.parse().ok()?, first.parse().ok()?))
}
