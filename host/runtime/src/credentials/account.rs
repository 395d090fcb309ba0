//! Accounts of users: a code becomes a refresh token, and a token is taken back.

use std::sync::Arc;

use http::StatusCode;
use metier_core::grant::{CredentialSpec, TokenEndpoint};

use super::{
    CredentialError, Secret,
    issuer::{Issuer, TokenRequest},
    token::{Form, Token},
};
use crate::egress::EgressCall;

/// What came back from the issuer with the user, and what it was asked with (RFC 6749, section 4.1.3; RFC 7636).
pub struct Code<'a> {
    /// `code`.
    pub code: &'a str,
    /// `redirect_uri`, as it was in the question.
    pub redirect_uri: &'a str,
    /// `code_verifier`.
    pub verifier: &'a str,
}

impl Issuer {
    /// Exchanges a code for the refresh token of an account.
    pub(super) async fn connect(
        &self,
        call: &Arc<EgressCall>,
        code: &Code<'_>,
    ) -> Result<Secret, CredentialError> {
        let form = Form::of("grant_type", "authorization_code")
            .and("code", Some(code.code))
            .and("redirect_uri", Some(code.redirect_uri))
            .and("code_verifier", Some(code.verifier));
        let endpoint = self.endpoint()?.clone();
        let answer = self.ask_as_client(call, &endpoint, form).await?;
        if answer.status != StatusCode::OK {
            return Err(self.refused(&answer));
        }
        let token = Token::read(&answer.body);
        let refresh = token.and_then(|token| token.refresh);
        refresh.ok_or_else(|| {
            self.unusable("its issuer gave no refresh token: the scope may have to ask for one, as `offline_access` does")
        })
    }

    /// Takes a refresh token back (RFC 7009), where the issuer has a place for it. Whether it did.
    pub(super) async fn revoke(
        &self,
        call: &Arc<EgressCall>,
        token: &Secret,
    ) -> Result<bool, CredentialError> {
        let CredentialSpec::OAuth2User {
            revoke: Some(url),
            token: endpoint,
            ..
        } = self.spec()
        else {
            return Ok(false);
        };
        let endpoint = TokenEndpoint {
            url: (**url).clone(),
            reach: endpoint.reach.clone(),
        };
        let form = Form::of("token", token.expose()).and("token_type_hint", Some("refresh_token"));
        let answer = self.ask_as_client(call, &endpoint, form).await?;
        match answer.status.is_success() {
            true => Ok(true),
            false => Err(self.refused(&answer)),
        }
    }

    async fn ask_as_client(
        &self,
        call: &Arc<EgressCall>,
        endpoint: &TokenEndpoint,
        form: Form,
    ) -> Result<super::TokenAnswer, CredentialError> {
        let CredentialSpec::OAuth2User {
            client_id,
            client_secret,
            ..
        } = self.spec()
        else {
            return Err(self.unusable("its kind has no accounts"));
        };
        let authorization = match client_secret {
            Some(source) => Some(self.client(client_id, &self.read(source).await?)?),
            None => None,
        };
        let public = authorization.is_none().then_some(client_id.as_str());
        let request = TokenRequest {
            form: form.and("client_id", public).0,
            authorization,
        };
        self.ask(call, endpoint, request).await
    }
}
