//! One registry, and what every request to it has in common.

use std::{collections::HashMap, fmt, sync::Mutex, sync::PoisonError, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use metier_core::ids::shown;
use serde::Deserialize;
use tokio::{sync::OnceCell, time::timeout};
use zeroize::Zeroizing;

use super::{RegistryAddress, RemoteError, Result, auth};
use crate::client::{Answer, Broken, Http, Network, PATIENCE, Request};

/// Longest answer that is told, in bytes.
const MAX_REFUSAL: usize = 16 << 10;

/// How long a request may take that sends a piece of a blob.
const SENDING: Duration = Duration::from_secs(120);

/// Who asks: `user:password`.
#[derive(Clone)]
pub struct Login(Zeroizing<String>);

impl Login {
    /// Nothing where it has no colon.
    pub fn new(text: &str) -> Option<Login> {
        text.contains(':')
            .then(|| Login(Zeroizing::new(text.to_owned())))
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        let value = format!("Basic {}", STANDARD.encode(self.0.as_bytes()));
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

/// A registry.
#[derive(Debug)]
pub struct Remote {
    pub(super) address: RegistryAddress,
    pub(super) network: Network,
    pub(super) login: Option<Login>,
    /// What opened it last, by what for.
    opened: Mutex<HashMap<String, HeaderValue>>,
    /// What it asks who comes with nothing: who has a login shows it before it is missed, since who has none may only see less.
    greeting: OnceCell<Option<String>>,
}

/// What is asked, and what it is called when it is refused.
pub(super) struct Ask {
    pub what: &'static str,
    pub repository: String,
    pub request: Request,
}

#[derive(Deserialize)]
struct Refusal {
    errors: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl Remote {
    /// The registry at this address.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(address: RegistryAddress, login: Option<Login>) -> Result<Remote> {
        let network = Network::new(address.origin.clone()).map_err(|Broken(why)| {
            let registry = address.to_string();
            RemoteError::Away { registry, why }
        })?;
        Ok(Remote {
            address,
            network,
            login,
            opened: Mutex::default(),
            greeting: OnceCell::new(),
        })
    }

    /// Where it is.
    pub fn address(&self) -> &RegistryAddress {
        &self.address
    }

    /// Asks, and says who asks where the registry wants to know.
    pub(super) async fn ask(&self, ask: Ask) -> Result<Answer> {
        let scope = ask.scope();
        let mut known = self.opened().get(&scope).cloned();
        if known.is_none()
            && self.login.is_some()
            && let Some(told) = self.greeting().await?
        {
            known = self.open(&told, &scope).await?;
        }
        let answer = self.send(&ask, known).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let told = text(&answer.headers, header::WWW_AUTHENTICATE);
        let told = told.unwrap_or_default().to_owned();
        match self.open(&told, &scope).await? {
            Some(opens) => self.send(&ask, Some(opens)).await,
            None => Ok(answer),
        }
    }

    async fn greeting(&self) -> Result<Option<String>> {
        let ask = || async {
            let answer = self.through(&self.network, Request::get("v2/")).await?;
            let told = text(&answer.headers, header::WWW_AUTHENTICATE).map(str::to_owned);
            Ok(told.filter(|_| answer.status == StatusCode::UNAUTHORIZED))
        };
        self.greeting.get_or_try_init(ask).await.cloned()
    }

    /// Answers who asks; nothing where there is nothing to say.
    async fn open(&self, told: &str, scope: &str) -> Result<Option<HeaderValue>> {
        let opens = auth::answer(self, told, scope).await?;
        if let Some(opens) = &opens {
            self.opened().insert(scope.to_owned(), opens.clone());
        }
        Ok(opens)
    }

    async fn send(&self, ask: &Ask, opens: Option<HeaderValue>) -> Result<Answer> {
        let mut request = ask.request.clone();
        if let Some(opens) = opens {
            request.headers.insert(header::AUTHORIZATION, opens);
        }
        self.through(&self.network, request).await
    }

    /// One request, with its end.
    pub(super) async fn through(&self, network: &Network, request: Request) -> Result<Answer> {
        let patience = match request.body {
            Some(_) => SENDING,
            None => PATIENCE,
        };
        let answer = timeout(patience, network.ask(request)).await;
        let answer = answer.map_err(|_| self.away("it takes too long"))?;
        answer.map_err(|Broken(why)| self.away(&why))
    }

    /// Why it said no.
    pub(super) async fn refused(&self, what: &'static str, answer: Answer) -> RemoteError {
        let status = answer.status;
        let told = self.whole(answer, MAX_REFUSAL).await.unwrap_or_default();
        let registry = self.address.to_string();
        let why = said(&told);
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => RemoteError::Denied {
                registry,
                what,
                why,
            },
            _ => RemoteError::Refused {
                registry,
                what,
                status,
                why,
            },
        }
    }

    /// The whole body, of at most so many bytes.
    ///
    /// # Errors
    /// The registry's, also where it is longer.
    pub(crate) async fn whole(&self, mut answer: Answer, most: usize) -> Result<Vec<u8>> {
        let mut whole = Vec::new();
        loop {
            let piece = timeout(PATIENCE, answer.body.next()).await;
            let piece = piece.map_err(|_| self.away("the rest of an answer is late"))?;
            let Some(piece) = piece.map_err(|Broken(why)| self.away(&why))? else {
                return Ok(whole);
            };
            if whole.len() + piece.len() > most {
                return Err(self.shape(format!("it is longer than {most} bytes")));
            }
            whole.extend_from_slice(&piece);
        }
    }

    pub(super) fn away(&self, why: &str) -> RemoteError {
        RemoteError::Away {
            registry: self.address.to_string(),
            why: shown(why),
        }
    }

    pub(super) fn shape(&self, why: impl Into<String>) -> RemoteError {
        RemoteError::Shape {
            registry: self.address.to_string(),
            why: why.into(),
        }
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, HashMap<String, HeaderValue>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ask {
    /// What is asked of one repository, below `/v2/` and its name.
    pub fn of(what: &'static str, method: Method, repository: &str, rest: &str) -> Ask {
        let path = format!("v2/{repository}/{rest}");
        Ask {
            what,
            repository: repository.to_owned(),
            request: Request {
                method,
                ..Request::get(path)
            },
        }
    }

    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Ask {
        if let Ok(value) = HeaderValue::try_from(value) {
            self.request.headers.insert(name, value);
        }
        self
    }

    /// What a token has to be for, as registries write it.
    fn scope(&self) -> String {
        let actions = match self.request.method {
            Method::GET | Method::HEAD => "pull",
            Method::DELETE => "delete",
            _ => "pull,push",
        };
        format!("repository:{}:{actions}", self.repository)
    }
}

/// What a registry says of itself, or that it is something else that speaks.
fn said(told: &[u8]) -> String {
    if told.trim_ascii_start().first() == Some(&b'<') {
        return "it is a page of HTML, as proxies and sign-in portals send".to_owned();
    }
    let Ok(Refusal { errors }) = serde_json::from_slice(told) else {
        return match told.trim_ascii().is_empty() {
            true => "it does not say why".to_owned(),
            false => shown(&String::from_utf8_lossy(told)),
        };
    };
    let one = errors.first();
    one.map_or_else(
        || "it does not say why".to_owned(),
        |one| shown(&format!("{} {}", one.code, one.message)),
    )
}

/// A header as text; nothing where it is not there or no text.
pub(super) fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
