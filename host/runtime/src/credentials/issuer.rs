//! Makes a credential from its secret: reads it, and where its kind says so, exchanges it for a token.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderValue, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use metier_core::{
    grant::{Credential, CredentialSpec, SecretSource, TokenEndpoint},
    ids::{CredentialName, PrincipalId},
};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    Attach, CredentialError, NotVisible, Secret, SecretSources,
    attach::basic_pair,
    sigv4::Signer,
    token::{Form, Token, error_code, life},
};
use crate::egress::{EgressCall, EgressError, scrub::Echoes};

/// A plain secret is read again this long after it was read.
const REREAD_AFTER: Duration = Duration::from_secs(60);

/// How long a plain secret is used after the last time its source still had it: an operator who removes one expects it gone, and
/// a file that is missing for a moment while it is replaced does not stop the calls.
const REVOKED_AFTER: Duration = Duration::from_secs(300);

/// How long an assertion is valid: Salesforce accepts at most 3 to 5 minutes.
const ASSERTION_LIFE: Duration = Duration::from_secs(180);

/// RFC 7523, section 2.1.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What is sent to an issuer.
pub struct TokenRequest {
    /// `application/x-www-form-urlencoded`.
    pub form: Zeroizing<String>,
    /// `Authorization`, for clients that prove who they are.
    pub authorization: Option<HeaderValue>,
}

/// What an issuer answers.
pub struct TokenAnswer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The whole body.
    pub body: Zeroizing<Vec<u8>>,
}

/// Carries requests to issuers.
pub trait TokenTransport: Send + Sync {
    /// Sends one request to `endpoint` and reads the answer, bounded in time and bytes; records it under `call`.
    fn ask<'a>(
        &'a self,
        call: &'a Arc<EgressCall>,
        name: &'a CredentialName,
        endpoint: &'a TokenEndpoint,
        request: TokenRequest,
    ) -> Pin<Box<dyn Future<Output = Result<TokenAnswer, EgressError>> + Send + 'a>>;
}

/// A credential fresh from its source.
pub struct Issued {
    pub attach: Attach,
    pub echoes: Echoes,
    pub renew_from: SystemTime,
    /// None for what does not expire by itself.
    pub good_until: Option<SystemTime>,
}

/// Makes one credential.
pub struct Issuer {
    name: CredentialName,
    credential: Credential,
    /// Whose it is, for those of which each user has one.
    user: Option<PrincipalId>,
    sources: Arc<SecretSources>,
    transport: Arc<dyn TokenTransport>,
    /// The refresh token in the source, and the one the issuer gave in its place.
    replaced: Mutex<Option<(Secret, Secret)>>,
}

impl Issuer {
    pub fn new(
        name: CredentialName,
        credential: Credential,
        user: Option<PrincipalId>,
        sources: Arc<SecretSources>,
        transport: Arc<dyn TokenTransport>,
    ) -> Self {
        Issuer {
            name,
            credential,
            user,
            sources,
            transport,
            replaced: Mutex::new(None),
        }
    }

    /// Reads the secret anew and makes the credential of it.
    pub async fn issue(
        &self,
        call: &Arc<EgressCall>,
        now: SystemTime,
    ) -> Result<Issued, CredentialError> {
        if let Some(user) = &self.user {
            return self.of_user(user, call, now).await;
        }
        let secret = self.read(&self.credential.secret).await?;
        if let CredentialSpec::SigV4 {
            access_key_id,
            session_token,
            region,
            service,
        } = &self.credential.spec
        {
            let id = self.read(access_key_id).await?;
            let session = match session_token {
                Some(source) => Some(self.read(source).await?),
                None => None,
            };
            return self.signer(Signer::new(id, secret, session, region, service), now);
        }
        match self.credential.spec.token_endpoint() {
            None => self.plain(&secret, now),
            Some(endpoint) => self.token(call, endpoint, &secret, now).await,
        }
    }

    /// A user's: read, asked for and kept in one turn, which is the account's.
    async fn of_user(
        &self,
        user: &PrincipalId,
        call: &Arc<EgressCall>,
        now: SystemTime,
    ) -> Result<Issued, CredentialError> {
        let turn = self.sources.accounts.as_ref();
        let turn = turn.map(|accounts| accounts.turn(user, &self.credential));
        let _turn = match &turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let endpoint = self.endpoint()?.clone();
        let secret = self.account(user).await?;
        let issued = self.token(call, &endpoint, &secret, now).await;
        // Another host may have had its turn meanwhile.
        match (&issued, self.account(user).await) {
            (Err(CredentialError::Expired(_)), Ok(newer)) if newer != secret => {
                self.token(call, &endpoint, &newer, now).await
            }
            _ => issued,
        }
    }

    async fn account(&self, user: &PrincipalId) -> Result<Secret, CredentialError> {
        let read = self.sources.account(user, &self.credential).await;
        read.map_err(|error| CredentialError::Missing(self.name.clone(), error))
    }

    pub(super) async fn read(&self, source: &SecretSource) -> Result<Secret, CredentialError> {
        let read = self.sources.read(source).await;
        read.map_err(|error| CredentialError::Missing(self.name.clone(), error))
    }

    fn plain(&self, secret: &Secret, now: SystemTime) -> Result<Issued, CredentialError> {
        let attach = self.form(secret)?;
        let pair = match &self.credential.spec {
            CredentialSpec::Basic { username } => Some(basic_pair(username, secret)),
            _ => None,
        };
        let echoes = Echoes::of([secret].into_iter().chain(&pair));
        Ok(Issued {
            attach,
            echoes,
            renew_from: now + REREAD_AFTER,
            good_until: Some(now + REVOKED_AFTER),
        })
    }

    /// What must not come back is the key and the session's token; the key's id is no secret, and in every signature.
    fn signer(&self, signer: Option<Signer>, now: SystemTime) -> Result<Issued, CredentialError> {
        let signer =
            signer.ok_or_else(|| self.unusable("a part of it cannot be part of a header"))?;
        Ok(Issued {
            echoes: Echoes::of(signer.secrets()),
            attach: Attach::Signature(Arc::new(signer)),
            renew_from: now + REREAD_AFTER,
            good_until: Some(now + REVOKED_AFTER),
        })
    }

    fn form(&self, secret: &Secret) -> Result<Attach, CredentialError> {
        Attach::form(&self.credential.spec, secret).map_err(|NotVisible| {
            self.unusable(
                "it holds a line break or another character that cannot be part of a header",
            )
        })
    }

    async fn token(
        &self,
        call: &Arc<EgressCall>,
        endpoint: &TokenEndpoint,
        secret: &Secret,
        now: SystemTime,
    ) -> Result<Issued, CredentialError> {
        let (request, mut shown) = self.request(secret, now).await?;
        let answer = self.ask(call, endpoint, request).await?;
        if answer.status != StatusCode::OK {
            return Err(self.refused(&answer));
        }
        let token = self.read_token(&answer.body)?;
        if let Some(replacement) = token.refresh {
            shown.push(replacement.clone());
            self.replace(secret, replacement.clone());
            self.keep(secret, replacement).await;
        }
        shown.push(token.access.clone());
        let (renew_from, good_until) = life(now, token.life);
        let attach = self.form(&token.access)?;
        Ok(Issued {
            attach,
            echoes: Echoes::of(&shown),
            renew_from,
            good_until: Some(good_until),
        })
    }

    pub(super) async fn ask(
        &self,
        call: &Arc<EgressCall>,
        endpoint: &TokenEndpoint,
        request: TokenRequest,
    ) -> Result<TokenAnswer, CredentialError> {
        let asked = self.transport.ask(call, &self.name, endpoint, request);
        let unasked = |error| CredentialError::Issuer(self.name.clone(), Box::new(error));
        asked.await.map_err(unasked)
    }

    /// How the secret is used.
    pub(super) fn spec(&self) -> &CredentialSpec {
        &self.credential.spec
    }

    pub(super) fn endpoint(&self) -> Result<&TokenEndpoint, CredentialError> {
        let endpoint = self.credential.spec.token_endpoint();
        endpoint.ok_or_else(|| self.unusable("its kind has no issuer"))
    }

    /// The request, and every secret in it.
    async fn request(
        &self,
        secret: &Secret,
        now: SystemTime,
    ) -> Result<(TokenRequest, Vec<Secret>), CredentialError> {
        match &self.credential.spec {
            CredentialSpec::OAuth2RefreshToken {
                client_id,
                client_secret,
                scope,
                ..
            }
            | CredentialSpec::OAuth2User {
                client_id,
                client_secret,
                scope,
                ..
            } => {
                let client_secret = match client_secret {
                    Some(source) => Some(self.read(source).await?),
                    None => None,
                };
                self.refresh(secret, client_id, client_secret, scope.as_deref())
            }
            CredentialSpec::OAuth2JwtBearer {
                client_id,
                subject,
                audience,
                scope,
                ..
            } => {
                let assertion = self.assertion(secret, client_id, subject, audience, now)?;
                let form = Form::of("grant_type", JWT_BEARER)
                    .and("assertion", Some(assertion.expose()))
                    .and("scope", scope.as_deref());
                Ok((
                    TokenRequest {
                        form: form.0,
                        authorization: None,
                    },
                    vec![assertion],
                ))
            }
            CredentialSpec::OAuth2ClientCredentials {
                client_id,
                scope,
                audience,
                ..
            } => {
                let form = Form::of("grant_type", "client_credentials")
                    .and("scope", scope.as_deref())
                    .and("audience", audience.as_deref());
                let authorization = Some(self.client(client_id, secret)?);
                Ok((
                    TokenRequest {
                        form: form.0,
                        authorization,
                    },
                    vec![secret.clone()],
                ))
            }
            _ => Err(self.unusable("its kind has no issuer")),
        }
    }

    fn refresh(
        &self,
        secret: &Secret,
        client_id: &str,
        client_secret: Option<Secret>,
        scope: Option<&str>,
    ) -> Result<(TokenRequest, Vec<Secret>), CredentialError> {
        let token = self.newest(secret);
        let authorization = client_secret
            .as_ref()
            .map(|secret| self.client(client_id, secret))
            .transpose()?;
        let public = authorization.is_none().then_some(client_id);
        let form = Form::of("grant_type", "refresh_token")
            .and("refresh_token", Some(token.expose()))
            .and("client_id", public)
            .and("scope", scope);
        let shown = [token].into_iter().chain(client_secret).collect();
        Ok((
            TokenRequest {
                form: form.0,
                authorization,
            },
            shown,
        ))
    }

    /// RFC 6749, section 2.3.1: both parts are form-encoded before they become a Basic pair.
    pub(super) fn client(&self, id: &str, secret: &Secret) -> Result<HeaderValue, CredentialError> {
        let encode =
            |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = basic_pair(&encode(id), &Secret::new(encode(secret.expose())));
        pair.header_value("Basic ")
            .map_err(|NotVisible| self.unusable("it cannot be part of a header"))
    }

    fn assertion(
        &self,
        key: &Secret,
        client_id: &str,
        subject: &str,
        audience: &str,
        now: SystemTime,
    ) -> Result<Secret, CredentialError> {
        let key = EncodingKey::from_rsa_pem(key.expose().as_bytes()).map_err(|_| {
            self.unusable("it is no RSA private key in PEM form (PKCS#1 or PKCS#8, not encrypted)")
        })?;
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let claims = Claims {
            iss: client_id,
            sub: subject,
            aud: audience,
            iat: seconds,
            exp: seconds + ASSERTION_LIFE.as_secs(),
            jti: self.nonce()?,
        };
        let signed = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key);
        signed
            .map(Secret::new)
            .map_err(|_| self.unusable("its RSA key cannot sign (2048 bits at least)"))
    }

    /// Assertions made in the same second differ: some issuers take one only once.
    fn nonce(&self) -> Result<String, CredentialError> {
        let mut bytes = [0; 16];
        aws_lc_rs::rand::fill(&mut bytes)
            .map_err(|_| self.unusable("there is no randomness to sign with"))?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The operator's refresh token, or the newer one the issuer gave for it.
    fn newest(&self, source: &Secret) -> Secret {
        let replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        replaced
            .as_ref()
            .filter(|(old, _)| old == source)
            .map_or_else(|| source.clone(), |(_, new)| new.clone())
    }

    /// In place of a user's token, where the account is. Where that fails it is in memory, and the next renewal tries again.
    async fn keep(&self, old: &Secret, new: Secret) {
        let Some(user) = self.user.as_ref().filter(|_| *old != new) else {
            return;
        };
        let kept = self
            .sources
            .keep_account(user, &self.credential, old.clone(), new);
        if let Err(error) = kept.await {
            tracing::error!(%error, credential = %self.name, "the newer token of an account is not kept");
        }
    }

    fn replace(&self, source: &Secret, replacement: Secret) {
        *self.replaced.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((source.clone(), replacement));
    }

    fn read_token(&self, body: &[u8]) -> Result<Token, CredentialError> {
        Token::read(body).ok_or_else(|| CredentialError::InvalidAnswer(self.name.clone()))
    }

    /// Only the registered error code is passed on: the rest of an issuer's answer may repeat what it was sent.
    pub(super) fn refused(&self, answer: &TokenAnswer) -> CredentialError {
        let said = error_code(&answer.body);
        if said.as_deref() == Some("invalid_grant") {
            return CredentialError::Expired(self.name.clone());
        }
        CredentialError::Rejected {
            name: self.name.clone(),
            status: answer.status.as_u16(),
            error: said.map(|code| format!(": {code}")).unwrap_or_default(),
        }
    }

    pub(super) fn unusable(&self, why: &'static str) -> CredentialError {
        CredentialError::Unusable(self.name.clone(), why)
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
    jti: String,
}
